"""A mail handed over once: what is repeated, what is not, and what people are shown."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import delete, select, update

from hub.actions.cancel import cancel
from hub.actions.mail import list_mails, read_mail
from hub.actions.mail_texts import set_text
from hub.actions.people import Customer
from hub.core.errors import NeedsReconnect, PluginBroken, Refused, Retry, StateError, Unavailable
from hub.core.mail import MailKind
from hub.core.provider import AuthScheme, Grant
from hub.store.business import AGENCY
from hub.store.connection import Connection, Granted, add_connection, end_connection
from hub.store.ids import new_id
from hub.store.mail import HANDED, Mail
from hub.store.outbox import DEAD, UNKNOWN, Outbox, entries, replay
from hub.store.person import Person
from hub.store.security import SecurityEvent
from hub.vault.credentials import store_credential
from tests.post import booked, change, connect_post, kept, settle, states, text, with_post
from tests.world import World

CONFIRMED = "booking_confirmed"
ADA = "ada@example.com"


def outbox(world: World) -> list[tuple[str, str]]:
    with world.hub.database.reading() as conn:
        mine = Outbox.business_id == world.business, Outbox.kind == "send_mail"
        return [(row.state, row.problem) for row in conn.execute(select(Outbox.__table__).where(*mine)).all()]


def test_a_mail_goes_out_once_from_the_agencys_address_and_the_copy_is_emptied(world: World) -> None:
    post = with_post(world)
    booked(world, world.service(world.staff()))
    settle(world)
    (message,) = post.taken
    (mail,) = post.mails
    assert (message.sender, message.recipients) == ("hub@agency.test", (ADA,))
    assert mail["From"].addresses[0].display_name == "Ada's Practice"
    assert mail["From"].addresses[0].addr_spec == "hub@agency.test"
    assert mail["Message-ID"] == f"<{message.message_id}>"
    assert states(world) == [(CONFIRMED, "sent")]
    with world.hub.database.reading() as conn:
        assert conn.execute(select(Mail.message).where(Mail.business_id == world.business)).scalars().all() == [None]
    with pytest.raises(StateError, match="only while it has not been sent"):
        read_mail(world.hub, world.business, list_mails(world.hub, None)[0][0].id)


def test_a_business_with_a_sender_of_its_own_uses_that(world: World) -> None:
    post = with_post(world)
    connect_post(world, world.business, "hello@practice.example.com", "The Practice")
    booked(world, world.service(world.staff()))
    settle(world)
    (address,) = post.mails[0]["From"].addresses
    assert (address.display_name, address.addr_spec) == ("The Practice", "hello@practice.example.com")


def test_a_disconnected_sender_is_not_used(world: World) -> None:
    post = with_post(world)
    own = connect_post(world, world.business, "hello@practice.example.com")
    with world.hub.database.writing() as conn:
        end_connection(conn, world.business, own, world.clock())
    booked(world, world.service(world.staff()))
    settle(world)
    assert post.taken[0].sender == "hub@agency.test"


def test_without_a_server_a_mail_is_kept_and_can_be_read(world: World) -> None:
    with_post(world, connected=False)
    booked(world, world.service(world.staff()))
    settle(world)
    assert states(world) == [(CONFIRMED, "kept")]
    assert kept(world, CONFIRMED)["To"] == f"Ada Lovelace <{ADA}>"
    assert [state for state, _ in outbox(world)] == ["done"]


def test_a_mail_is_sealed_with_the_key_of_its_person_and_unreadable_without_it(world: World) -> None:
    with_post(world, connected=False)
    booked(world, world.service(world.staff()))
    settle(world)
    (view,), _ = list_mails(world.hub, None)
    with world.hub.database.reading() as conn:
        row = conn.execute(select(Mail.__table__).where(Mail.business_id == world.business)).one()
    assert b"Lovelace" not in row.message
    world.hub.keyring.destroy_person_key(world.business, row.person_id)
    with pytest.raises(Exception, match="person"):
        read_mail(world.hub, world.business, view.id)


@pytest.mark.parametrize("error", [Retry("later", code="busy"), Unavailable("no broker"), PluginBroken("off")])
def test_what_surely_did_not_happen_is_tried_again(world: World, error: Exception) -> None:
    post = with_post(world)
    post.before = lambda message: error
    booked(world, world.service(world.staff()))
    settle(world)
    assert states(world) == [(CONFIRMED, "waiting")]
    post.before = lambda message: None
    world.clock.now += 3600
    settle(world)
    assert states(world) == [(CONFIRMED, "sent")]
    assert len(post.taken) == 1


@pytest.mark.parametrize("error", [Retry("cut", code="cut", sent=True), ValueError("a mistake in the plugin")])
def test_what_may_have_happened_is_shown_and_never_repeated_by_itself(world: World, error: Exception) -> None:
    post = with_post(world)
    post.after = lambda message: error
    booked(world, world.service(world.staff()))
    settle(world)
    world.clock.now += 86_400 * 3 // 100
    settle(world)
    assert len(post.taken) == 1
    assert states(world) == [(CONFIRMED, "unknown")]
    assert outbox(world) == [(UNKNOWN, "outcome_unknown")]
    post.after = lambda message: None
    with world.hub.database.writing() as conn:
        replay(conn, world.clock())
    settle(world)
    assert states(world) == [(CONFIRMED, "sent")]
    assert len(post.taken) == 2


def test_a_mail_that_a_dead_worker_had_handed_over_is_unknown(world: World) -> None:
    post = with_post(world)
    booked(world, world.service(world.staff()))
    with world.hub.database.writing() as conn:
        conn.execute(update(Mail).where(Mail.business_id == world.business).values(state=HANDED))
        mine = Outbox.business_id == world.business, Outbox.kind == "send_mail"
        conn.execute(update(Outbox).where(*mine).values(attempts=1))
    settle(world)
    assert post.taken == []
    assert states(world) == [(CONFIRMED, "unknown")]
    assert outbox(world) == [(UNKNOWN, "outcome_unknown")]


def test_a_server_that_lets_nobody_in_is_noted_and_the_mail_waits(world: World) -> None:
    post = with_post(world)
    post.before = lambda message: NeedsReconnect("no")
    booked(world, world.service(world.staff()))
    settle(world)
    with world.hub.database.reading() as conn:
        health = conn.execute(select(Connection.health).where(Connection.business_id == AGENCY)).scalar_one()
    assert health == "needs_reconnect"
    assert states(world)[0] == (CONFIRMED, "waiting")
    post.before = lambda message: None
    world.clock.now += 3600
    settle(world)
    assert states(world)[0] == (CONFIRMED, "sent")


def test_a_refused_mail_is_shown_and_the_staff_are_told(world: World) -> None:
    post = with_post(world)
    change(world, email="office@practice.example.com")
    post.before = lambda message: Refused("smtp_550") if message.recipients == (ADA,) else None
    booking = booked(world, world.service(world.staff()))
    settle(world)
    views, _ = list_mails(world.hub, [world.business], booking_id=booking)
    assert [(one.kind, one.state, one.problem) for one in views if one.reader == "customer"] == [
        (CONFIRMED, "refused", "smtp_550")
    ]
    assert (DEAD, "Refused: smtp_550") in outbox(world)
    told = [mail for mail in post.to("office@practice.example.com") if "not reached" in mail["Subject"]]
    assert len(told) == 1
    assert "does not take mail for that address" in text(told[0])


def test_a_mail_is_given_up_when_nobody_takes_it_for_long(world: World) -> None:
    post = with_post(world)
    post.before = lambda message: Retry("later", code="busy")
    booked(world, world.service(world.staff()))
    for _ in range(30):
        settle(world)
        world.clock.now += 7200
    assert states(world) in ([(CONFIRMED, "failed")], [(CONFIRMED, "overtaken")])
    with world.hub.database.reading() as conn:
        assert all(entry.kind != "send_mail" for entry in entries(conn, ("waiting",)))


def test_what_is_no_longer_so_is_not_said(world: World) -> None:
    post = with_post(world)
    booking = booked(world, world.service(world.staff()))
    cancel(world.hub, world.business, booking)
    settle(world)
    assert states(world) == [(CONFIRMED, "overtaken"), ("booking_cancelled", "sent")]
    assert [mail["Subject"].partition(":")[0] for mail in post.mails] == ["Cancelled"]


def test_an_erased_customer_gets_nothing(world: World) -> None:
    post = with_post(world)
    booked(world, world.service(world.staff()))
    with world.hub.database.reading() as conn:
        person = conn.execute(select(Person.id).where(Person.business_id == world.business)).scalar_one()
    world.hub.keyring.destroy_person_key(world.business, person)
    settle(world)
    assert post.taken == []
    assert states(world) == [(CONFIRMED, "overtaken")]


def test_a_mail_whose_row_is_gone_harms_no_other(world: World) -> None:
    post = with_post(world)
    service = world.service(world.staff())
    booked(world, service)
    with world.hub.database.writing() as conn:
        conn.execute(delete(Mail).where(Mail.business_id == world.business))
    booked(world, service, world.clock.now + 4 * 3600, Customer("Eve", email="eve@example.com"))
    settle(world)
    assert [one.recipients for one in post.taken] == [("eve@example.com",)]


def test_an_address_that_mail_servers_do_not_take_is_refused(world: World) -> None:
    post = with_post(world)
    booked(world, world.service(world.staff()), customer=Customer("Jürgen", email="jürgen@example.com"))
    settle(world)
    assert post.taken == []
    assert states(world)[0] == (CONFIRMED, "refused")


@pytest.mark.parametrize("connected", [True, False])
def test_a_mail_with_a_live_token_is_neither_sent_nor_kept(world: World, connected: bool) -> None:
    post, token = with_post(world, connected=connected), f"ya29.{secrets.token_urlsafe(60)}"
    staff = world.staff()
    connection, granted = new_id(), Granted("all", (), ())
    grant = Grant(AuthScheme.BEARER, {"access_token": token}, (), "ada")
    with world.hub.database.writing() as conn:
        add_connection(conn, world.business, connection, "fake", granted, world.clock())
        store_credential(conn, world.hub.keyring, world.business, connection, grant, world.clock())
    set_text(
        world.hub,
        world.business,
        MailKind.BOOKING_CONFIRMED,
        f"Your appointment, and {token}",
        f"{'x ' * 40}{token} {{when}} {{manage_link}}",
    )
    booked(world, world.service(staff))
    settle(world)
    assert post.taken == []
    assert states(world) == [(CONFIRMED, "refused")]
    with world.hub.database.reading() as conn:
        kinds = conn.execute(select(SecurityEvent.kind, SecurityEvent.detail)).all()
        assert conn.execute(select(Mail.message).where(Mail.business_id == world.business)).scalars().all() == [None]
    assert ("leak_stopped", "mail") in [tuple(one) for one in kinds]
