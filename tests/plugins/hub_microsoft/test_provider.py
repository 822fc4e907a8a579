"""What is declared: as little as each level needs, and nothing beside calendars."""

from __future__ import annotations

from hub.plugin import CONNECTION_HOST, Purpose, Revocation
from hub.testing.lab.microsoft.signin import GRAPH_SCOPES
from hub_microsoft.provider import AUTHORITY, BOOKINGS, BUSY, GRAPH, PROVIDER

WRITING = {Purpose.CREATE_EVENT, Purpose.UPDATE_EVENT, Purpose.CANCEL_EVENT}


def test_each_level_asks_for_one_permission_and_the_smaller_one_writes_nothing() -> None:
    bookings, busy = PROVIDER.level(BOOKINGS), PROVIDER.level(BUSY)
    assert (bookings.scopes, busy.scopes) == (("Calendars.ReadWrite",), ("Calendars.ReadBasic",))
    assert {*bookings.scopes, *busy.scopes} <= GRAPH_SCOPES
    assert bookings.purposes >= WRITING
    assert not busy.purposes & WRITING
    assert all(level.sees and level.cannot for level in PROVIDER.levels)


def test_every_request_goes_to_the_confirmed_address_and_to_calendars_alone() -> None:
    assert {one.host for one in PROVIDER.operations} == {CONNECTION_HOST}
    work = [one for one in PROVIDER.operations if one.purposes != {Purpose.CONNECT}]
    assert all(one.path.startswith(("/v1.0/me/calendars", "/v1.0/me/events", "/v1.0/subscriptions")) for one in work)
    assert not any("{rest+}" in one.path for one in PROVIDER.operations)


def test_only_what_cancels_may_delete_and_only_what_writes_may_write() -> None:
    by_method = {
        method: frozenset().union(
            *(one.purposes for one in PROVIDER.operations if (one.method, "events" in one.path) == (method, True))
        )
        for method in ("POST", "PATCH", "DELETE")
    }
    assert by_method["POST"] == by_method["PATCH"] == {Purpose.CREATE_EVENT, Purpose.UPDATE_EVENT}
    assert by_method["DELETE"] == {Purpose.CANCEL_EVENT}


def test_it_is_said_that_nothing_can_be_revoked_and_where_the_owner_can() -> None:
    assert PROVIDER.revocation is Revocation.NONE
    assert "no way" in PROVIDER.keeps
    assert "https://myapps.microsoft.com" in PROVIDER.keeps


def test_the_addresses_are_microsofts_unless_they_are_changed() -> None:
    defaults = {one.name: one.default for one in PROVIDER.settings if not one.required}
    assert defaults == {"authority": AUTHORITY, "graph": GRAPH}
    assert [one.name for one in PROVIDER.settings if one.secret] == ["client_secret"]


def test_the_budgets_stay_below_microsofts_limits() -> None:
    """Page: service-specific limits: 10,000 in ten minutes for a mailbox, 130,000 in ten seconds for an application."""
    account, everything = PROVIDER.account_budget, PROVIDER.budget
    assert account is not None
    assert everything is not None
    assert (account.seconds, everything.seconds) == (600, 10)
    assert account.calls < 10_000
    assert everything.calls < 130_000
