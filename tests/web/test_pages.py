from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from hub.web.pages import DONE, local_path, see_other
from tests.accounts import own
from tests.web.conftest import Browser
from tests.world import World

PLAIN = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ELSEWHERE = [
    "",
    "console",
    "https://evil.example",
    "https:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/x\\evil",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    " //evil.example",
    "/\x00/evil.example",
    "/\u2028/evil.example",
    "//[",
    "javascript:alert(1)",
    "/" + "x" * 3000,
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_what_does_not_lead_to_this_host_leads_to_the_start(address: str) -> None:
    assert local_path(address) == "/"


@pytest.mark.parametrize("address", ["/", "/console", "/console?day=2027-03-15&q=a%20b", "/%2F/x", "/[", "/x?next=//y"])
def test_an_address_of_this_host_stays_as_it_is(address: str) -> None:
    assert local_path(address) == address


@PLAIN
def test_a_change_leads_on_by_another_look(app: Flask) -> None:
    with app.test_request_context():
        answer = see_other("account.own", "saved")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?done=saved")


@PLAIN
def test_a_page_says_what_was_done_in_its_own_words_alone(world: World, browser: Callable[[], Browser]) -> None:
    own(world.hub)
    visitor = browser()
    assert DONE["signed_out"] in visitor.get("/sign-in?done=signed_out").text
    for made_up in ("You+owe+us+money", "<script>"):
        answer = visitor.get(f"/sign-in?done={made_up}")
        assert answer.status_code == 200
        assert made_up.replace("+", " ") not in answer.text


@PLAIN
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_page_has_the_scheme_that_was_chosen(browser: Callable[[], Browser], theme: str) -> None:
    visitor = browser()
    visitor.client.set_cookie("hub_theme", theme)
    assert f'data-bs-theme="{theme}">' in visitor.get("/nowhere").text
    visitor.client.set_cookie("hub_theme", '"><script>')
    assert 'data-bs-theme="light" data-follow>' in visitor.get("/nowhere").text
