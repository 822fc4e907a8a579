"""Mails in the console: listed by state, read as text, downloaded; those that open accounts are for owners alone."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

import pytest

from hub.actions.account import OPERATOR_USER
from hub.actions.invite import invite
from hub.actions.mail import list_mails, queue_mail
from hub.core.mail import MailKind
from hub.core.security import OPERATOR
from hub.store.business import AGENCY
from hub.store.mail import BOUNCED, KEPT, SENT, STATES, WAITING, change_mail
from hub.web.console import mails as module
from tests.post import booked, change, connect_post, settle, with_post
from tests.web.conftest import Browser
from tests.world import HOUR, World

SignedIn = Callable[[str], Browser]
NASTY = "<script>alert(1)</script>"


def queued(world: World, business_id: str, kind: MailKind, **values: str) -> str:
    with world.hub.database.writing() as conn:
        return queue_mail(
            world.hub, conn, business_id=business_id, kind=kind, to="grace@example.com", values=values, name="Grace"
        )


def letter(world: World, name: str = "Grace") -> str:
    return queued(world, world.business, MailKind.BOOKING_REQUESTED, customer_name=name, when="tomorrow")


def kept_letter(world: World, name: str = "Grace") -> str:
    mail = letter(world, name)
    with world.hub.database.writing() as conn:
        change_mail(conn, world.business, mail, state=KEPT)
    return mail


def test_what_a_mail_says_that_is_not_kept_for_people_is_hidden_from_every_role(
    world: World, signed_in: SignedIn
) -> None:
    mail = letter(world)
    path = f"/console/{world.business}/mails/{mail}"
    for role in ("owner", "admin", "agent", "viewer"):
        visitor = signed_in(role)
        page = visitor.get(path).text
        assert "What it says is hidden" in page
        assert "Grace" not in page
        assert ("Ask to see it" in page) is (role != "viewer")
        assert visitor.get(f"{path}/mail.eml").status_code == 409


def test_a_mail_is_shown_as_text_and_downloaded_whole(world: World, signed_in: SignedIn) -> None:
    mail = kept_letter(world, NASTY)
    path = f"/console/{world.business}/mails/{mail}"
    vera = signed_in("viewer")
    page = vera.get(path).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert NASTY not in page
    assert "Grace &lt;grace@example.com&gt;" in page
    answer = vera.get(f"{path}/mail.eml")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=booking_requested-{mail}.eml"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "message/rfc822"
    assert message_from_bytes(answer.data, policy=default)["To"] == "Grace <grace@example.com>"


def test_what_came_back_is_said_and_what_was_sent_is_not_kept(world: World, signed_in: SignedIn) -> None:
    came_back, sent = letter(world), letter(world)
    with world.hub.database.writing() as conn:
        change_mail(conn, world.business, came_back, state=BOUNCED, problem="mailbox_full", message=None)
        change_mail(conn, world.business, sent, state=SENT, message=None)
    ada, path = signed_in("owner"), f"/console/{world.business}/mails"
    page = ada.get(f"{path}?view=trouble").text
    assert "It came back" in page
    assert sent not in page
    assert "mailbox full" in ada.get(f"{path}/{came_back}").text
    assert "What it says is not kept" in ada.get(f"{path}/{sent}").text
    assert ada.get(f"{path}/{sent}/mail.eml").status_code == 409


def test_the_invitation_for_the_calendar_is_named(world: World, signed_in: SignedIn) -> None:
    with_post(world, connected=False)
    booked(world, world.service(world.staff()), world.clock.now + 2 * HOUR)
    settle(world)
    (mail,) = [one for one in list_mails(world.hub, [world.business])[0] if one.kind is MailKind.BOOKING_CONFIRMED]
    page = signed_in("owner").get(f"/console/{world.business}/mails/{mail.id}").text
    assert "text/calendar" in page


def test_mails_of_another_business_are_not_there(world: World, signed_in: SignedIn, other_business: str) -> None:
    mail = letter(world)
    ben = signed_in("ben")
    assert ben.get(f"/console/{world.business}/mails").status_code == 404
    for path in (f"/console/{other_business}/mails/{mail}", f"/console/{other_business}/mails/{mail}/mail.eml"):
        assert ben.get(path).status_code == 404
    assert signed_in("auditor").get(f"/console/{world.business}/mails").status_code == 403


def test_a_place_that_is_none_leads_to_the_beginning(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    answer = ada.get(f"/console/{world.business}/mails?view=sent&after=%00")
    assert answer.headers["Location"] == f"/console/{world.business}/mails?view=sent"
    assert ada.get("/console/agency-mails?after=x").status_code == 303


def test_without_a_mail_server_an_owner_hands_over_the_link(world: World, signed_in: SignedIn) -> None:
    invite(world.hub, OPERATOR, OPERATOR_USER, "new@example.com", "agent", everywhere=True)
    ada = signed_in("owner")
    settle(world)
    assert "No mail server is connected" in ada.get("/console/agency-mails").text
    mail = next(one for one in list_mails(world.hub, [AGENCY])[0])
    page = ada.get(f"/console/agency-mails/{mail.id}").text
    assert "/invitation/" in page
    assert b"/invitation/" in ada.get(f"/console/agency-mails/{mail.id}/mail.eml").data


@pytest.mark.parametrize("who", ["admin", "ida", "agent", "viewer", "auditor"])
def test_nobody_but_an_owner_reads_a_link_that_opens_an_account(world: World, signed_in: SignedIn, who: str) -> None:
    values = {"agency_name": "Our agency", "link": "http://127.0.0.1:8765/reset/secret", "until": "tomorrow"}
    mails = [queued(world, AGENCY, kind, **values) for kind in (MailKind.RESET, MailKind.INVITATION)]
    visitor = signed_in(who)
    for mail in mails:
        for path in (
            "/console/agency-mails",
            f"/console/agency-mails/{mail}",
            f"/console/agency-mails/{mail}/mail.eml",
            f"/console/agency/mails/{mail}",
            f"/console/{AGENCY}/mails/{mail}/mail.eml",
            f"/console/{world.business}/mails/{mail}",
        ):
            answer = visitor.get(path)
            assert "reset/secret" not in answer.text
            assert mail not in answer.text
            assert answer.status_code in (403, 404) or path == "/console/agency-mails"


def test_every_state_has_its_sentence() -> None:
    assert set(module.STATES) == set(STATES)
    assert {state for _, states in module.VIEWS.values() for state in states} < set(STATES)


def kept_booking(world: World) -> str:
    with_post(world, connected=False)
    booked(world, world.service(world.staff()), world.clock.now + 2 * HOUR)
    settle(world)
    return next(one.id for one in list_mails(world.hub, [world.business])[0])


def test_kept_mails_are_offered_once_there_is_a_server_and_sent_by_a_button(world: World, enter: SignedIn) -> None:
    mail = kept_booking(world)
    ada, path = enter("admin"), f"/console/{world.business}/mails"
    assert "Send the kept mail" not in ada.get(path).text
    assert "connect one first" in ada.get(f"{path}/{mail}").text
    connect_post(world, AGENCY)
    assert "Send the kept mail" in ada.get(path).text
    assert "Send it now" in ada.get(f"{path}/{mail}").text
    assert ada.post(f"{path}/send").status_code == 303
    settle(world)
    assert "Send the kept mail" not in ada.get(path).text
    assert state_of(world, mail) == SENT


def test_a_mail_that_was_sent_goes_out_again_only_with_the_word_for_it(world: World, enter: SignedIn) -> None:
    mail = kept_booking(world)
    connect_post(world, AGENCY)
    ada, path = enter("owner"), f"/console/{world.business}/mails/{mail}"
    ada.get(path)
    assert ada.post(f"{path}/send").status_code == 303
    settle(world)
    assert "it may arrive twice" in ada.get(path).text
    words: tuple[dict[str, object], ...] = ({}, {"twice": "no"})
    for word in words:
        assert ada.post(f"{path}/send", word).status_code == 409
        ada.get(path)
    assert state_of(world, mail) == SENT
    assert ada.post(f"{path}/send", {"twice": "y"}).status_code == 303
    assert state_of(world, mail) == WAITING


@pytest.mark.parametrize("who", ["agent", "viewer", "auditor"])
def test_who_does_not_operate_sends_nothing(world: World, enter: SignedIn, who: str) -> None:
    mail = kept_booking(world)
    connect_post(world, AGENCY)
    visitor, path = enter(who), f"/console/{world.business}/mails"
    assert 'method="post"' not in visitor.get(f"{path}/{mail}").text.partition("<main")[2]
    assert {visitor.post(one).status_code for one in (f"{path}/send", f"{path}/{mail}/send")} == {403}
    assert state_of(world, mail) == KEPT


def test_the_agencys_kept_mails_are_sent_by_owners_and_named_beside_its_server(world: World, enter: SignedIn) -> None:
    kept_booking(world)
    invite(world.hub, OPERATOR, OPERATOR_USER, "new@example.com", "agent", everywhere=True)
    settle(world)
    (mail,) = [one.id for one in list_mails(world.hub, [AGENCY])[0]]
    connect_post(world, AGENCY)
    admin, ada = enter("admin"), enter("owner")
    page = ada.get("/console/agency-mail").text
    assert "Kept mails" in page
    assert f"/console/{world.business}/mails?view=kept" in page
    for path in ("/console/agency-mails/send", f"/console/agency-mails/{mail}/send"):
        admin.get("/console/agency-mails")
        assert admin.post(path).status_code == 403
    assert "Send the kept mail" in ada.get("/console/agency-mails").text
    assert ada.post(f"/console/agency-mails/{mail}/send").status_code == 303
    settle(world)
    assert ada.post("/console/agency-mails/send").status_code == 303
    assert state_of(world, mail) == SENT


def test_a_reminder_that_waits_says_when_it_is_due(world: World, enter: SignedIn) -> None:
    with_post(world)
    change(world, reminders=[HOUR])
    booked(world, world.service(world.staff()), world.clock.now + 26 * HOUR)
    ada = enter("owner")
    assert "due <time" in ada.get(f"/console/{world.business}/mails").text
    assert "Tue 16 Mar 2027, 09:00" in ada.get(f"/console/{world.business}/mails").text
    (reminder,) = [one for one in list_mails(world.hub, [world.business])[0] if one.kind is MailKind.BOOKING_REMINDER]
    assert (
        "It is due Tue 16 Mar 2027, 09:00, in 1 day 1 h"
        in ada.get(f"/console/{world.business}/mails/{reminder.id}").text
    )
    assert "due <time" in ada.get("/console/outbox?view=waiting").text


def test_what_the_hub_noted_is_said_in_sentences() -> None:
    assert module.noted("smtp_550") == "The mail server answered with the code 550."
    assert module.noted("address") == "Mail servers do not take this address."
    assert "user name and password" in module.noted("account_wanted")


def state_of(world: World, mail_id: str) -> str:
    return next(one.state for one in list_mails(world.hub, None)[0] if one.id == mail_id)
