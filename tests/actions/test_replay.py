"""A hub that was restored is sealed until those who were erased are erased again; nothing is repeated blindly."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select

from hub.actions.book import book
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.replay import Seal, replay, sealed_reason
from hub.core.errors import UnknownId
from hub.parts import Hub
from hub.store.access import AccessGrant, AccessObject
from hub.store.booking import Booking
from hub.store.erasing import take_out
from hub.store.ids import new_id
from hub.store.mail import Mail
from hub.store.outbox import RUNNING, UNKNOWN, WAITING, Outbox
from hub.store.person import Person
from hub.store.recovery import RESTORED, put_note
from tests.accounts import enter, own
from tests.world import ADA, DAY, HOUR, MONDAY, World


def restored(world: World) -> None:
    with world.hub.keystore.writing() as keys:
        put_note(keys, RESTORED, world.clock.now)


def booked(world: World) -> tuple[str, str]:
    """Book for Ada, and return booking and person."""
    hub, business = world.hub, world.business
    service = world.service(world.staff())
    held = hold(hub, business, service, MONDAY + 24 * HOUR + HOUR, zone="UTC")
    book(hub, business, held.booking_id, ADA)
    with hub.database.reading() as conn:
        mine = Booking.business_id == business, Booking.id == held.booking_id
        person = conn.execute(select(Booking.person_id).where(*mine)).scalar_one()
    assert person is not None
    return held.booking_id, person


def rows(hub: Hub, table: Any, business: str) -> list[Any]:
    with hub.database.reading() as conn:
        return list(conn.execute(select(table.__table__).where(table.business_id == business)).all())


def test_a_person_who_was_erased_is_taken_out_and_what_stays_leads_to_nobody(world: World) -> None:
    hub, business = world.hub, world.business
    booking, person = booked(world)
    hub.keyring.destroy_person_key(business, person)
    restored(world)
    assert replay(hub, EFFECTS).erased == 1
    assert rows(hub, Person, business) == []
    (row,) = rows(hub, Booking, business)
    assert (row.id, row.person_id, row.answers) == (booking, None, None)
    assert {(mail.person_id, mail.message) for mail in rows(hub, Mail, business)} <= {(None, None)}
    assert replay(hub, EFFECTS).erased == 0  # a repeat finds nobody


def test_a_request_to_see_something_of_an_erased_person_names_them_no_more(world: World) -> None:
    hub, business = world.hub, world.business
    _, person = booked(world)
    grant, now = new_id(), hub.clock()
    asked = {"reason": "legal", "reference": "case-1", "user_id": own(hub), "made_at": now, "seconds": 60}
    named = {"kind": "mail", "object_id": new_id(), "subject": "person", "subject_id": person}
    with hub.database.writing() as conn:
        conn.execute(insert(AccessGrant).values(id=grant, business_id=business, state="asked", until=now + 60, **asked))
        conn.execute(insert(AccessObject).values(grant_id=grant, business_id=business, **named))
        take_out(conn, business, person)
    (row,) = rows(hub, AccessObject, business)
    assert (row.grant_id, row.subject_id) == (grant, "")


def test_who_was_not_erased_stays(world: World) -> None:
    _, person = booked(world)
    restored(world)
    assert replay(world.hub, EFFECTS).erased == 0
    with world.hub.database.reading() as conn:
        assert world.hub.keyring.person_key(conn, world.business, person)


def test_a_key_that_came_back_with_an_old_key_store_is_destroyed_again(world: World) -> None:
    hub, business = world.hub, world.business
    _, person = booked(world)
    with hub.keystore.reading() as keys:
        from hub.store.keys import add_person_key, find_person_key

        was = find_person_key(keys, business, person)
    assert was is not None
    hub.keyring.destroy_person_key(business, person)
    with hub.keystore.writing() as keys:
        add_person_key(keys, business, person, *was, 1)
    replay(hub, EFFECTS)
    with hub.database.reading() as conn, pytest.raises(UnknownId):
        hub.keyring.person_key(conn, business, person)


def test_what_may_have_happened_since_the_backup_is_not_done_again(world: World) -> None:
    hub, business, now = world.hub, world.business, world.clock.now
    plain = {"business_id": business, "payload": {}, "attempts": 0, "lease_until": 0, "problem": "", "made_at": now}
    made = {
        "due": ("send_mail", WAITING, now),
        "running": ("write_event", RUNNING, now - 5),
        "later": ("send_mail", WAITING, now + DAY),
    }
    with hub.database.writing() as conn:
        for name, (kind, state, due_at) in made.items():
            values = {"id": name, "kind": kind, "key": name, "state": state, "due_at": due_at}
            conn.execute(insert(Outbox).values(**plain, **values))
    restored(world)
    assert replay(hub, EFFECTS).in_doubt == 2
    states = {row.id: row.state for row in rows(hub, Outbox, business)}
    assert states == {"due": UNKNOWN, "running": UNKNOWN, "later": WAITING}


def test_a_kind_that_must_never_be_repeated_is_in_doubt_whenever_it_is_due(world: World) -> None:
    from hub.actions.effect import Effect, Repeat
    from hub.store.outbox import add_effect

    hub, business, now = world.hub, world.business, world.clock.now
    with hub.database.writing() as conn:
        add_effect(conn, business_id=business, kind="sms", key="k", payload={}, due_at=now + DAY, now=now)
    assert replay(hub, {"sms": Effect("sms", Repeat.NEVER, lambda hub, work: None)}).in_doubt == 1


def test_sign_ins_that_were_ended_since_the_backup_do_not_work_again(world: World) -> None:
    hub = world.hub
    own(hub)
    enter(hub)
    restored(world)
    assert replay(hub, EFFECTS).sessions >= 1
    with hub.database.reading() as conn:
        from hub.store.sign_in import ConsoleSession

        assert not conn.execute(select(ConsoleSession.id).where(ConsoleSession.ended_at.is_(None))).all()


def test_the_seal_is_looked_at_until_it_is_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.actions.replay._LOOK", 0.0)
    restored(world)
    seal = Seal(world.hub)
    assert "hub restore --replay" in seal.reason()
    replay(world.hub, EFFECTS)
    assert seal.reason() == sealed_reason(world.hub) == ""
    restored(world)  # happens to a hub that is stopped only: the process does not ask again
    assert seal.reason() == ""
