from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.identity.name import LONGEST, clean_name, clean_public_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Ada  Lovelace ", "Ada Lovelace"),
        ("Ada\tLovelace\r\nCountess", "Ada Lovelace Countess"),
        ("Ada\u2028Lovelace", "Ada Lovelace"),
        ("Łucja Müller-O'Neill", "Łucja Müller-O'Neill"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("x" * LONGEST, "x" * LONGEST),
    ],
)
def test_a_name_stands_on_one_line_as_it_was_written(text: str, name: str) -> None:
    assert clean_name("name", text) == name


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST + 1), "Ada\x00", "\x1b[31mAda", "Ada\x7f", "Ada\ud800"])
def test_a_name_that_is_empty_too_long_or_cannot_be_stored_is_refused_under_its_field(text: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_name("staff.name", text)
    assert caught.value.field == "staff.name"
    assert "Ada" not in caught.value.message


@given(st.text())
def test_a_name_that_was_taken_is_taken_again_and_can_be_stored(text: str) -> None:
    try:
        name = clean_name("name", text)
    except InputError:
        return
    assert clean_name("name", name) == name
    assert name.encode("utf-8")
    assert "\x00" not in name


@pytest.mark.parametrize(
    "text",
    [
        "Ada's Practice",
        "Apple Valley Plumbing",
        "Zürich Zähne",
        "Müller & Söhne",
        "Security Smith",
        "Our agency",
        "Клиника 5",
    ],
)
def test_a_business_may_have_a_name_of_its_own(text: str) -> None:
    assert clean_public_name("business.name", text) == text


@pytest.mark.parametrize(
    "text",
    """Google Security|G00gle  Team|PayPal|Pay Pal|Postmaster|MAILER-DAEMON|The Bank|Microsoft Account Team|Support
    |G\u043e\u043egle Bakery|Ada <ada@google.com>|ada@google.com|https://google.com|Ada\u202ekcoL|""".split("|"),
)
def test_a_name_that_poses_as_somebody_whom_everybody_trusts_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_public_name("business.name", text)
    assert caught.value.field == "business.name"
