from __future__ import annotations

from hashlib import sha256

import pytest

from hub.core.consent import TextPurpose, check_language, default_text, text_hash
from hub.core.errors import InputError


def test_a_hash_is_of_purpose_language_and_text() -> None:
    wanted = sha256(b"booking\0en\0I agree.").hexdigest()
    assert text_hash(TextPurpose.BOOKING, "en", "I agree.") == wanted
    others = {
        text_hash(TextPurpose.MESSAGES, "en", "I agree."),
        text_hash(TextPurpose.BOOKING, "de", "I agree."),
        text_hash(TextPurpose.BOOKING, "en", "I agree"),
    }
    assert len(others | {wanted}) == 4


@pytest.mark.parametrize("purpose", TextPurpose)
def test_our_own_texts_name_the_business_whatever_it_is_called(purpose: TextPurpose) -> None:
    text = default_text(purpose, "{Braces} & Sons")
    assert "{Braces} & Sons" in text
    assert "{business}" not in text


def test_only_the_text_about_the_booking_must_be_agreed_to() -> None:
    assert [one for one in TextPurpose if one.is_required] == [TextPurpose.BOOKING]


@pytest.mark.parametrize("language", ["", "english", "e", "en_US", "en\n", "en-", "../en"])
def test_what_is_no_language_is_refused(language: str) -> None:
    assert check_language("de-AT") == "de-AT"
    with pytest.raises(InputError, match="language"):
        check_language(language)
