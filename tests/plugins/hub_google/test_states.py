"""Through the real broker: connected by consent, kept in step, ended; what goes wrong is said and is never free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.ask import try_provider
from hub.actions.businesses import create_business
from hub.actions.connect import choose_calendar, connect
from hub.actions.disconnect import disconnect
from hub.actions.holders import add_resource
from hub.actions.provider_settings import configure_provider
from hub.actions.sync import sync_calendar
from hub.app import close_hub, create_hub
from hub.core.calendar import Calendar as Place
from hub.core.calendar import Event, Found, Window
from hub.core.errors import Refused, Retry
from hub.core.provider import Redirect
from hub.core.purpose import Purpose
from hub.core.push import Channel
from hub.core.security import OPERATOR
from hub.settings import load_settings
from hub.store.calendar import BusyTime, Calendar
from hub.store.connection import Connection
from hub.testing import foreign
from hub.testing.checks.catalogue import CHECKS
from hub.testing.lab.google import faults
from hub.testing.lab.google.app import ADA, BEN, CLIENT, GoogleLab
from hub.testing.lab.google.state import Person
from hub.testing.lab.google.stranger import GoogleStranger
from hub.testing.lab.google.visitor import consent, own_token
from hub.testing.lab.switches import Fault
from hub.testing.receiver import receiving
from hub.testing.subject import Subject, Switched
from hub.vault.border import RoundTrip
from hub.vault.keycalls import Connected
from hub_google import plugin
from hub_google.levels import FREE_BUSY, OWN
from tests.plugins.hub_google.conftest import own_ids
from tests.world import with_names

HOUR = 3600


class Case:
    """A business with Ada's main calendar, connected at a level through the consent page."""

    def __init__(self, lab: GoogleLab, folder: Path, level: str) -> None:
        self.lab = lab
        self.hub = create_hub(load_settings({}, data_dir=folder, egress_allow=(lab.origin,), egress_timeout=2))
        configure_provider(self.hub, OPERATOR, "google", lab.settings)
        self.business = create_business(self.hub, "Ada's salon", "Europe/Berlin")
        self.level = level
        self.connection = self.connect(ADA)
        self.calendar = next(
            one.id for one in with_names(self.hub, self.rows(Calendar)) if one.ref in ("primary", ADA.email)
        )
        choose_calendar(self.hub, self.business, self.calendar, add_resource(self.hub, self.business, "Chair"))
        self.stranger = GoogleStranger(lab.origin, own_token(lab, ADA), "Europe/Berlin")

    def connect(self, person: Person, again: str | None = None, scopes: list[str] | None = None) -> str:
        """Connect somebody's account through the consent page, and return the connection."""
        trip, about = RoundTrip(CLIENT.redirect_urls[0], "a-word-of-the-hub"), (self.business, "google", self.level)
        asked = connect(self.hub, *about, connection_id=again, trip=trip)
        assert isinstance(asked, Redirect)
        back = RoundTrip(trip.redirect_url, trip.state, asked.keep)
        done = connect(self.hub, *about, consent(asked.url, person, scopes), connection_id=again, trip=back)
        assert isinstance(done, Connected)
        return done.connection

    def rows(self, table: Any) -> list[Any]:
        with self.hub.database.reading() as conn:
            statement = select(table.__table__).where(table.business_id == self.business)
            return list(conn.execute(statement.execution_options(purpose=Purpose.PROTECT)))

    def sync(self) -> tuple[bool, str, str]:
        """Return whether the calendar is fresh, its problem, and the health of its connection."""
        fresh = sync_calendar(self.hub, self.business, self.calendar)
        calendar = next(one for one in self.rows(Calendar) if one.id == self.calendar)
        return fresh, calendar.problem, self.rows(Connection)[0].health

    def busy(self) -> list[tuple[int, int]]:
        return sorted((one.starts_at, one.ends_at) for one in self.rows(BusyTime))


@pytest.fixture
def case(tmp_path: Path, lab: GoogleLab, request: pytest.FixtureRequest) -> Iterator[Case]:
    made = Case(lab, tmp_path / "hub", getattr(request, "param", "standard"))
    yield made
    lab.state.switches.turn(None)
    lab.state.calendars[ADA.email].events.clear()
    lab.state.grants.clear()
    made.stranger.close()
    close_hub(made.hub)


@pytest.mark.parametrize("case", ["shield", "standard"], indirect=True)
def test_an_event_is_seen_as_times_alone_and_gone_after_its_deletion(case: Case) -> None:
    assert case.sync() == (True, "", "ok")
    start = case.hub.clock() // HOUR * HOUR + 24 * HOUR
    case.stranger.write(ADA.email, "secret", foreign.event("secret", start, start + HOUR))
    assert case.sync() == (True, "", "ok")
    assert case.busy() == [(start, start + HOUR)]
    case.stranger.remove(ADA.email, "secret")
    assert case.sync() == (True, "", "ok")
    assert case.busy() == []


def test_a_broken_google_is_not_fresh_and_says_why(case: Case) -> None:
    words = {
        Fault.BROKEN: "broken",
        Fault.HTML: "unreadable",
        Fault.HUGE: "too_large",
        Fault.ELSEWHERE: "redirect",
        Fault.DOWN: "busy",
    }
    for fault, word in words.items():
        with case.lab.state.switches.on(fault):
            assert case.sync() == (False, word, "failing"), fault
        assert case.sync() == (True, "", "ok"), fault
    with case.lab.state.switches.on(Fault.UNAUTHORIZED):
        assert case.sync() == (False, "needs_reconnect", "needs_reconnect")


def test_a_limit_that_was_reached_is_left_alone_for_a_while(case: Case) -> None:
    with case.lab.state.switches.on(Fault.QUOTA):
        assert case.sync() == (False, "quota", "failing")
    with case.lab.state.switches.on(Fault.TOO_MANY):
        assert not case.sync()[0]
    before = len(case.lab.state.seen)
    assert not case.sync()[0]
    assert len(case.lab.state.seen) == before


def test_scopes_that_do_not_reach_need_a_new_connection(case: Case) -> None:
    case.lab.state.switches.turn(Fault.FORBIDDEN)
    assert case.sync() == (False, "scopes", "needs_reconnect")


def test_a_grant_that_its_owner_ended_needs_a_new_connection(case: Case) -> None:
    case.lab.state.grants.clear()
    case.lab.state.access.clear()
    assert case.sync() == (False, "revoked", "needs_reconnect")


def test_a_booking_costs_one_check_one_write_and_one_look(case: Case) -> None:
    """Each is a declared request for its purpose; so are moving, removing, watching and ending a watch."""
    ask = partial(try_provider, case.hub, case.business, case.connection)
    start = case.hub.clock() // HOUR * HOUR + 24 * HOUR
    event = Event("booking-1", start, start + HOUR, "Europe/Berlin", "Haircut")
    main = Place(ADA.email, "main", "Europe/Berlin")
    window = Window(start, start + HOUR)
    before = len(case.lab.state.seen)
    assert ask(Purpose.PREVENT_CONFLICTS, "hub_free_busy", calendars=[main], window=window) == {ADA.email: ()}
    written = ask(Purpose.CREATE_EVENT, "hub_create_event", calendar=main, event=event)
    found = ask(Purpose.PREVENT_CONFLICTS, "hub_read_event", calendar=main, written=written)
    assert [method for method, _path in case.lab.state.seen[before:]] == ["GET", "POST", "GET"]
    assert found == Found(written, start, start + HOUR)
    later = replace(event, end=start + 2 * HOUR, sequence=1)
    moved = ask(Purpose.UPDATE_EVENT, "hub_update_event", calendar=main, written=written, event=later)
    with receiving(plugin.hub_receive) as receiver:
        channel = Channel("of-the-hub", receiver.url, "secret", case.hub.clock() + HOUR)
        watching = ask(Purpose.CHECK_AVAILABILITY, "hub_watch", calendar=main, channel=channel, watching=None)
        ask(Purpose.CHECK_AVAILABILITY, "hub_unwatch", calendar=main, watching=watching)
    ask(Purpose.CANCEL_EVENT, "hub_cancel_event", calendar=main, written=moved)
    assert ask(Purpose.PREVENT_CONFLICTS, "hub_read_event", calendar=main, written=moved) is None


THROUGH = (
    *(
        "sees_a_series",
        "writes_an_event",
        "notices_a_change_from_outside",
        "a_write_without_an_answer_leaves_one_event",
    ),
    *(
        "a_removal_without_an_answer_can_be_repeated",
        "reports_what_changed",
        "tells_of_a_change",
        "cancels_by_the_uid_alone",
    ),
)


def test_the_contract_holds_through_the_broker_as_well(case: Case) -> None:
    """A few checks of each kind: what they ask is declared, and no refused call is taken for an answer."""
    purposes = {
        "hub_list_calendars": Purpose.SHOW_CALENDARS,
        "hub_create_event": Purpose.CREATE_EVENT,
        "hub_update_event": Purpose.UPDATE_EVENT,
        "hub_cancel_event": Purpose.CANCEL_EVENT,
        "hub_free_busy": Purpose.PREVENT_CONFLICTS,
        "hub_read_event": Purpose.PREVENT_CONFLICTS,
    }

    def ask(hook: str, **arguments: Any) -> Any:
        purpose = purposes.get(hook, Purpose.CHECK_AVAILABILITY)
        return try_provider(case.hub, case.business, case.connection, purpose, hook, **arguments)

    stranger = GoogleStranger(case.lab.origin, own_token(case.lab, ADA), "Europe/Berlin", own_ids)
    place = Place(stranger.make_calendar("scratch"), "scratch", "Europe/Berlin")
    start = (case.hub.clock() // 86_400 + 30) * 86_400
    switched = Switched(case.lab.state.switches, faults.KNOWN)
    subject = Subject(
        ask, place, stranger, start, faults=switched, receive=plugin.hub_receive, seen=lambda: case.lab.state.seen
    )
    done = [check.run(subject) for check in CHECKS if check.name in THROUGH]
    assert len(done) == len(THROUGH)
    stranger.close()


def test_an_access_token_that_ended_is_renewed_once_and_the_call_repeated(case: Case) -> None:
    case.lab.state.access = {
        token: one
        for token, one in case.lab.state.access.items()
        if not token.startswith("ya29") or one.client != CLIENT.id
    }
    before = len(case.lab.state.seen)
    assert case.sync() == (True, "", "ok")
    paths = [path.rpartition("/")[2] for _method, path in case.lab.state.seen[before:]]
    assert paths == ["events", "token", "events"]


def test_nonsense_is_never_free(case: Case) -> None:
    start = case.hub.clock() // HOUR * HOUR + 24 * HOUR
    case.stranger.write(ADA.email, "one", foreign.event("one", start, start + HOUR))
    case.lab.state.switches.turn(Fault.LYING)
    case.sync()
    assert all(begins <= start and ends >= start + HOUR for begins, ends in case.busy())
    assert case.busy()


def test_disconnecting_ends_the_grant_at_google(case: Case) -> None:
    assert case.lab.state.grants
    disconnect(case.hub, OPERATOR, case.business, case.connection)
    assert case.hub.broker.revoke(case.business, case.connection).is_over
    assert not case.lab.state.grants


def test_an_account_that_was_chosen_by_mistake_is_not_left_at_google(case: Case) -> None:
    """Google ends all that an account permitted, so it is ended only where no connection of the hub lives on it."""
    with pytest.raises(Refused) as mistaken:
        case.connect(BEN, again=case.connection)
    assert mistaken.value.reason == "other_account"
    assert [sub for sub, _client in case.lab.state.grants] == [ADA.sub]
    case.connect(BEN)
    with pytest.raises(Refused):
        case.connect(BEN, again=case.connection)
    assert {sub for sub, _client in case.lab.state.grants} == {ADA.sub, BEN.sub}
    assert case.sync() == (True, "", "ok")


@pytest.mark.parametrize("case", ["shield"], indirect=True)
def test_what_is_permitted_and_connects_nothing_is_not_left_at_google(case: Case) -> None:
    def fail(scopes: list[str]) -> str:
        with pytest.raises((Refused, Retry)) as refused:
            case.connect(BEN, scopes=scopes)
        return refused.value.code

    assert fail([]) == "nothing_granted"
    with case.lab.state.switches.on(Fault.DOWN, path="/calendars"):
        assert fail([FREE_BUSY, OWN]) == "busy"
    assert [sub for sub, _client in case.lab.state.grants] == [ADA.sub]
    kept = case.connect(BEN)
    assert fail([]) == "nothing_granted"
    assert {sub for sub, _client in case.lab.state.grants} == {ADA.sub, BEN.sub}
    disconnect(case.hub, OPERATOR, case.business, kept)
    assert fail([]) == "nothing_granted"
    assert [sub for sub, _client in case.lab.state.grants] == [ADA.sub]


def test_no_title_and_no_token_is_stored(case: Case, tmp_path: Path) -> None:
    start = case.hub.clock() // HOUR * HOUR + 24 * HOUR
    text = foreign.event("x1", start, start + HOUR).replace("Something of another program", "Canary-title-7391")
    case.stranger.write(ADA.email, "x1", text)
    assert case.sync()[0]
    grant = next(iter(case.lab.state.grants.values()))
    tokens = [*grant.refresh, *(one for one in case.lab.state.access if one.startswith("ya29"))]
    stored = b"".join(one.read_bytes() for one in (tmp_path / "hub").rglob("*") if one.is_file())
    for secret in ("Canary-title-7391", CLIENT.secret, *tokens):
        assert secret.encode() not in stored
