"""Kept mails sent when somebody says so, and mails sent again: what still holds, and never twice without a word."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from hub.actions.account import OPERATOR_USER
from hub.actions.cancel import cancel
from hub.actions.invite import invite
from hub.actions.kept_mails import Way, count_timely, how_again, kept_by_business, send_again, send_timely
from hub.actions.mail import list_mails
from hub.actions.mail_sender import find_sender
from hub.actions.reschedule import reschedule
from hub.core.errors import Retry, StateError, UnknownId
from hub.core.security import OPERATOR, Kind
from hub.store.business import AGENCY
from hub.store.connection import Connection, end_connection
from hub.store.mail import HANDED, SENT, WAITING, Mail, change_mail
from hub.store.outbox import Outbox
from hub.store.security import SecurityEvent
from tests.post import TEN, booked, change, connect_post, settle, states, text, with_post
from tests.world import DAY, HOUR, World

CONFIRMED, REMINDER = "booking_confirmed", "booking_reminder"


def only(world: World, kind: str = CONFIRMED) -> str:
    (found,) = [one.id for one in list_mails(world.hub, None)[0] if one.kind == kind]
    return found


def events(world: World) -> list[tuple[str, str]]:
    mine = SecurityEvent.kind == Kind.MAIL_SENT_AGAIN
    with world.hub.database.reading() as conn:
        rows = conn.execute(select(SecurityEvent.about, SecurityEvent.detail).where(mine)).all()
    return [tuple(row) for row in rows]  # type: ignore[misc]


def state_of(world: World, mail_id: str) -> str:
    return next(one.state for one in list_mails(world.hub, None)[0] if one.id == mail_id)


def test_nothing_that_was_kept_goes_out_by_itself_when_a_server_is_connected(world: World) -> None:
    post = with_post(world, connected=False)
    booked(world, world.service(world.staff()))
    settle(world)
    connect_post(world, AGENCY)
    for _ in range(3):
        world.clock.now += 600
        settle(world)
    assert post.taken == []
    assert states(world) == [(CONFIRMED, "kept")]


def test_kept_mails_that_are_still_so_are_sent_from_the_server_that_is_there_now(world: World) -> None:
    post = with_post(world, connected=False)
    service = world.service(world.staff())
    booked(world, service)
    gone = booked(world, service, TEN + 2 * HOUR)
    cancel(world.hub, world.business, gone)
    settle(world)
    assert count_timely(world.hub, world.business) == 0
    with pytest.raises(StateError, match="No mail server is connected"):
        send_timely(world.hub, OPERATOR, world.business)
    connect_post(world, world.business, "hello@practice.example.com", "The Practice")
    assert kept_by_business(world.hub, [world.business]) == kept_by_business(world.hub, None) == {world.business: 2}
    assert count_timely(world.hub, world.business) == 2
    assert send_timely(world.hub, OPERATOR, world.business) == 2
    assert count_timely(world.hub, world.business) == send_timely(world.hub, OPERATOR, world.business) == 0
    settle(world)
    assert [mail["Subject"].partition(":")[0] for mail in post.mails] == ["Confirmed", "Cancelled"]
    assert {one.sender for one in post.taken} == {"hello@practice.example.com"}
    assert {mail["From"].addresses[0].addr_spec for mail in post.mails} == {"hello@practice.example.com"}
    invitation = next(part for part in post.mails[0].walk() if part.get_content_type() == "text/calendar")
    assert "mailto:hello@practice.example.com" in invitation.get_content().replace("\r\n ", "")
    assert states(world)[-1][1] == SENT
    assert events(world) == [("", "kept")]


def test_what_is_over_or_no_longer_so_is_not_offered(world: World) -> None:
    with_post(world, connected=False)
    service = world.service(world.staff())
    moved = booked(world, service)
    settle(world)
    first = only(world)
    reschedule(world.hub, world.business, moved, TEN + 2 * HOUR)
    settle(world)
    connect_post(world, AGENCY)
    assert count_timely(world.hub, world.business) == 1  # that it was moved
    with pytest.raises(StateError, match="no longer so"):
        send_again(world.hub, OPERATOR, world.business, first)
    world.clock.now = TEN + 2 * HOUR
    assert count_timely(world.hub, world.business) == 0
    found = how_again(world.hub, world.business, only(world, "booking_moved"))
    assert (found.way, found.why) == (Way.NO, "The appointment has begun or is over.")
    assert events(world) == []


def test_of_what_was_said_over_and_over_the_last_word_is_sent(world: World) -> None:
    post = with_post(world, connected=False)
    change(world, reminders=[DAY, 2 * HOUR])
    booking = booked(world, world.service(world.staff()), TEN + DAY)
    settle(world)
    for start in (TEN + DAY + 2 * HOUR, TEN + DAY):
        reschedule(world.hub, world.business, booking, start)
        settle(world)
    for seconds in (DAY, 2 * HOUR):
        world.clock.now = TEN + DAY - seconds
        settle(world)
    kinds = sorted(kind for kind, state in states(world) if state == "kept")
    assert kinds == sorted([CONFIRMED, "booking_moved", "booking_moved", REMINDER, REMINDER])
    connect_post(world, AGENCY)
    assert send_timely(world.hub, OPERATOR, world.business) == 2
    settle(world)
    assert sorted(mail["Subject"].partition(":")[0] for mail in post.mails) == ["New time", "Reminder"]
    assert all("When: Tuesday, 16 March 2027, 10:00 to 10:30" in text(mail) for mail in post.mails)


def test_a_kept_mail_needs_no_row_of_the_outbox_any_more(world: World) -> None:
    post = with_post(world, connected=False)
    booked(world, world.service(world.staff()), TEN + 10 * DAY)
    settle(world)
    with world.hub.database.writing() as conn:
        conn.execute(delete(Outbox).where(Outbox.business_id == world.business))
    connect_post(world, AGENCY)
    send_again(world.hub, OPERATOR, world.business, only(world))
    settle(world)
    assert len(post.taken) == 1
    assert events(world) == [(only(world), "kept")]


def test_a_mail_that_was_given_up_is_sent_once_the_server_works_and_its_old_try_never_again(world: World) -> None:
    post = with_post(world)
    booked(world, world.service(world.staff()), TEN + 30 * DAY)
    post.before = lambda message: Retry("later", code="busy")
    for _ in range(40):
        settle(world)
        world.clock.now += 2 * HOUR
    assert states(world) == [(CONFIRMED, "failed")]
    post.before = lambda message: None
    assert send_timely(world.hub, OPERATOR, world.business) == 1
    settle(world)
    assert states(world) == [(CONFIRMED, SENT)]
    with world.hub.database.reading() as conn:
        mine = Outbox.business_id == world.business, Outbox.kind == "send_mail"
        assert conn.execute(select(Outbox.state).where(*mine)).scalars().all() == ["done"]


def test_what_a_server_may_have_had_is_sent_a_second_time_by_an_explicit_word_alone(world: World) -> None:
    post = with_post(world)
    booked(world, world.service(world.staff()))
    settle(world)
    mail = only(world)
    assert how_again(world.hub, world.business, mail).way is Way.TWICE
    with pytest.raises(StateError, match="may arrive twice"):
        send_again(world.hub, OPERATOR, world.business, mail)
    settle(world)
    assert len(post.taken) == 1
    send_again(world.hub, OPERATOR, world.business, mail, twice=True)
    with pytest.raises(StateError, match="is waiting"):
        send_again(world.hub, OPERATOR, world.business, mail, twice=True)
    settle(world)
    assert len(post.taken) == 2
    assert len({one.message_id for one in post.taken}) == 1  # programs know it for the same mail
    assert state_of(world, mail) == SENT
    assert events(world) == [(mail, "sent")]
    assert send_timely(world.hub, OPERATOR, world.business) == 0


def test_one_of_unknown_outcome_is_sent_again_through_its_own_row(world: World) -> None:
    post = with_post(world)
    post.after = lambda message: Retry("cut", code="cut", sent=True)
    booked(world, world.service(world.staff()))
    settle(world)
    assert states(world) == [(CONFIRMED, "unknown")]
    assert count_timely(world.hub, world.business) == 0
    post.after = lambda message: None
    send_again(world.hub, OPERATOR, world.business, only(world), twice=True)
    settle(world)
    assert (len(post.taken), states(world)) == (2, [(CONFIRMED, SENT)])
    with world.hub.database.reading() as conn:
        mine = Outbox.business_id == world.business, Outbox.kind == "send_mail"
        assert conn.execute(select(Outbox.state).where(*mine)).scalars().all() == ["done"]


@pytest.mark.parametrize("state", [WAITING, HANDED, "overtaken"])
def test_what_is_on_its_way_or_overtaken_is_not_sent_again(world: World, state: str) -> None:
    with_post(world)
    booked(world, world.service(world.staff()))
    with world.hub.database.writing() as conn:
        change_mail(conn, world.business, only(world), state=state)
    assert how_again(world.hub, world.business, only(world)).way is Way.NO
    with pytest.raises(StateError, match=state):
        send_again(world.hub, OPERATOR, world.business, only(world), twice=True)


def test_a_server_that_lets_nobody_in_is_mended_first(world: World) -> None:
    with_post(world, connected=False)
    booked(world, world.service(world.staff()))
    settle(world)
    connect_post(world, AGENCY)
    with world.hub.database.writing() as conn:
        mine = Connection.business_id == AGENCY
        conn.execute(update(Connection).where(mine).values(health="needs_reconnect"))
    assert count_timely(world.hub, world.business) == 0
    assert "connect it again first" in how_again(world.hub, world.business, only(world)).why
    with pytest.raises(StateError, match="connect it again first"):
        send_again(world.hub, OPERATOR, world.business, only(world))


def test_an_invitation_is_sent_while_its_link_works_and_from_the_new_sender(world: World) -> None:
    post = with_post(world, connected=False)
    for name in ("one", "two"):
        invite(world.hub, OPERATOR, OPERATOR_USER, f"{name}@example.com", "agent", everywhere=True)
    settle(world)
    with world.hub.database.reading() as conn:
        assert find_sender(world.hub, conn, AGENCY).mailbox.address != "hub@agency.test"
    connect_post(world, AGENCY)
    assert send_timely(world.hub, OPERATOR, AGENCY) == 2
    settle(world)
    assert [one.recipients for one in post.taken] == [("one@example.com",), ("two@example.com",)]
    assert {mail["From"].addresses[0].addr_spec for mail in post.mails} == {"hub@agency.test"}
    assert all("/invitation/" in text(mail) for mail in post.mails)
    sent = list_mails(world.hub, [AGENCY])[0][0].id
    assert "deleted when it was sent" in how_again(world.hub, AGENCY, sent).why


def test_an_invitation_whose_link_works_no_more_is_not_sent(world: World) -> None:
    with_post(world, connected=False)
    invite(world.hub, OPERATOR, OPERATOR_USER, "new@example.com", "agent", everywhere=True)
    settle(world)
    connect_post(world, AGENCY)
    assert count_timely(world.hub, AGENCY) == 1
    world.clock.now += 8 * DAY
    assert count_timely(world.hub, AGENCY) == 0
    with pytest.raises(StateError, match="Make a new one"):
        send_again(world.hub, OPERATOR, AGENCY, only(world, "invitation"))


def test_a_mail_of_another_business_is_unknown(world: World) -> None:
    with_post(world, connected=False)
    booked(world, world.service(world.staff()))
    settle(world)
    connection = connect_post(world, AGENCY)
    for mail in (only(world), "x", ""):
        with pytest.raises(UnknownId):
            send_again(world.hub, OPERATOR, AGENCY, mail)
    with world.hub.database.writing() as conn:
        end_connection(conn, AGENCY, connection, world.clock())
        conn.execute(update(Mail).where(Mail.business_id == world.business).values(about=None))
    assert how_again(world.hub, world.business, only(world)).way is Way.NO
