"""A customer before the page of Ada's practice."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from tests.front import Front, make_front
from tests.web.conftest import Browser
from tests.world import World

NINE, TEN = "1805097600", "1805101200"
"""Monday, 15 March 2027, 09:00 and 10:00 in Berlin; the clock of the world stands at 08:00."""

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass
class Customer:
    """Somebody with a browser, who fills in what the page that they saw last asks."""

    front: Front
    browser: Browser

    @property
    def page(self) -> str:
        """The page that was seen last."""
        return self.browser.page

    def look(self, address: str = "", **values: str) -> TestResponse:
        """Look at a page; the service's times unless another one is given."""
        options: dict[str, object] = {"query_string": values} if values else {}
        return self.browser.get(address or self.front.path, **options)

    def hold(self, start: str = NINE, **values: str) -> TestResponse:
        """Choose a time on the page of times that was seen last, or on a new one."""
        if 'name="key"' not in self.page:
            self.look()
        return self.browser.post(self.front.path, {**self.hidden(), "start": start, **values})

    def details(self, start: str = NINE, **values: str) -> str:
        """Hold a time, look at its details, and return their address."""
        answer = self.hold(start, **values)
        assert answer.status_code == 303, answer.text
        self.browser.follow(answer)
        return answer.headers["Location"]

    def finish(self, address: str, **values: object) -> TestResponse:
        """Send the details; what is given wins over what Ada would type."""
        shown = re.findall(r'name="shown" value="(\w+)"', self.page)
        typed: dict[str, object] = {
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "q0": "Yes",
            "shown": shown,
            "agreed": shown[:1],
        }
        return self.browser.post(address, typed | values)

    def book(self, start: str = NINE, **values: object) -> str:
        """Book a time and return the address of the appointment."""
        answer = self.finish(self.details(start), **values)
        assert answer.status_code == 303, answer.text
        self.browser.follow(answer)
        return answer.headers["Location"].partition("?")[0]

    def hidden(self) -> dict[str, str]:
        """What the forms of the page carry unseen."""
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(self.page)}


@pytest.fixture
def front(world: World) -> Front:
    """The practice with its page."""
    return make_front(world)


@pytest.fixture
def customer(front: Front, browser: Callable[[], Browser]) -> Customer:
    """Somebody who wants an appointment."""
    return Customer(front, browser())


@pytest.fixture
def another(front: Front, browser: Callable[[], Browser]) -> Customer:
    """Somebody else who wants one."""
    return Customer(front, browser())
