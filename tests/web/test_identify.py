from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from hub.actions.account import OPERATOR_USER
from hub.actions.api_keys import end_key, make_key
from hub.actions.sessions import User, find_session
from hub.core.role import Right
from hub.core.security import OPERATOR, Kind
from hub.store.security import SecurityEvent
from hub.web.current import SESSION
from tests.visitors import token_of
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def owner(world: World) -> User:
    found = find_session(world.hub, token_of(world.hub, "owner"))
    assert found is not None
    return found.user


def test_the_first_use_of_a_key_is_written_down_with_where_it_came_from(app: Flask, world: World) -> None:
    made = make_key(world.hub, OPERATOR, owner(world), "report", {Right.VIEW_BOOKINGS}, everywhere=True)
    from_there = {"environ_base": {"REMOTE_ADDR": "198.51.100.7"}, "headers": {"Authorization": f"Bearer {made.token}"}}
    for _ in range(2):
        assert app.test_client().get("/api/v1/businesses", **from_there).status_code in (200, 403)  # type: ignore[arg-type]
    with world.hub.database.reading() as conn:
        rows = conn.execute(sa.select(SecurityEvent.__table__).where(SecurityEvent.kind == Kind.KEY_USED)).all()
    assert [(row.address, row.outcome, row.about) for row in rows] == [("198.51.100.7", "ok", made.key.id)]


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_a_key_is_known_however_the_scheme_is_spelled(app: Flask, world: World, scheme: str) -> None:
    made = make_key(world.hub, OPERATOR, owner(world), "report", {Right.VIEW_BOOKINGS}, everywhere=True)
    headers = {"Authorization": f"{scheme}  {made.token} "}
    assert app.test_client().get("/api/v1/businesses", headers=headers).status_code != 401


def test_a_key_in_the_address_in_a_cookie_or_ended_opens_nothing(app: Flask, world: World) -> None:
    made = make_key(world.hub, OPERATOR, owner(world), "report", {Right.VIEW_BOOKINGS}, everywhere=True)
    client = app.test_client()
    assert client.get(f"/api/v1/businesses?key={made.token}&access_token={made.token}").status_code == 401
    client.set_cookie(SESSION, made.token)
    assert client.get("/api/v1/businesses").status_code == 401
    assert client.get("/console").status_code == 303
    end_key(world.hub, OPERATOR, OPERATOR_USER, made.key.id)
    headers = {"Authorization": f"Bearer {made.token}"}
    assert app.test_client().get("/api/v1/businesses", headers=headers).status_code == 401


def test_a_sign_in_opens_no_call_of_the_api(app: Flask, world: World) -> None:
    client, token = app.test_client(), token_of(world.hub, "owner")
    client.set_cookie(SESSION, token)
    assert client.get("/api/v1/businesses").status_code == 401
    assert client.get("/api/v1/businesses", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("value", ["", "x" * 5000, "\ud800", "é", "null"])
def test_a_cookie_that_is_none_of_ours_is_nobody(app: Flask, value: str) -> None:
    header = {"Cookie": f"{SESSION}={value}".encode("utf-8", "surrogatepass").decode("latin-1")}
    assert app.test_client().get("/console", headers=header).status_code == 303
