"""Documented requests and what the documents say of their answers, as data, and how they are replayed at a stand-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

ABSENT = object()
"""What is not there."""

_WORD = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Step:
    """One request, "GET /a/<word>", and its answer. ``<word>`` is filled in with what an earlier answer gave.

    ``shows`` says what parts of the answer are, by their path in its JSON ("value/0/start"): a type, a compiled
    pattern, the very value, or `ABSENT`; ``answers`` the same of its headers, and ``leads`` of the query of the address
    that it leads to. ``keeps`` names parts of the JSON, by path, for later steps.
    """

    request: str
    status: int
    shows: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    leads: Mapping[str, Any] = field(default_factory=dict)
    keeps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """Steps in order. ``page`` is where they are documented, ``name`` what they show."""

    page: str
    name: str
    steps: tuple[Step, ...]


Send = Callable[[str, str, Mapping[str, Any]], requests.Response]
"""Sends a request: method, path or whole address, and what else `requests` takes."""


def replay(story: Story, send: Send, known: Mapping[str, str]) -> None:
    """Send each step and hold its answer against what is documented. ``known`` are the words from the beginning."""
    words = dict(known)
    for number, step in enumerate(story.steps, 1):
        where = f"{story.page}: {story.name}, step {number} ({step.request})"
        method, _, path = _filled(step.request, words).partition(" ")
        more = {"params": dict(_filled(step.query, words)), "headers": dict(_filled(step.headers, words))}
        more |= {} if step.body is None else {"json": _filled(step.body, words)}
        more |= {} if step.form is None else {"data": dict(_filled(step.form, words))}
        answer = send(method, path, more)
        assert answer.status_code == step.status, f"{where}: {answer.status_code} {answer.text[:500]}"
        told = answer.json() if "json" in answer.headers.get("Content-Type", "") else None
        hold(told, step.shows, where)
        hold(answer.headers, step.answers, where)
        hold(dict(parse_qsl(urlsplit(answer.headers.get("Location", "")).query)), step.leads, where)
        words |= {name: str(part(told, place)) for name, place in step.keeps.items()}


def hold(told: Any, shows: Mapping[str, Any], where: str) -> None:
    """Fail unless each named part of what was told is what it should be."""
    for place, wanted in shows.items():
        seen = part(told, place)
        if isinstance(wanted, re.Pattern):
            fits = isinstance(seen, str) and wanted.search(seen) is not None
        else:
            fits = isinstance(seen, wanted) if isinstance(wanted, type) else seen == wanted
        assert fits, f"{where}: {place!r} is {seen!r}, not {wanted!r}"


def part(told: Any, place: str) -> Any:
    """Return what is at a path ("value/0/start"), or `ABSENT`."""
    for name in place.split("/"):
        try:
            told = told[int(name) if isinstance(told, list) else name]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return told


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _WORD.sub(lambda found: words[found[1]], value)
    if isinstance(value, Mapping):
        return {name: _filled(one, words) for name, one in value.items()}
    return [_filled(one, words) for one in value] if isinstance(value, list) else value
