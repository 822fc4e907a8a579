"""Every level allows what the plugin does at it, and no scope is idle: read from Google's own discovery document."""

from __future__ import annotations

import re

import pytest

from hub.plugin import CONNECTION_HOST, Purpose
from hub.testing.lab.google.document import known_scopes, methods
from hub_google.levels import LEVELS, SCOPE, WHO, limits
from hub_google.provider import ADDRESSES, API, PROVIDER, address, server

# What is asked for at each level, and by which scope alone it may be reached there.
USES = {
    "shield": {
        "calendar.freebusy": {"freebusy.query"},
        "calendar.app.created": {
            *("calendars.insert", "calendars.get", "events.list", "events.watch", "channels.stop"),
            *("events.get", "events.insert", "events.patch", "events.delete"),
        },
    },
    "standard": {
        "calendar.freebusy": {"freebusy.query"},
        "calendar.calendarlist.readonly": {"calendarList.list"},
        "calendar.events.owned": {
            *("events.list", "events.watch", "channels.stop"),
            *("events.get", "events.insert", "events.patch", "events.delete"),
        },
    },
    "shared": {
        "calendar.freebusy": {"freebusy.query"},
        "calendar.calendarlist.readonly": {"calendarList.list"},
        "calendar.events": {
            *("events.list", "events.watch", "channels.stop"),
            *("events.get", "events.insert", "events.patch", "events.delete"),
        },
    },
}
WIDE = {"calendar", "calendar.readonly", "calendar.acls", "calendar.calendars", "calendar.calendarlist"}


def asked(level: str) -> set[str]:
    scopes = PROVIDER.level(level).scopes
    assert scopes[:2] == WHO
    return {scope.removeprefix(SCOPE) for scope in scopes[2:]}


@pytest.mark.parametrize("level", USES)
def test_a_level_asks_for_the_scopes_that_it_uses_and_for_no_other(level: str) -> None:
    assert asked(level) == set(USES[level])
    assert asked(level) <= known_scopes()
    assert not asked(level) & WIDE


@pytest.mark.parametrize(("level", "scope"), [(level, scope) for level, scopes in USES.items() for scope in scopes])
def test_a_scope_allows_each_method_that_it_is_there_for(level: str, scope: str) -> None:
    for name in USES[level][scope]:
        assert scope in methods()[name].scopes, name


@pytest.mark.parametrize(("level", "scope"), [(level, scope) for level, scopes in USES.items() for scope in scopes])
def test_no_scope_is_idle(level: str, scope: str) -> None:
    """Without it, something of what it is there for could not be done."""
    others = asked(level) - {scope}
    assert any(not methods()[name].scopes & others for name in USES[level][scope])


def test_each_declared_operation_is_a_method_of_the_document_or_of_signing_in() -> None:
    outside = {("POST", "/token"), ("GET", "/oauth2/v3/certs"), ("POST", "/revoke")}
    known = set()
    for method in methods().values():
        known.add((method.verb, re.sub(r"\(\?P<\w+>\[\^/\]\+\)", "{}", method.template.pattern).replace("\\", "")))
    for operation in PROVIDER.operations:
        assert operation.host == CONNECTION_HOST
        if (operation.method, operation.path) in outside:
            assert operation.purposes == {Purpose.CONNECT}
            continue
        path = re.sub(r"\{\w+\}", "{}", operation.path.removeprefix(API + "/"))
        assert (operation.method, path) in known, operation.name


def test_no_operation_reaches_sharing_settings_or_the_deletion_of_a_calendar() -> None:
    paths = {operation.path for operation in PROVIDER.operations}
    assert not any("acl" in path or "settings" in path or "{rest" in path for path in paths)
    assert not any(one.method == "DELETE" and one.path.endswith("{calendar}") for one in PROVIDER.operations)


def test_people_are_told_what_each_level_sees_and_cannot_do() -> None:
    for level in LEVELS:
        assert level.sees
        assert level.cannot
        assert level.lists_calendars is (level.name != "shield")
        assert limits(level, level.scopes) == ()
        for scope in level.scopes[2:]:
            assert limits(level, tuple(one for one in level.scopes if one != scope))


def test_the_budgets_stay_below_googles_limits() -> None:
    account, project = PROVIDER.account_budget, PROVIDER.budget
    assert account is not None
    assert project is not None
    assert account.calls / account.seconds <= 0.8 * 600 / 60
    assert project.calls / project.seconds <= 0.8 * 10_000 / 60


def test_a_stand_in_takes_the_place_of_every_address() -> None:
    there = {name: f"https://stand-in.example/{name}" for name in ADDRESSES}
    assert {name: address(there, name) for name in ADDRESSES} == there
    assert {name: address({name: " "}, name) for name in ADDRESSES} == dict(ADDRESSES)
    assert server({}).also == ("accounts.google.com",)
    assert server(there).also == ()
