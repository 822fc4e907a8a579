"""Consents that end: at once for work in flight, in part where that goes, and by themselves when their time is over."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.actions.ask import ask_provider
from hub.actions.businesses import change_business, get_business
from hub.actions.connect import choose_calendar
from hub.actions.connections import list_connections
from hub.actions.consent import answer_consent, consent_about, consent_question
from hub.actions.consent_end import UNUSED, expire_consents, withdraw_consent
from hub.actions.consent_state import change
from hub.actions.consents import list_consents
from hub.core.consent_record import WRITING, ConsentState
from hub.core.errors import HubError, InputError, Refused, StateError, UnknownId
from hub.core.ledger import EntryKind
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR, Visit
from hub.ledger.read import entries_about
from hub.store.outbox import Outbox
from tests.tables import nothing_changed, rows_of
from tests.world import World

ADA = Visit("user", "a" * 26)
WRITES = sorted(str(one) for one in WRITING)


@pytest.fixture
def connection(world: World) -> str:
    """A connection of a staff member, checked and written to, with a consent."""
    world.staff()
    return list_connections(world.hub, world.business)[0].id


def may(world: World, connection: str, purpose: Purpose) -> bool:
    try:
        ask_provider(world.hub, world.business, connection, purpose, "hub_list_calendars")
    except Refused as error:
        return error.reason not in ("consent", "disconnected")
    return True


def test_withdrawing_all_is_a_disconnect(world: World, connection: str) -> None:
    assert withdraw_consent(world.hub, ADA, world.business, connection) is not None
    (found,) = list_consents(world.hub, world.business)
    assert (str(found.state), found.purposes, found.states[0].channel) == ("withdrawn", (), "console")
    assert list_connections(world.hub, world.business)[0].health == "disconnected"
    assert not may(world, connection, Purpose.SHOW_CALENDARS)
    with nothing_changed(world.hub):
        withdraw_consent(world.hub, ADA, world.business, connection)


def test_withdrawing_writing_stops_it_alone_and_lets_the_calendar_go(world: World, connection: str) -> None:
    assert withdraw_consent(world.hub, ADA, world.business, connection, purposes=WRITES, via="s" * 26) is None
    (found,) = list_consents(world.hub, world.business)
    assert (str(found.state), set(found.states[0].withdrawn), found.can_stop) == ("given", set(WRITES), ())
    assert may(world, connection, Purpose.CHECK_AVAILABILITY)
    assert not any(may(world, connection, one) for one in WRITING)
    (calendar,) = list_connections(world.hub, world.business)[0].calendars
    assert (calendar.checked, calendar.written) == (True, False)
    with pytest.raises(InputError, match="Nobody agreed to writing"):
        choose_calendar(world.hub, world.business, calendar.id, str(calendar.holder_id), written=True)
    choose_calendar(world.hub, world.business, calendar.id, str(calendar.holder_id))
    with world.hub.database.reading() as conn:
        (entry,) = entries_about(conn, world.business, kinds=[EntryKind.CONSENT_WITHDRAWN])
    assert entry.content is not None
    assert entry.content["withdrawn"] == WRITES


def test_a_second_withdrawal_changes_nothing(world: World, connection: str) -> None:
    withdraw_consent(world.hub, ADA, world.business, connection, purposes=WRITES)
    with nothing_changed(world.hub):
        withdraw_consent(world.hub, ADA, world.business, connection, purposes=WRITES)


@pytest.mark.parametrize("purposes", [["check_availability"], [*WRITES, "connect"], ["nonsense"]])
def test_what_the_account_cannot_go_without_is_withdrawn_as_a_whole_only(
    world: World, connection: str, purposes: list[str]
) -> None:
    with nothing_changed(world.hub), pytest.raises(InputError, match="disconnect the account"):
        withdraw_consent(world.hub, ADA, world.business, connection, purposes=purposes)


def test_nothing_is_left_to_withdraw_of_what_ended(world: World, connection: str) -> None:
    withdraw_consent(world.hub, ADA, world.business, connection)
    with pytest.raises(StateError):
        withdraw_consent(world.hub, ADA, world.business, connection, purposes=WRITES)


def test_nobody_withdraws_for_another_business_or_another_staff_member(
    world: World, connection: str, strangers: dict[str, str]
) -> None:
    other = world.staff(connected=False)
    for purposes in ([], WRITES):
        with nothing_changed(world.hub), pytest.raises(UnknownId):
            withdraw_consent(world.hub, ADA, strangers["ben"], connection, purposes=purposes)
        with nothing_changed(world.hub), pytest.raises(UnknownId):
            withdraw_consent(world.hub, ADA, world.business, connection, purposes=purposes, holder_id=other)


@pytest.mark.parametrize("purposes", [(), WRITES], ids=["all", "writing"])
def test_of_fifty_parallel_jobs_none_begins_after_the_withdrawal(
    world: World, connection: str, purposes: list[str]
) -> None:
    """Each job notes, before and after it asks, whether the withdrawal had returned."""
    over, late, done = threading.Event(), [], []

    def job(_: int) -> None:
        for _ in range(4):
            ended = over.is_set()
            try:
                ask_provider(world.hub, world.business, connection, Purpose.UPDATE_EVENT, "hub_list_calendars")
                (late if ended else done).append(1)
            except HubError:
                pass

    with ThreadPoolExecutor(50) as pool:
        jobs = [pool.submit(job, number) for number in range(50)]
        withdraw_consent(world.hub, ADA, world.business, connection, purposes=purposes)
        over.set()
        for one in jobs:
            one.result()
    assert late == []
    assert not may(world, connection, Purpose.UPDATE_EVENT)


def limit(world: World, until: int | None) -> None:
    """Let the one consent end then."""
    (found,) = list_consents(world.hub, world.business)
    with world.hub.database.writing() as conn:
        change(world.hub, conn, OPERATOR, world.business, found.id, ConsentState.GIVEN, expires_at=until)


def test_a_consent_whose_time_is_over_ends_and_its_owner_is_told(world: World, connection: str) -> None:
    version = get_business(world.hub, world.business).version
    change_business(world.hub, world.business, version, {"email": "ada@example.com"})
    limit(world, world.clock() + 60)
    expire_consents(world.hub)
    assert may(world, connection, Purpose.SHOW_CALENDARS)
    world.clock.now += 60
    expire_consents(world.hub)
    (found,) = list_consents(world.hub, world.business)
    assert (str(found.state), found.states[0].channel, found.states[0].reason) == ("expired", "clock", "over")
    assert not may(world, connection, Purpose.SHOW_CALENDARS)
    (shown,) = list_connections(world.hub, world.business)
    assert (shown.health, shown.reason) == ("needs_reconnect", "consent")
    assert "no consent" in shown.sentence
    told = [row.payload["news"] for row in rows_of(world.hub, world.business, Outbox) if row.kind == "tell_health"]
    assert told == ["lost"]
    with nothing_changed(world.hub):
        expire_consents(world.hub)


def test_a_consent_that_no_account_goes_by_is_over_after_a_day(world: World) -> None:
    about = consent_about(world.hub, world.business, "fake", "all")
    text = consent_question(world.hub, about)
    answer_consent(world.hub, ADA, about, text.hash, agreed=True)
    world.clock.now += UNUSED
    expire_consents(world.hub)
    assert str(list_consents(world.hub, world.business)[0].state) == "given"
    world.clock.now += 1
    expire_consents(world.hub)
    assert list_consents(world.hub, world.business)[0].states[0].reason == "unused"
