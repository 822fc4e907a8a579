"""Requests and pages: what leads on stays where it was declared, and what makes no sense is an error."""

from __future__ import annotations

from typing import Any

import pytest

from hub.plugin import Retry
from hub_microsoft.client import MOST_PAGES
from tests.plugins.hub_microsoft.scripted import GRAPH, Scripted

PATH = "/me/calendars/x/calendarView"
HERE = f"{GRAPH}/v1.0{PATH}"


@pytest.mark.parametrize(
    "link",
    [
        f"{HERE}?$skip=10&$top=10",
        f"{GRAPH}/v1.0/me/calendars('x')/calendarView?$skip=10&$top=10",
        "https://elsewhere.example/v1.0/me/messages?$skip=10&$top=10",
    ],
)
def test_the_next_page_is_asked_for_at_the_declared_path_wherever_the_link_leads(link: str) -> None:
    session = Scripted({"value": [{"id": "1"}], "@odata.nextLink": link}, {"value": [{"id": "2"}]})
    assert [one["id"] for one in session.client.pages(PATH, {"$top": "10"})] == ["1", "2"]
    assert [url for _method, url, _more in session.asked] == [HERE, f"{HERE}?$skip=10&$top=10"]


@pytest.mark.parametrize("link", [7, "", HERE, "https://elsewhere.example/"])
def test_a_page_that_leads_nowhere_is_an_error(link: Any) -> None:
    session = Scripted({"value": [], "@odata.nextLink": link})
    with pytest.raises(Retry):
        list(session.client.pages(PATH, {}))


def test_a_page_that_leads_to_itself_is_an_error() -> None:
    again = {"value": [], "@odata.nextLink": f"{HERE}?$skip=0"}
    session = Scripted(again, again, again)
    with pytest.raises(Retry):
        list(session.client.pages(PATH, {}))
    assert len(session.asked) == 2


def test_a_list_without_end_is_an_error() -> None:
    session = Scripted(*({"value": [], "@odata.nextLink": f"{HERE}?$skip={n}"} for n in range(MOST_PAGES)))
    with pytest.raises(Retry, match="without end"):
        list(session.client.pages(PATH, {}))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", {"value": None}, {"value": [7]}, {}, b"[" * 100_000])
def test_what_is_no_list_is_an_error(body: Any) -> None:
    with pytest.raises(Retry) as error:
        list(Scripted(body).client.pages(PATH, {}))
    assert error.value.code == "unreadable"


def test_times_are_asked_for_in_utc_and_nothing_is_followed() -> None:
    session = Scripted({"id": "x"})
    session.client.get("/me/events/x")
    _method, _url, more = session.asked[0]
    assert more["headers"]["Prefer"] == 'outlook.timezone="UTC"'
    assert more["allow_redirects"] is False
