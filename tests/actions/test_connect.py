"""Connecting: through the real plugin, broker and vault to a real Radicale; and choosing what a calendar stands for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from sqlalchemy import select

from hub.actions import connect as room
from hub.actions.businesses import create_business
from hub.actions.connect import choose_calendar, connect, list_calendars
from hub.actions.disconnect import disconnect
from hub.actions.holders import add_resource, add_staff
from hub.actions.hours import every_weekday
from hub.app import close_hub, create_hub
from hub.core.errors import InputError, PluginBroken, Refused, Retry, UnknownId
from hub.core.provider import Form
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.settings import load_settings
from hub.store.calendar import Calendar
from hub.store.connection import Connection, Credential
from hub.store.security import SecurityEvent
from hub.testing.faulty import Fault, Front, faulty
from hub.testing.servers import Server, radicale
from hub.vault.keycalls import Connected
from tests.tables import contents, nothing_changed
from tests.world import World, connection_named, down, with_names

HOURS = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
MAKE_CALENDAR = (
    '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
    "<d:displayname>{}</d:displayname></d:prop></d:set></c:mkcalendar>"
)

RENAME = (
    '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop>'
    "<d:displayname>{}</d:displayname></d:prop></d:set></d:propertyupdate>"
)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with radicale(tmp_path_factory.mktemp("radicale"), password="correct-horse-battery") as running:
        yield running


@pytest.fixture
def front(server: Server) -> Iterator[Front]:
    """The way to the server, on which something can go wrong."""
    with faulty(server.origin) as front:
        yield front


@pytest.fixture
def hub(database_url: str, tmp_path: Path, front: Front) -> Iterator[Hub]:
    environment = {
        "HUB_DATA_DIR": str(tmp_path),
        "HUB_DATABASE_URL": database_url,
        "HUB_EGRESS_ALLOW": front.url.rstrip("/"),
    }
    made = create_hub(load_settings(environment))
    yield made
    close_hub(made)


@pytest.fixture
def business(hub: Hub) -> str:
    return create_business(hub, "Ada's Practice", "Europe/Berlin")


@pytest.fixture
def appointments(server: Server) -> Iterator[str]:
    """A calendar on the server, by the address that its owner's telephone uses."""
    address = make_calendar(server, "Appointments")
    yield address
    telephone(server, "DELETE", address)


def telephone(server: Server, method: str, address: str, body: str = "") -> None:
    account = (server.username, server.password)
    requests.request(method, address, data=body.encode() or None, auth=account, timeout=10).raise_for_status()


def make_calendar(server: Server, name: str) -> str:
    address = f"{server.home}{uuid.uuid4().hex[:8]}/"
    telephone(server, "MKCALENDAR", address, MAKE_CALENDAR.format(name))
    return address


def answer(server: Server, front: Front, **changes: str) -> dict[str, str]:
    return {"url": front.url, "username": server.username, "password": server.password} | changes


def connected(hub: Hub, business: str, server: Server, front: Front, **options: Any) -> str:
    step = connect(hub, business, "caldav", "calendar", answer(server, front), **options)
    assert isinstance(step, Connected), step
    return step.connection


def calendars(hub: Hub, business: str) -> list[Any]:
    with hub.database.reading() as conn:
        rows = conn.execute(select(Calendar.__table__).where(Calendar.business_id == business)).all()
    return list(with_names(hub, rows))


def connection(hub: Hub, business: str) -> Any:
    with hub.database.reading() as conn:
        return conn.execute(select(Connection.__table__).where(Connection.business_id == business)).one()


def noted(hub: Hub) -> list[tuple[str, str, str, str]]:
    table = SecurityEvent
    with hub.database.reading() as conn:
        rows = conn.execute(select(table.kind, table.outcome, table.detail, table.about).order_by(table.id))
        return [tuple(row) for row in rows]


# Connecting


def test_it_begins_with_a_form_and_nothing_is_stored(hub: Hub, business: str, front: Front) -> None:
    with nothing_changed(hub):
        form = connect(hub, business, "caldav", "calendar")
    assert isinstance(form, Form)
    assert [field.name for field in form.fields] == ["url", "username", "password"]
    assert form.problem == ""
    assert front.seen == []


def test_a_wrong_password_is_said_and_nothing_is_stored(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    with nothing_changed(hub, but={"security_event"}):
        form = connect(hub, business, "caldav", "calendar", answer(server, front, password="wrong-one"))
    assert isinstance(form, Form)
    assert form.problem
    assert "wrong-one" not in form.problem
    assert noted(hub) == [("connected", "failed", "not_accepted", "")]
    assert "wrong-one" not in repr(contents(hub))


def test_a_connected_account_is_stored_sealed_with_its_calendars_and_none_of_them_is_used_yet(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    step = connect(hub, business, "caldav", "calendar", answer(server, front))
    assert isinstance(step, Connected)
    assert step.account_name == "ada at 127.0.0.1"
    (row,) = calendars(hub, business)
    assert (row.connection_id, row.name, row.writable) == (step.connection, "Appointments", True)
    assert (row.checked, row.written, row.holder_id, row.read_at) == (False, False, None, 0)
    assert (connection(hub, business).health, connection(hub, business).epoch) == ("ok", 1)
    assert noted(hub) == [("connected", "ok", "", step.connection)]
    assert server.password not in repr(contents(hub))


def test_a_second_look_adds_what_is_new_keeps_what_was_chosen_and_takes_nothing_away(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    connection_id = connected(hub, business, server, front)
    (first,) = calendars(hub, business)
    staff = add_staff(hub, business, "Ada", HOURS)
    choose_calendar(hub, business, first.id, staff, checked=True, written=True)
    second = make_calendar(server, "Private")
    found = list_calendars(hub, business, connection_id)
    assert [row.name for row in found] == ["Appointments", "Private"]
    assert (found[0].id, found[0].checked, found[0].written) == (first.id, True, True)
    assert calendars(hub, business)[0].holder_id == staff
    assert not found[1].checked
    telephone(server, "DELETE", second)
    assert [row.name for row in list_calendars(hub, business, connection_id)] == ["Appointments", "Private"]


def test_a_calendar_that_was_renamed_is_the_same_one_under_its_new_name(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    connection_id = connected(hub, business, server, front)
    (before,) = calendars(hub, business)
    telephone(server, "PROPPATCH", appointments, RENAME.format("Surgery"))
    (after,) = list_calendars(hub, business, connection_id)
    assert (after.id, after.name) == (before.id, "Surgery")


class _ThenBroken:
    """A broker after whose connecting the server is no longer what it was."""

    def __init__(self, hub: Hub, front: Front, fault: Fault) -> None:
        self._broker, self._front, self._fault = hub.broker, front, fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def connect(self, *given: Any, **options: Any) -> Any:
        step = self._broker.connect(*given, **options)
        self._front.break_with(self._fault)
        return step


@pytest.mark.parametrize(("fault", "error"), [(Fault.DOWN, Retry), (Fault.HUGE, Refused)])
def test_a_new_connection_whose_calendars_cannot_be_listed_is_ended_again(
    hub: Hub,
    business: str,
    server: Server,
    front: Front,
    appointments: str,
    fault: Fault,
    error: type[Exception],
) -> None:
    breaking = replace(hub, broker=cast(Any, _ThenBroken(hub, front, fault)))
    with pytest.raises(error):
        connect(breaking, business, "caldav", "calendar", answer(server, front))
    assert connection(hub, business).health == "disconnected"
    assert calendars(hub, business) == []
    assert [one[:2] for one in noted(hub)] == [("connected", "failed")]
    with hub.database.reading() as conn:
        sealed = conn.execute(select(Credential.sealed).where(Credential.business_id == business)).all()
    assert sealed == []


def test_connecting_again_keeps_the_calendars_and_their_use_in_a_new_epoch(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    connection_id = connected(hub, business, server, front)
    staff = add_staff(hub, business, "Ada", HOURS)
    choose_calendar(hub, business, calendars(hub, business)[0].id, staff, checked=True, written=True)
    before = calendars(hub, business)
    assert connected(hub, business, server, front, connection_id=connection_id) == connection_id
    same = ("id", "ref", "name", "holder_id", "checked", "written", "cursor", "read_until")
    (was,), (now,) = before, calendars(hub, business)
    assert [getattr(now, name) for name in same] == [getattr(was, name) for name in same]
    assert now.announced == was.announced + 1  # it is looked at soon
    assert connection(hub, business).epoch == 2
    assert [one[:3] for one in noted(hub)] == [("connected", "ok", ""), ("connected", "ok", "again")]


def test_a_connection_that_was_made_again_stays_though_its_calendars_cannot_be_listed(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    """The owner has given a good password: bookings that stand there are not to be lost for a moment's outage."""
    connection_id = connected(hub, business, server, front)
    breaking = replace(hub, broker=cast(Any, _ThenBroken(hub, front, Fault.DOWN)))
    with pytest.raises(Retry):
        connect(breaking, business, "caldav", "calendar", answer(server, front), connection_id=connection_id)
    front.break_with(None)
    assert connection(hub, business).health == "ok"
    assert len(list_calendars(hub, business, connection_id)) == 1


def test_the_connection_of_another_business_is_unknown(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    connection_id = connected(hub, business, server, front)
    other = create_business(hub, "Ben's Garage", "Europe/Berlin")
    asked = len(front.seen)
    with nothing_changed(hub):
        for identifier in (connection_id, "x" * 26):
            with pytest.raises(UnknownId, match=f"no connection '{identifier}' in this business"):
                list_calendars(hub, other, identifier)
            with pytest.raises(UnknownId, match=f"no connection '{identifier}' in this business"):
                connect(hub, other, "caldav", "calendar", answer(server, front), connection_id=identifier)
    assert len(front.seen) == asked


def test_a_staff_members_own_account_is_theirs_and_only_they_connect_it_again(
    hub: Hub, business: str, server: Server, front: Front, appointments: str
) -> None:
    ada, ben = add_staff(hub, business, "Ada", HOURS), add_staff(hub, business, "Ben", HOURS)
    connection_id = connected(hub, business, server, front, holder_id=ada)
    assert connection(hub, business).holder_id == ada
    asked = len(front.seen)
    with nothing_changed(hub):
        for holder in (ben, "x" * 26):
            with pytest.raises(UnknownId):
                connected(hub, business, server, front, holder_id=holder, connection_id=connection_id)
        with pytest.raises(UnknownId):
            connected(hub, business, server, front, holder_id="x" * 26)
    assert len(front.seen) == asked
    connected(hub, business, server, front, holder_id=ada, connection_id=connection_id)
    connected(hub, business, server, front, connection_id=connection_id)  # by the agency: it stays theirs
    assert connection(hub, business).holder_id == ada


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (("x" * 26, "caldav", "calendar"), UnknownId),
        (("", "carrier_pigeon", "calendar"), PluginBroken),
        (("", "caldav", "everything"), InputError),
    ],
)
def test_an_unknown_business_provider_or_level_is_refused_before_anybody_is_asked(
    hub: Hub, business: str, front: Front, server: Server, given: tuple[str, str, str], error: type[Exception]
) -> None:
    with nothing_changed(hub), pytest.raises(error):
        connect(hub, given[0] or business, given[1], given[2], answer(server, front))
    assert front.seen == []


# Choosing


def listed(world: World, holder: str) -> Any:
    return next(row for row in calendars(world.hub, world.business) if row.holder_id == holder)


def test_the_calendar_that_is_written_to_is_one_a_holder_and_the_first_is_let_go(world: World) -> None:
    ada = world.staff()
    first = listed(world, ada)
    room = add_resource(world.hub, world.business, "Room 1")
    second = listed(world, world.connect(room))
    choose_calendar(world.hub, world.business, second.id, ada, checked=True, written=True)
    rows = {row.id: row for row in calendars(world.hub, world.business)}
    assert (rows[first.id].written, rows[first.id].checked) == (False, True)
    assert (rows[second.id].written, rows[second.id].holder_id) == (True, ada)


def test_a_calendar_may_be_checked_without_being_written_and_the_one_that_is_written_stays(world: World) -> None:
    ada = world.staff()
    second = listed(world, world.connect(add_resource(world.hub, world.business, "Room 1")))
    choose_calendar(world.hub, world.business, second.id, ada)
    assert [row.written for row in calendars(world.hub, world.business) if row.holder_id == ada].count(True) == 1


def test_a_calendar_that_is_read_only_can_be_checked_and_not_written_to(world: World) -> None:
    ada = world.staff()
    row = listed(world, ada)
    with world.hub.database.writing() as conn:
        conn.execute(Calendar.__table__.update().where(Calendar.business_id == world.business).values(writable=False))  # type: ignore[attr-defined]
    with nothing_changed(world.hub), pytest.raises(InputError, match="read only"):
        choose_calendar(world.hub, world.business, row.id, ada, written=True)
    choose_calendar(world.hub, world.business, row.id, ada)
    assert listed(world, ada).checked


def test_a_calendar_and_a_holder_of_another_business_are_unknown(world: World) -> None:
    ada = world.staff()
    mine = listed(world, ada)
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    ben = add_staff(world.hub, other, "Ben", HOURS)
    with nothing_changed(world.hub):
        for business, calendar, holder, kind in (
            (other, mine.id, ben, "calendar"),
            (world.business, mine.id, ben, "staff member or resource"),
            (world.business, "x" * 26, ada, "calendar"),
            (world.business, mine.id, "x" * 26, "staff member or resource"),
        ):
            with pytest.raises(UnknownId) as caught:
                choose_calendar(world.hub, business, calendar, holder, written=True)
            assert caught.value.kind == kind


def test_looking_again_while_the_server_is_down_changes_nothing(world: World) -> None:
    row = listed(world, world.staff())
    world.calendars.fail = down()
    with nothing_changed(world.hub), pytest.raises(Retry):
        list_calendars(world.hub, world.business, row.connection_id)


def test_a_plugin_that_answers_nonsense_is_refused_and_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = listed(world, world.staff())
    for nonsense in (None, {"calendars": []}, 7):
        monkeypatch.setattr(world.hub.registry, "ask", lambda *given, answer=nonsense, **more: answer)
        with nothing_changed(world.hub), pytest.raises(Refused) as caught:
            list_calendars(world.hub, world.business, row.connection_id)
        assert caught.value.reason == "plugin_error"


def test_a_business_has_only_so_many_live_accounts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_CONNECTIONS", 2)
    first, _ = world.staff(), world.staff()
    with nothing_changed(world.hub), pytest.raises(InputError, match="2 connected accounts at most"):
        connect(world.hub, world.business, "fake", "all")
    disconnect(world.hub, OPERATOR, world.business, connection_named(world, first))
    with pytest.raises(PluginBroken):  # as far as the plugin, which has no form
        connect(world.hub, world.business, "fake", "all")


def test_an_account_with_calendars_without_number_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connection_named(world, world.staff())
    monkeypatch.setattr(room, "MOST_LISTED", 0)
    with nothing_changed(world.hub), pytest.raises(Refused) as caught:
        list_calendars(world.hub, world.business, connection)
    assert caught.value.code == "too_many_calendars"
