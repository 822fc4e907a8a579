"""API keys in the console: made with little, shown once, ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from hub.actions.account import OPERATOR_USER
from hub.actions.api_keys import find_key, list_keys
from hub.core.role import Right
from tests.tables import nothing_changed
from tests.web.conftest import Browser, once
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session", "security_event")
TOKEN = re.compile(r"fd_[\w-]{30,}")


def made(browser: Browser, **given: object) -> str:
    browser.get("/console/keys/new")
    typed = {"name": "Website", "scopes": ["view"], "reach": "all", **given}
    return browser.post("/console/keys/new", {**once(browser), **typed}).text


def test_a_key_is_shown_once_with_a_call_that_works(world: World, app: Flask, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    page = made(ada, scopes=["view", "book"], reach="some", businesses=[world.business])
    found = TOKEN.search(page)
    assert found
    assert "curl -H" in page
    key = find_key(world.hub, found[0])
    assert key is not None
    assert (key.rights, key.businesses, key.until) == ({Right.VIEW, Right.BOOK}, {world.business}, None)
    headers = {"Authorization": f"Bearer {found[0]}"}
    assert app.test_client().get("/api/v1/businesses", headers=headers).status_code == 200
    listed = ada.get("/console/keys").text
    assert not TOKEN.search(listed)
    assert found[0][:10] in listed
    assert "Ada" in listed


def test_the_last_day_counts_whole_in_the_users_own_zone(world: World, signed_in: SignedIn) -> None:
    day = datetime.fromtimestamp(world.clock.now, UTC).date() + timedelta(days=3)
    made(signed_in("owner"), until=day.isoformat())
    (key,) = list_keys(world.hub, OPERATOR_USER)
    assert key.until is not None
    assert datetime.fromtimestamp(key.until, UTC).date() == day + timedelta(days=1)


def test_a_key_is_ended_at_once(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    token = TOKEN.search(made(ada))
    assert token
    (key,) = list_keys(world.hub, OPERATOR_USER)
    ada.get("/console/keys")
    assert "Ended" in ada.follow(ada.post(f"/console/keys/{key.id}/end")).text
    assert find_key(world.hub, token[0]) is None
    assert ada.post(f"/console/keys/{key.id}/end").status_code == 404


@pytest.mark.parametrize(
    ("who", "given"),
    [
        ("owner", {"name": ""}),
        ("owner", {"scopes": []}),
        ("owner", {"scopes": ["manage_users"]}),
        ("owner", {"until": "yesterday"}),
        ("owner", {"until": "1999-01-01"}),
        ("owner", {"until": "9999-12-31"}),
        ("owner", {"reach": "some"}),
        ("owner", {"made_by": "x"}),
        ("ida", {"reach": "all"}),
    ],
)
def test_what_breaks_a_rule_makes_no_key(world: World, signed_in: SignedIn, who: str, given: dict[str, object]) -> None:
    visitor = signed_in(who)
    with nothing_changed(world.hub, but=SEEN):
        assert not TOKEN.search(made(visitor, **given))


def test_who_is_limited_makes_keys_for_their_own_businesses_alone(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    ida = signed_in("ida")
    assert TOKEN.search(made(ida, reach="some", businesses=[other_business]))
    with nothing_changed(world.hub, but=SEEN):
        assert not TOKEN.search(made(ida, reach="some", businesses=[world.business]))


def test_a_name_full_of_markup_is_text(signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    made(ada, name="<img src=x onerror=alert(1)>")
    assert "<img" not in ada.get("/console/keys").text
