"""Changes to a thing: named fields with new values, each checked by a rule, and no field that the thing does not have.

Doors hand over what somebody sent. So a field that is not in the table of rules (an owner, a version, a state) is
refused and not ignored, and a value of the wrong kind is named and not guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from hub.core.errors import InputError, StateError

Rule: TypeAlias = Callable[[str, Any], Any]
"""Takes the field's name and the value given; returns the value to keep, or raises InputError under that name."""

E = TypeVar("E", bound=StrEnum)


def check_changes(thing: str, changes: Mapping[str, object], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """Return the changes with each value as its rule keeps it. Raises InputError for the first that breaks one."""
    for name in changes:
        if name not in rules:
            known = ", ".join(sorted(rules))
            raise InputError(
                f"{thing}.other", f"There is a field that cannot be set; use {known}.", code="unknown_field"
            )
    return {name: rules[name](f"{thing}.{name}", value) for name, value in changes.items()}


def changed_meanwhile(thing: str) -> StateError:
    """Return the error for a change to something that is not as it was looked at."""
    return StateError(f"Somebody else changed this {thing} meanwhile; look at it again.", code="changed")


def state_word(*state: object) -> str:
    """Return a short word for how a thing is: what has no counted version has this one. Equal states, equal words."""
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]


def check_flag(field: str, value: object) -> bool:
    """Return a yes or no."""
    if not isinstance(value, bool):
        raise InputError(field, "Say true or false.")
    return value


def check_whole(field: str, value: object, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    if type(value) is not int or not least <= value <= most:
        raise InputError(field, f"Give a whole number from {least} to {most}.")
    return value


def check_list(field: str, value: object, most: int) -> Sequence[Any]:
    """Return a list of at most so many things."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > most:
        raise InputError(field, f"Give a list of {most} at most.")
    return value


def check_choice(field: str, value: object, choices: type[E]) -> E:
    """Return one of the choices."""
    if not isinstance(value, str) or value not in {str(one) for one in choices}:
        raise InputError(field, f"Choose one of {', '.join(choices)}.")
    return choices(value)
