import pytest

from hub.core.errors import InputError
from hub.identity.phone import canonical_phone, spell_phone


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+49 30 901820", None),
        ("0049 30 901820", "DE"),
        ("030 / 90 18 20", "DE"),
        ("(030) 90-18-20", "de"),
        ("+49 (0) 30 901820", None),
        ("\uff0b49 30 901820", None),
        ("  +4930901820 ", "US"),
    ],
)
def test_every_spelling_of_a_number_has_one_form(text: str, region: str | None) -> None:
    assert canonical_phone(text, region) == "+4930901820"


def test_the_region_decides_what_a_local_number_is() -> None:
    assert canonical_phone("(415) 555-2671", "US") == "+14155552671"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("", "DE"),
        ("ada", "DE"),
        ("030 901820", None),
        ("+49", None),
        ("110", "DE"),
        ("+1 415 555 2671 ext. 5", None),
        ("+999 123456789", None),
        ("1" * 200, "DE"),
        ("030 901820", "XX"),
    ],
)
def test_what_cannot_be_reached_is_no_number_and_is_not_repeated(text: str, region: str | None) -> None:
    with pytest.raises(InputError) as caught:
        canonical_phone(text, region)
    assert caught.value.field == "phone"
    assert len(text) < 5 or text not in caught.value.message


@pytest.mark.parametrize(
    ("number", "region", "shown"),
    [
        ("+4930901820", "DE", "030 901820"),
        ("+4930901820", "US", "+49 30 901820"),
        ("+4930901820", "", "+49 30 901820"),
        ("+14155552671", "US", "(415) 555-2671"),
        ("+14155552671", "ca", "(415) 555-2671"),
        ("+14155552671", "DE", "+1 415-555-2671"),
        ("+442079460958", "GB", "020 7946 0958"),
    ],
)
def test_a_number_is_shown_as_its_readers_write_it_and_means_the_same(number: str, region: str, shown: str) -> None:
    assert spell_phone(number, region) == shown
    assert canonical_phone(shown, region or None) == number


@pytest.mark.parametrize("text", ["", "030 901820", "+49", "<b>", "+" + "9" * 300, "call us"])
def test_what_is_no_number_is_shown_as_it_was_given(text: str) -> None:
    assert spell_phone(text, "DE") == text
