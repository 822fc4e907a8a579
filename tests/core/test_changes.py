from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from hub.core.changes import check_changes, check_choice, check_flag, check_list, check_whole
from hub.core.errors import InputError


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


RULES = {
    "open": check_flag,
    "count": lambda field, value: check_whole(field, value, 1, 9),
    "tags": lambda field, value: tuple(check_list(field, value, 2)),
    "size": lambda field, value: check_choice(field, value, Size),
}


def test_changes_are_kept_as_their_rules_say() -> None:
    given = {"open": False, "count": 9, "tags": ["a"], "size": "large"}
    assert check_changes("thing", given, RULES) == {"open": False, "count": 9, "tags": ("a",), "size": Size.LARGE}
    assert check_changes("thing", {}, RULES) == {}


@pytest.mark.parametrize("name", ["id", "business_id", "version", "state", "made_at", "__class__", "Open", ""])
def test_a_field_that_cannot_be_set_is_refused_and_not_ignored(name: str) -> None:
    with pytest.raises(InputError) as caught:
        check_changes("thing", {"open": True, name: "secret"}, RULES)
    assert caught.value.code == "unknown_field"
    assert "secret" not in caught.value.message
    assert "count, open, size, tags" in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("open", "true"), ("open", 1), ("open", None), ("count", 0), ("count", 10), ("count", True), ("count", "5"),
        ("count", 5.0), ("count", None), ("count", 2**70), ("tags", "ab"), ("tags", ["a", "b", "c"]), ("tags", None),
        ("tags", {"a": 1}), ("size", "huge"), ("size", None), ("size", ["small"]), ("size", "SMALL"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named_and_not_guessed(name: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        check_changes("thing", {name: value}, RULES)
    assert caught.value.field == f"thing.{name}"
