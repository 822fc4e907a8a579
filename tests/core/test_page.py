from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.page import LARGEST, Page, check_limit, cut, make_cursor, read_cursor

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200)


@given(NAMES, st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_cursor_gives_back_the_place_it_was_made_of(name: str, number: int) -> None:
    assert read_cursor("things", make_cursor("things", name, number), str, int) == (name, number)


@given(st.text(max_size=100) | st.binary(max_size=100).map(lambda one: urlsafe_b64encode(one).decode()))
def test_whatever_is_sent_as_a_cursor_is_a_place_or_is_refused(text: str) -> None:
    try:
        found = read_cursor("things", text, str, int)
    except InputError:
        return
    assert found is None or (isinstance(found[0], str) and isinstance(found[1], int))


@pytest.mark.parametrize(
    "cursor",
    [
        make_cursor("others", "a", 1),
        make_cursor("things", "a"),
        make_cursor("things", "a", "b"),
        make_cursor("things", "a", 2**63),
        make_cursor("things", "a\0", 1),
        make_cursor("things", "\ud800", 1),
        make_cursor("things", "a", 1) + "!",
        "x" * 5000,
        "ä",
        urlsafe_b64encode(b'["things","a",true]').decode(),
        urlsafe_b64encode(b'["things","a",1.5]').decode(),
        urlsafe_b64encode(b"[" * 900).decode(),
    ],
)
def test_a_cursor_of_another_list_or_one_that_no_database_takes_is_refused(cursor: str) -> None:
    with pytest.raises(InputError) as caught:
        read_cursor("things", cursor, str, int)
    assert caught.value.field == "after"


@pytest.mark.parametrize("limit", [0, -1, LARGEST + 1])
def test_a_page_of_no_size_or_too_much_is_refused(limit: int) -> None:
    with pytest.raises(InputError, match="limit"):
        check_limit(limit)


@given(st.lists(st.integers(0, 10**6), unique=True, max_size=40), st.integers(1, 7))
def test_pages_together_are_the_list_each_item_once(numbers: list[int], limit: int) -> None:
    everything, seen, after = sorted(numbers), list[int](), ""
    while True:
        place = read_cursor("n", after, int)
        rows = [one for one in everything if place is None or one > place[0]][: limit + 1]
        page: Page[int] = cut("n", rows, limit, lambda one: (one,))
        assert len(page.items) <= limit
        seen += page.items
        after = page.next
        if not after:
            break
    assert seen == everything
