"""``fields``: which parts of an answer are wanted ("Performance tips", partial response)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hub.testing.lab.google.errors import GoogleError

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*|[*,/()]")


@dataclass(slots=True)
class Fields:
    """A selection: names with what is wanted inside of them; without any, everything."""

    names: dict[str, Fields] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Fields:
        """Read ``a,b(c,d),e/f``, or raise a 400 as the API does."""
        tokens = _TOKEN.findall(text)
        if "".join(tokens) != text.replace(" ", "") or not tokens:
            raise _invalid(text)
        found, rest = _read(tokens, text)
        if rest:
            raise _invalid(text)
        return found

    def pick(self, value: Any) -> Any:
        """Return what is wanted of a value."""
        if not self.names:
            return value
        if isinstance(value, list):
            return [self.pick(one) for one in value]
        if isinstance(value, dict):
            return {name: inner.pick(value[name]) for name, inner in self.names.items() if name in value}
        return value


def _read(tokens: list[str], text: str) -> tuple[Fields, list[str]]:
    found = Fields()
    while True:
        name, tokens = _take(tokens, text)
        inner = Fields()
        place = inner
        while tokens and tokens[0] == "/":
            step, tokens = _take(tokens[1:], text)
            place.names[step] = place = Fields()
        if tokens and tokens[0] == "(":
            nested, tokens = _read(tokens[1:], text)
            place.names = nested.names
            if not tokens or tokens[0] != ")":
                raise _invalid(text)
            tokens = tokens[1:]
        if name == "*":
            return Fields(), tokens
        found.names[name] = inner
        if not tokens or tokens[0] != ",":
            return found, tokens
        tokens = tokens[1:]


def _take(tokens: list[str], text: str) -> tuple[str, list[str]]:
    if not tokens or (not tokens[0].isalnum() and tokens[0] != "*"):
        raise _invalid(text)
    return tokens[0], tokens[1:]


def _invalid(text: str) -> GoogleError:
    message = f"Invalid field selection {text}"
    return GoogleError(400, "invalidParameter", message, where=("parameter", "fields"))
