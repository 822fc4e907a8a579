from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.ledger import SALT, Entry, EntryKind, commitment, encode

TEXTS = st.from_regex(r"[a-z0-9_.:/=-]{0,12}", fullmatch=True)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.one_of(TEXTS, NUMBERS, st.lists(TEXTS, max_size=4))
CONTENTS = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True), VALUES, max_size=5)
ENTRIES = st.builds(
    Entry,
    id=TEXTS,
    business_id=TEXTS,
    kind=st.sampled_from(EntryKind),
    at=NUMBERS,
    content=CONTENTS,
    connection_id=TEXTS,
    person_id=TEXTS,
    holder_id=TEXTS,
    user_id=TEXTS,
)
FIELDS = tuple(Entry.__dataclass_fields__)
ENTRY = Entry("one", "practice", EntryKind.CONNECTED, 7, {"provider": "caldav", "purposes": ["connect"], "epoch": 1})
ZERO = bytes(SALT)


@given(ENTRIES, ENTRIES)
def test_two_entries_have_the_same_bytes_only_if_they_say_the_same(one: Entry, other: Entry) -> None:
    same = all(getattr(one, name) == getattr(other, name) for name in FIELDS)
    assert (encode(one) == encode(other)) is same
    assert (commitment(one, ZERO) == commitment(other, ZERO)) is same


@given(ENTRIES)
def test_the_bytes_say_everything_that_the_entry_says(entry: Entry) -> None:
    said = json.loads(encode(entry))
    assert said == {**{name: getattr(entry, name) for name in FIELDS}, "content": dict(entry.content)}


@given(CONTENTS, st.randoms())
def test_the_order_in_which_fields_were_given_does_not_count(content: dict[str, Any], random: Any) -> None:
    shuffled = list(content.items())
    random.shuffle(shuffled)
    assert encode(replace(ENTRY, content=content)) == encode(replace(ENTRY, content=dict(shuffled)))


@given(ENTRIES, st.sampled_from(FIELDS), st.data())
def test_a_change_of_any_part_changes_the_commitment(entry: Entry, name: str, data: Any) -> None:
    was = getattr(entry, name)
    new = {"kind": st.sampled_from(EntryKind), "at": NUMBERS, "content": CONTENTS}.get(name, TEXTS)
    changed = replace(entry, **{name: data.draw(new.filter(lambda value: value != was))})
    assert commitment(changed, ZERO) != commitment(entry, ZERO)


@given(st.binary(min_size=SALT, max_size=SALT), st.binary(min_size=SALT, max_size=SALT))
def test_the_same_content_under_another_salt_is_another_commitment(one: bytes, other: bytes) -> None:
    assert (commitment(ENTRY, one) == commitment(ENTRY, other)) is (one == other)


def test_the_encoding_is_the_one_that_is_written_down() -> None:
    assert encode(ENTRY) == (
        b'{"at":7,"business_id":"practice","connection_id":"","content":{"epoch":1,"provider":"caldav",'
        b'"purposes":["connect"]},"holder_id":"","id":"one","kind":"connected","person_id":"","user_id":""}'
    )
    assert commitment(ENTRY, ZERO).hex() == "1ed934afd7714d8e8eb89614be9eca8c3ff73f0e826095965159b298a57534d4"


@pytest.mark.parametrize(
    "value",
    ["Ada Lovelace", "ada@example.com", "+49 30 901820", "two words", "grüße", "x" * 201, "a\n", "a\0", '"', "Ada"],
)
def test_what_a_person_wrote_or_is_called_is_no_content(value: str) -> None:
    for content in ({"reason": value}, {"reasons": ["fine", value]}):
        with pytest.raises(InputError, match="machine word"):
            replace(ENTRY, content=content)


@pytest.mark.parametrize("value", [None, True, 1.5, {"a": "b"}, [1], [["a"]], ("a",), b"a", 2**53, -(2**53)])
def test_a_value_of_another_kind_is_no_content(value: Any) -> None:
    with pytest.raises(InputError):
        replace(ENTRY, content={"value": value})


def test_content_has_its_limits() -> None:
    for content in (
        {"Name": "x"},
        {"": "x"},
        {1: "x"},
        {f"f{number}": 1 for number in range(33)},
        {"ids": ["x"] * 501},
        {"ids": ["x" * 100] * 200},
    ):
        with pytest.raises(InputError):
            replace(ENTRY, content=content)  # type: ignore[arg-type]
    assert len(replace(ENTRY, content={"ids": ["x" * 26] * 500}).content["ids"]) == 500  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["id", "business_id", "connection_id", "person_id", "holder_id", "user_id"])
def test_an_id_is_no_name_either(name: str) -> None:
    with pytest.raises(InputError):
        replace(ENTRY, **{name: "Ada Lovelace"})


def test_an_entry_does_not_follow_what_it_was_made_from() -> None:
    given = {"ids": ["one"]}
    entry = replace(ENTRY, content=given)
    before = encode(entry)
    given["ids"].append("two")
    given["more"] = ["x"]
    assert encode(entry) == before


@pytest.mark.parametrize("size", [0, SALT - 1, SALT + 1])
def test_a_salt_has_its_length(size: int) -> None:
    with pytest.raises(InputError, match="salt"):
        commitment(ENTRY, bytes(size))
