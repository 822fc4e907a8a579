"""What Google documents is asked of the stand-in, over HTTP: each example leads to what its page says.

Answers are held against the discovery document as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.testing.lab.google.app import ADA, BEN, GoogleLab
from hub.testing.lab.google.document import check_schema, discovery, find_method
from hub.testing.lab.google.visitor import consent
from tests.testing.lab.google.conftest import Call
from tests.testing.lab.google.documented import PAGES, Absent, Ask, Example, filled, found_at
from tests.testing.lab.google.examples_calendars import CALENDARS, ERRORS, FREE_BUSY, PUSH, SYNC
from tests.testing.lab.google.examples_events import EVENTS
from tests.testing.lab.google.examples_identity import IDENTITY
from tests.testing.lab.google.examples_rights import RIGHTS
from tests.testing.lab.google.test_tokens import of_code, page

API = (*ERRORS, *SYNC, *EVENTS, *FREE_BUSY, *PUSH, *RIGHTS, *CALENDARS)
PEOPLE = {"ada": ADA, "ben": BEN}
PAGE = Path(__file__).parents[4] / "docs" / "lab.md"


def named(example: Example) -> str:
    return f"{example.page}: {example.says}"


@pytest.fixture
def clean(lab: GoogleLab) -> Iterator[None]:
    mine = set(lab.state.calendars)
    yield
    for ref in set(lab.state.calendars) - mine:
        del lab.state.calendars[ref]


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("example", API, ids=named)
def test_an_example_of_the_api_leads_to_what_its_page_says(lab: GoogleLab, call: Call, example: Example) -> None:
    kept: dict[str, str] = {}

    def send(ask: Ask) -> requests.Response:
        more = {"headers": filled(ask.headers, kept), "params": filled(ask.query, kept)}
        more |= {"json": filled(ask.body, kept)} if ask.body is not None else {}
        return call(ask.method, filled(ask.path, kept), who=PEOPLE[ask.who], **more)

    for ask in example.before:
        earlier = send(ask)
        assert earlier.ok, earlier.text
        kept |= {name: found_at(earlier.json(), place) for name, place in ask.keep.items()}
    if example.role:
        lab.state.calendars[ADA.email].roles[BEN.email] = example.role
    with lab.state.switches.on(example.fault) if example.fault else nullcontext():
        answer = send(example.ask)
    assert answer.status_code == example.status, answer.text
    if example.status in (204, 304):
        assert answer.content == b""
    elif example.status == 200:
        check_answer(example, answer, filled(example.ask.path, kept))
    else:
        check_error(example, answer)
    check_holds(example, answer, kept)


@pytest.mark.parametrize("example", IDENTITY, ids=named)
def test_an_example_of_consent_leads_to_what_its_page_says(lab: GoogleLab, example: Example) -> None:
    code, used = (consent(page(lab), ADA)["code"] for _n in range(2))
    given = of_code(lab, used).json()
    kept = {"code": code, "used": used, "refresh": given["refresh_token"], "access": given["access_token"]}
    kept["origin"] = lab.origin
    for ask in (*example.before, example.ask):
        answer = requests.request(
            *(ask.method, lab.origin + ask.path),
            params=filled(ask.query, kept),
            data=filled(ask.form, kept),
            timeout=10,
        )
    assert answer.status_code == example.status, answer.text
    check_holds(example, answer, kept)


def test_every_page_is_used_and_stands_in_the_documentation() -> None:
    used = {example.page for example in (*API, *IDENTITY)}
    assert used == PAGES.keys()
    text = PAGE.read_text("utf-8")
    assert [url for url in PAGES.values() if url not in text] == []


def check_holds(example: Example, answer: requests.Response, kept: Mapping[str, str]) -> None:
    for place, expected in example.holds.items():
        found = found_at(answer.json(), place)
        if expected is Absent or not isinstance(expected, type):
            assert found == filled(expected, kept), place
        else:
            assert type(found) is expected, place


def check_answer(example: Example, answer: requests.Response, path: str) -> None:
    """See that an answer is of the form of the discovery document, and says what it is."""
    body: dict[str, Any] = answer.json()
    name = find_method(example.ask.method, f"/calendar/v3/{path}")[0].response
    check_schema(body, name)
    kind = discovery()["schemas"][name]["properties"]["kind"]["default"]
    assert body.get("kind", kind) == kind


def check_error(example: Example, answer: requests.Response) -> None:
    """See that an error has the body of "Handle API errors": what clients act on is domain, reason and location."""
    body = answer.json()["error"]
    assert body["code"] == example.status
    assert body["message"] == body["errors"][0]["message"]
    one = body["errors"][0]
    assert {"domain", "reason", "message"} <= one.keys()
    said = [one["domain"], one["reason"], *([one["location"]] if len(example.error) > 2 else [])]
    assert tuple(said[: len(example.error)]) == example.error
    assert one.get("locationType", "header") in ("parameter", "header")
