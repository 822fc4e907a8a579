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
from hub.store.mail import BOUNCED, SENT, STATES, change_mail
from hub.web.console import mails as module
from tests.post import booked, settle, with_post
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


def test_a_mail_is_shown_as_text_and_downloaded_whole(world: World, signed_in: SignedIn) -> None:
    mail = letter(world, NASTY)
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
