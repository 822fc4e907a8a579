"""Hashes by which people, users, links and events are found are made anew; nobody is lost, and nobody is twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from hub.actions.account import OPERATOR_USER
from hub.actions.connect import list_calendars
from hub.actions.hoarding import check_booker, contact_hashes
from hub.actions.hold import hold
from hub.actions.invite import invite, list_invitations
from hub.actions.people import Customer, check_customer, find_or_add_person
from hub.actions.rotate import Keys, rotate
from hub.actions.sync import sync_calendar
from hub.actions.users import find_user_id
from hub.core.errors import StateError
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.plugin import Busy, Changes, ItemChange
from hub.store.booking_contact import BookingContact, count_coming
from hub.store.calendar import BusyTime, Calendar
from hub.store.guard import Across
from hub.store.keys import list_root_secrets
from hub.store.person import Person
from hub.store.sign_in import OneTimeLink
from hub.store.user import ConsoleUser
from hub.vault.keys import Keyring
from hub.vault.root_ring import INDEX
from hub.vault.roots import load_roots
from hub.vault.secret_versions import USED_AFTER
from tests.accounts import own
from tests.actions.test_book import settle
from tests.post import booked
from tests.tables import rows_of
from tests.world import ADA, BEN, HOUR, MONDAY, World, connection_named

TEN = MONDAY + 2 * HOUR


def elsewhere(hub: Hub) -> Hub:
    """The same hub as another process sees it that starts now."""
    return replace(hub, keyring=Keyring(hub.database, hub.keystore, load_roots(hub.settings), clock=hub.clock))


def rotated(world: World) -> None:
    """Rotate to the end."""
    first = rotate(elsewhere(world.hub), Keys.INDEX)
    assert first is not None
    assert first.destroy_at == world.clock.now + 2 * USED_AFTER
    world.clock.now += 2 * USED_AFTER
    last = rotate(elsewhere(world.hub), Keys.INDEX)
    assert last is not None
    assert (last.ended, last.broken) == (True, 0)


def person(hub: Hub, business: str, customer: Customer) -> str:
    with hub.database.writing() as conn:
        return find_or_add_person(hub, conn, business, check_customer(customer))


def hashes(hub: Hub) -> set[str | None]:
    """Every keyed hash in the tables."""
    columns = (
        Person.email_hash,
        Person.phone_hash,
        BookingContact.contact_hash,
        ConsoleUser.email_hash,
        OneTimeLink.email_hash,
    )
    with hub.database.reading() as conn:
        found = [conn.execute(select(one).execution_options(across=Across.OPERATOR)).scalars() for one in columns]
        return {value for some in found for value in some if value}


def test_people_users_and_links_are_found_by_new_hashes_and_no_old_one_is_left(world: World) -> None:
    hub, business = world.hub, world.business
    people = {one: person(hub, business, one) for one in (ADA, BEN)}
    own(hub)
    invite(hub, OPERATOR, OPERATOR_USER, "cyd@example.com", "agent", everywhere=True, businesses=())
    contact = Customer("Somebody else", email=ADA.email)
    held = hold(hub, business, world.service(world.staff()), TEN, zone="Europe/Berlin").booking_id
    check_booker(hub, business, held, contact)
    user, before = find_user_id(hub, "ada@example.com"), hashes(hub)
    assert len(before) == 4  # Ada's of the business and of the agency, Ben's, Cyd's

    rotated(world)
    new = elsewhere(hub)
    assert not hashes(hub) & before
    assert len(hashes(hub)) == 4
    assert {one: person(new, business, one) for one in (ADA, BEN)} == people
    assert find_user_id(new, "ada@example.com") == user
    with new.database.reading() as conn:
        coming = contact_hashes(new, business, check_customer(contact))["email"]
        assert count_coming(conn, business, coming, world.clock.now, but="") == 1
        assert [row.name for row in list_root_secrets(conn, INDEX)] == [f"{INDEX}.2"]
    invite(new, OPERATOR, OPERATOR_USER, "cyd@example.com", "agent", everywhere=True, businesses=())
    assert len(list_invitations(new, OPERATOR_USER)) == 1  # the newer one took the place of the older


def test_the_process_that_made_the_new_key_makes_every_hash_by_it_however_fast_it_goes_on(world: World) -> None:
    hub, business = world.hub, world.business
    ada, before = person(hub, business, ADA), hashes(hub)
    rotate(hub, Keys.INDEX)
    world.clock.now += 2 * USED_AFTER  # and nothing has looked which versions there are since
    rotate(hub, Keys.INDEX)
    assert not hashes(hub) & before
    assert person(elsewhere(hub), business, ADA) == ada


def test_a_machine_whose_clock_is_behind_makes_no_hash_anew_and_nothing_is_lost(world: World) -> None:
    hub, business = world.hub, world.business
    ada, behind = person(hub, business, ADA), elsewhere(hub)
    rotate(hub, Keys.INDEX)
    world.clock.now += 2 * USED_AFTER
    late = replace(hub, keyring=Keyring(hub.database, hub.keystore, load_roots(hub.settings), clock=lambda: MONDAY))
    with pytest.raises(StateError, match="clock"):
        rotate(late, Keys.INDEX)
    assert person(behind, business, ADA) == ada
    assert rotate(hub, Keys.INDEX)
    assert person(elsewhere(hub), business, ADA) == ada


def test_while_some_are_found_by_old_and_some_by_new_hashes_nobody_is_twice(world: World) -> None:
    hub, business = world.hub, world.business
    ada = person(hub, business, ADA)
    rotate(elsewhere(hub), Keys.INDEX)
    both = elsewhere(hub)
    assert person(both, business, ADA) == ada
    ben = person(both, business, BEN)
    world.clock.now += USED_AFTER
    later = elsewhere(hub)
    cyd = person(later, business, Customer("Cyd", email="cyd@example.com"))
    for one in (both, later):
        assert person(one, business, ADA) == ada
        assert person(one, business, BEN) == ben
        assert person(one, business, Customer("Cyd", email="cyd@example.com")) == cyd
    before = hashes(hub)
    rotate(hub, Keys.INDEX)  # too early: nothing is made anew while a process may write by the old key
    assert hashes(hub) == before


def test_an_event_that_went_is_no_busy_time_whenever_it_was_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.staff()
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    with world.hub.database.reading() as conn:
        calendar = conn.execute(select(Calendar.id).where(Calendar.business_id == world.business)).scalar_one()

    def sync(hub: Hub) -> list[str]:
        assert sync_calendar(hub, world.business, calendar)
        with hub.database.reading() as conn:
            return list(
                conn.execute(
                    select(BusyTime.item)
                    .where(BusyTime.business_id == world.business)
                    .execution_options(purpose=Purpose.PROTECT)
                ).scalars()
            )

    (old,) = sync(world.hub)
    rotate(elsewhere(world.hub), Keys.INDEX)
    world.clock.now += 2 * USED_AFTER
    with monkeypatch.context() as patched:
        gone = Changes((ItemChange("item 0", ()),), "later", complete=False)
        patched.setattr("hub.actions.sync._changes", lambda *_: gone)
        assert sync(elsewhere(world.hub)) == []  # told by its name, written by the old key, and found by it
    (again,) = sync_whole(world, sync)
    assert again != old
    rotate(elsewhere(world.hub), Keys.INDEX)
    with world.hub.database.reading() as conn:
        cursor = conn.execute(select(Calendar.cursor).where(Calendar.business_id == world.business)).scalar_one()
    assert cursor is None  # read whole at the next turn, so that no hash of before is left
    assert len(sync(elsewhere(world.hub))) == 1


def sync_whole(world: World, sync: Callable[[Hub], list[str]]) -> list[str]:
    with world.hub.database.writing() as conn:
        conn.execute(update(Calendar).where(Calendar.business_id == world.business).values(cursor=None))
    return sync(elsewhere(world.hub))


def test_a_calendar_is_the_same_one_and_is_written_to_at_every_step(world: World) -> None:
    hub, business, ada = world.hub, world.business, world.staff()
    service, connection = world.service(ada), connection_named(world, ada)

    def works(start: int) -> None:
        booked(world, service, start)
        settle(world)
        assert len(list_calendars(world.hub, business, connection)) == 1

    works(TEN)
    before = [one.ref_hash for one in rows_of(hub, business, Calendar)]
    assert rotate(elsewhere(hub), Keys.INDEX) is not None
    works(TEN + HOUR)
    world.clock.now += 2 * USED_AFTER
    world.hub = elsewhere(hub)
    works(TEN + 2 * HOUR)
    assert rotate(elsewhere(hub), Keys.INDEX) is not None
    world.hub = elsewhere(hub)
    works(TEN + 3 * HOUR)
    assert len(world.calendars.event_times(ada)) == 4
    after = [one.ref_hash for one in rows_of(hub, business, Calendar)]
    assert len(after) == 1
    assert after != before
