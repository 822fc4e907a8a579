from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.text import clean_line, clean_lines


def test_a_line_has_single_blanks_and_lines_keep_their_ends() -> None:
    assert clean_line("x", " a \r\n b ", 10) == "a b"
    assert clean_lines("x", "\n a \r\n\r\nb\rc\n", 20) == "a\n\nb\nc"


@pytest.mark.parametrize("text", ["a\0", "\x1b[31m", "\ud800", "x" * 11, "", None, 5, ["a"]])
def test_what_cannot_be_stored_or_is_no_text_is_refused_under_its_field_and_not_repeated(text: object) -> None:
    for clean in (clean_line, clean_lines):
        with pytest.raises(InputError) as caught:
            clean("place", text, 10, least=1)
        assert caught.value.field == "place"
        assert "31m" not in caught.value.message


@given(st.text(max_size=50))
def test_what_was_cleaned_stays_as_it_is(text: str) -> None:
    for clean in (clean_line, clean_lines):
        try:
            once = clean("x", text, 50)
        except InputError:
            continue
        assert clean("x", once, 50) == once
        assert "\0" not in once
        assert once.encode("utf-8", "strict").decode() == once
