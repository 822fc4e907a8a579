"""Identifiers sort by the time they were made, never repeat, and go anywhere unescaped."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store import ids
from hub.store.ids import LENGTH, id_after, is_id, new_id

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
any_id = st.text(ALPHABET, min_size=LENGTH - 1, max_size=LENGTH - 1).map(lambda rest: "0" + rest)


def at(monkeypatch: pytest.MonkeyPatch, milliseconds: int) -> str:
    monkeypatch.setattr(time, "time_ns", lambda: milliseconds * 1_000_000)
    return new_id()


def test_ids_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [0, 1, 31, 32, 1_700_000_000_000, 1_800_000_000_000, 1_800_000_000_001, (1 << 48) - 1]
    made = [at(monkeypatch, moment) for moment in moments]
    assert made == sorted(made)


def test_ids_that_are_made_one_after_another_sort_in_that_order() -> None:
    made = [new_id() for _ in range(5_000)]
    assert made == sorted(made)
    assert len({one[:10] for one in made}) < len(made) / 2, "no two were made in the same millisecond"


def test_ids_of_one_millisecond_do_not_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len({at(monkeypatch, 1_800_000_000_000) for _ in range(20_000)}) == 20_000


def test_an_id_fits_its_column_and_needs_no_escaping_anywhere() -> None:
    for _ in range(200):
        assert re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", new_id())


def test_the_letters_that_are_mistaken_for_digits_are_left_out() -> None:
    assert set("ilou") & set("".join(new_id() for _ in range(500))) == set()


@given(any_id)
def test_the_id_after_another_one_sorts_after_it(last: str) -> None:
    following = id_after(last)
    assert following > last
    assert re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", following)


@given(any_id)
def test_the_order_holds_when_the_clock_was_set_back(last: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "new_id", lambda: "0" * LENGTH)
        following = id_after(last)
        assert following > last
        assert id_after(following) > following


def test_an_id_after_nothing_is_a_new_one() -> None:
    assert len(id_after("")) == LENGTH


def test_what_cannot_be_an_id_is_told_apart() -> None:
    assert all(is_id(one) for one in (new_id(), "x" * LENGTH))
    for text in ("", "agency", "x" * (LENGTH + 1), "X" * LENGTH, "\0" * LENGTH, "i" * LENGTH, "\ud800" * LENGTH):
        assert not is_id(text)
