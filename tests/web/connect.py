"""A provider that asks before it lets somebody in, for the pages on which accounts are connected; and a broken one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from hub.core.provider import AuthScheme, Form, Grant, SettingField
from hub.registry import Candidate, Record, Registry, Status
from hub.vault.broker import Broker
from tests.web.conftest import Browser
from tests.world import World

SECRET = "correct horse battery"
EVIL = "<script>alert(1)</script>{{7*7}}.example.com"

_FIELDS = (
    SettingField("server", "Server"),
    SettingField("password", "Password", secret=True),
    SettingField("note", "Note", required=False, default="usual"),
    SettingField("lock", "Lock", default="b", choices=(("a", "With a key"), ("b", "With <two> keys"))),
)


class _Asking(Registry):
    """A registry whose fake provider has key hooks, and beside which stands a plugin that did not load."""

    def keys(self, provider: str) -> Any:
        return SimpleNamespace(hub_connect=_connect)

    @property
    def records(self) -> tuple[Record, ...]:
        return (*super().records, Record("bad", "tests", Status.BROKEN, "it is misspelt"))


def with_form(world: World, *more: Candidate) -> World:
    """Let the world's provider ask for a server and a password."""
    registry = _Asking([world.calendars.candidate(), *more])
    hub = world.hub
    hub.broker.close()
    broker = Broker(
        settings=hub.settings, database=hub.database, keyring=hub.keyring, registry=registry, clock=world.clock
    )
    world.hub = replace(hub, registry=registry, broker=broker)
    return world


def agree(browser: Browser, path: str, answer: str = "agree", **values: str) -> str:
    """Read the page that asks, answer it, and return the address to which that leads."""
    page = browser.get(path).text
    found = re.search(r'name="text" value="([0-9a-f]{64})"', page)
    assert found, page
    given: dict[str, object] = {"text": found[1], "answer": answer, **values}
    led = browser.post(path, given)
    assert led.status_code == 303, led.text
    return str(led.headers["Location"]).partition("?")[0]


def _connect(setup: Any, answer: Mapping[str, str] | None) -> Form | Grant:
    if answer is None:
        return Form(_FIELDS)
    if not answer.get("password") or answer.get("server", "").startswith("wrong"):
        return Form(_FIELDS, "This server lets nobody in with that.")
    secret = {"username": "ada", "password": answer["password"]}
    return Grant(AuthScheme.BASIC, secret, ("https://dav.example.com",), answer["server"])
