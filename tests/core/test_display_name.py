from __future__ import annotations

import pytest

from hub.core.display_name import check_display_name
from hub.core.errors import InputError


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "Müller & Söhne",
        "Apple Tree Dental",
        "Dr. O'Neil",
        "علی‌رضا",
        "Security Guards of Leeds",
        "Visage",
    ],
)
def test_names_of_people_and_shops_are_taken(name: str) -> None:
    assert check_display_name("name", name) == name


@pytest.mark.parametrize(
    "name",
    ["Google Security", "GOOGLE", "Ｇｏｏｇｌｅ support", "Microsoft Account Team", "PayPal", "The Apple Support Team",
     "ada@example.com", "Ada <ada@example.com>", 'Ada" x', "Ada\u202eevil", "A\u200bda", "https://example.com"],
)  # fmt: skip
def test_a_name_that_passes_for_somebody_else_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        check_display_name("agency", name)
    assert caught.value.field == "agency"
    assert name not in caught.value.message
