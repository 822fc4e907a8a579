"""Programs with keys of every kind, and a business with something of each to ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.actions.api_keys import make_key
from hub.actions.book import book
from hub.actions.connections import list_connections
from hub.actions.hold import hold
from hub.actions.holders import add_resource
from hub.actions.hours import add_time_off
from hub.actions.sessions import find_session
from hub.actions.staff_links import make_staff_link
from hub.core.provider import AuthScheme, Form, Grant, SettingField
from hub.core.role import API_RIGHTS, Right
from hub.core.security import OPERATOR
from hub.plugin import hookimpl
from tests.visitors import token_of
from tests.world import ADA, DAY, HOUR, MONDAY, World


@dataclass
class Program:
    """A program with a key, or without one."""

    client: FlaskClient
    token: str
    business: str

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Ask for something; a path without a slash in front is below the business."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        whole = path if path.startswith("/") else f"/api/v1/businesses/{self.business}/{path}".rstrip("/")
        if body is not None:
            options["json"] = body
        return self.client.open(whole, method=method, headers=headers, **options)

    def get(self, path: str, **query: Any) -> TestResponse:
        """Read something."""
        return self.ask("GET", path, **({"query_string": query} if query else {}))

    def post(self, path: str, body: Any = None, key: str = "", **options: Any) -> TestResponse:
        """Make something, with an idempotency key if one is given."""
        return self.ask("POST", path, body, headers={"Idempotency-Key": key} if key else {}, **options)

    def patch(self, path: str, body: Any) -> TestResponse:
        """Change something."""
        return self.ask("PATCH", path, body)

    def put(self, path: str, body: Any) -> TestResponse:
        """Replace something."""
        return self.ask("PUT", path, body)


Programs = Callable[..., Program]


@pytest.fixture
def programs(world: World, app: Flask) -> Programs:
    """Make a program: for the world's business with every scope, unless said otherwise."""

    def make(
        scopes: Collection[Right] = API_RIGHTS, *, businesses: Collection[str] = (), everywhere: bool = False
    ) -> Program:
        session = find_session(world.hub, token_of(world.hub, "owner"))
        assert session is not None
        given = () if everywhere else businesses or (world.business,)
        made = make_key(world.hub, OPERATOR, session.user, "Program", scopes, everywhere=everywhere, businesses=given)
        return Program(app.test_client(), made.token, world.business)

    return make


@pytest.fixture
def program(programs: Programs) -> Program:
    """A program that may do everything in the world's business, and nothing elsewhere."""
    return programs()


@pytest.fixture
def things(world: World) -> Mapping[str, str]:
    """One thing of each kind in the world's business, by the name that it has in addresses."""
    return furnish(world)


def furnish(world: World) -> dict[str, str]:
    """Put one thing of each kind into a world's business."""
    hub, business = world.hub, world.business
    staff = world.staff()
    service = world.service(staff)
    held = [hold(hub, business, service, MONDAY + hour * HOUR, zone="UTC").booking_id for hour in (4, 5)]
    book(hub, business, held[1], ADA)
    connection = next(one for one in list_connections(hub, business) if one.calendars[0].holder_id == staff)
    return {
        "business_id": business,
        "staff_id": staff,
        "resource_id": add_resource(hub, business, "Room"),
        "holder_id": staff,
        "service_id": service,
        "connection_id": connection.id,
        "calendar_id": connection.calendars[0].id,
        "hold_id": held[0],
        "booking_id": held[1],
        "time_off_id": add_time_off(hub, business, staff, MONDAY + 20 * DAY, MONDAY + 21 * DAY),
        "link_id": make_staff_link(hub, OPERATOR, business, staff)[0].id,
    }


@pytest.fixture
def fake_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fake provider connect accounts: it asks for a user and a password, and takes any."""

    @hookimpl
    def hub_connect(setup: Any, answer: Mapping[str, str] | None) -> Form | Grant:
        fields = (SettingField("user", "User"), SettingField("password", "Password", secret=True))
        if answer is None:
            return Form(fields)
        if answer.get("password") != "right":
            return Form(fields, "The server does not know this user or password.")
        return Grant(AuthScheme.BASIC, {"username": "ada", "password": "right"}, ("https://x.example",), "ada")

    keys = ModuleType("tests.fake.keys")
    keys.hub_connect = hub_connect  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tests.fake", ModuleType("tests.fake"))
    monkeypatch.setitem(sys.modules, "tests.fake.keys", keys)
