"""What the document says of texts and lengths is what the actions take: no more, no less."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from hub.core.errors import HubError
from hub.core.origin import check_origin
from hub.core.service import Service
from hub.core.slug import check_slug
from hub.core.text import clean_line, clean_lines
from hub.core.zones import check_zone
from hub.identity.name import clean_name
from hub.identity.phone import check_region
from hub.web.api import shapes

ODD = [chr(code) for code in range(0x3100) if not 0xD800 <= code < 0xE000]


def schema(kind: Any) -> dict[str, Any]:
    return TypeAdapter(kind).json_schema()


def takes(check: Callable[[], object]) -> bool:
    try:
        check()
    except HubError:
        return False
    return True


def test_every_character_in_a_name_and_alone_is_taken_or_refused_as_the_pattern_says() -> None:
    never = re.compile(schema(shapes.Name)["not"]["pattern"])
    for text in (text for one in ODD for text in (one, f"A{one}B")):
        assert bool(never.search(text)) != takes(lambda text=text: clean_name("name", text)), repr(text)


def test_every_character_within_a_line_and_within_lines_is_taken_or_refused_as_the_pattern_says() -> None:
    line, lines = (re.compile(schema(kind)["not"]["pattern"]) for kind in (shapes.Place, shapes.Lines))
    for one in ODD:
        text = f"A{one}B"
        assert bool(line.search(text)) != takes(lambda text=text: clean_line("place", text, 500)), repr(text)
        if one != "\r":  # becomes the end of a line
            assert bool(lines.search(text)) != takes(lambda text=text: clean_lines("lines", text, 500)), repr(text)


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.example.com",
        "https://a.b-c.example:8443/",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:65535",
        "https://[::1]",
        "http://www.example.com",
        "https://*.example.com",
        "https://example.com/path",
        "https://-a.example",
        "https://a.example:0",
        "https://a.example:65536",
        "https://a.example; script-src *",
        "ftp://a.example",
        "https://",
    ],
)
def test_an_origin_is_taken_or_refused_as_the_pattern_says(origin: str) -> None:
    found = bool(re.match(schema(shapes.Origin)["pattern"], origin))
    assert found == takes(lambda: check_origin("origin", origin))


@pytest.mark.parametrize("slug", ["abc", "adas-practice", "ab", "a--b", "-abc", "console", "Abc", "a" * 60, "a" * 61])
def test_a_slug_is_taken_or_refused_as_the_document_says(slug: str) -> None:
    said = schema(shapes.Slug)["anyOf"][0]
    fits = said["minLength"] <= len(slug) <= said["maxLength"] and slug not in said["not"]["enum"]
    assert (fits and bool(re.match(said["pattern"], slug))) == takes(lambda: check_slug("slug", slug))


def test_every_zone_and_country_of_the_lists_is_taken() -> None:
    zones = shapes.zone_schema()["enum"]
    assert len(zones) > 400
    assert all(check_zone(one) == one for one in zones)
    assert all(check_region(one) == one for one in schema(shapes.Region)["enum"])


@pytest.mark.parametrize("name", ["duration", "step", "before", "after", "notice", "horizon"])
def test_the_bounds_of_a_service_are_those_of_its_rules(name: str) -> None:
    kinds = {
        "duration": shapes.SomeOnGrid,
        "step": shapes.SomeOnGrid,
        "before": shapes.OnGrid,
        "after": shapes.OnGrid,
        "notice": shapes.Notice,
        "horizon": shapes.Horizon,
    }
    said = schema(kinds[name])
    plain = {"duration": 300, "step": 300, "before": 0, "after": 0, "notice": 0, "horizon": 2 * shapes.YEAR}
    step = said.get("multipleOf", 1)
    for value in (said["minimum"], said["maximum"], said["minimum"] - step, said["maximum"] + step):
        right = said["minimum"] <= value <= said["maximum"]
        rules = {**plain, name: value}
        assert right == takes(lambda rules=rules: Service(id="x", staff=("a",), **rules)), (name, value)
    if step > 1:
        assert not takes(lambda: Service(id="x", staff=("a",), **{**plain, name: said["minimum"] + 1}))
