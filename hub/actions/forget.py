"""Forget what the retention schedule lets go: addresses, security events, sign-ins, answers to idempotency keys."""

from __future__ import annotations

from hub.core.mail import MailKind
from hub.core.network import network_of
from hub.parts import Hub
from hub.store import answer, contact_code, security, sign_in

DAY = 86_400
ADDRESS_DAYS, EVENT_DAYS, SIGN_IN_DAYS = 90, 400, 30
ANSWER_DAYS = 2
_SLICE = 500


def cut_addresses(hub: Hub) -> None:
    """Cut the network addresses of old events to their networks, in slices; the keyed hash of the whole one stays."""
    before = hub.clock() - ADDRESS_DAYS * DAY
    while True:
        with hub.database.writing() as conn:
            found = security.full_addresses(conn, before, _SLICE)
            if found:
                security.replace_addresses(conn, {event: network_of(address) for event, address in found.items()})
        if len(found) < _SLICE:
            return


def forget_events(hub: Hub) -> None:
    """Delete old security events."""
    with hub.database.writing() as conn:
        security.forget_events(conn, hub.clock() - EVENT_DAYS * DAY)


def forget_sign_ins(hub: Hub) -> None:
    """Delete sessions, links and API keys that ended a while ago."""
    with hub.database.writing() as conn:
        sign_in.forget_sign_ins(conn, hub.clock() - SIGN_IN_DAYS * DAY)


def forget_answers(hub: Hub) -> None:
    """Delete what the API answered to idempotency keys: a repeat comes within hours."""
    with hub.database.writing() as conn:
        answer.forget_answers(conn, hub.clock() - ANSWER_DAYS * DAY)


def forget_codes(hub: Hub) -> None:
    """Delete codes for the booking pages after a day, and the mails in which they stood: by then they count no more."""
    with hub.database.writing() as conn:
        contact_code.forget_codes(conn, MailKind.BOOKING_CODE, hub.clock() - DAY)
