"""Let a visitor of the booking pages show that an e-mail address is theirs: a code by mail, typed on the page.

A code is made for one hold, one address and one browser, counts for ten minutes and five tries, and is kept as a keyed
hash. It is sent to whatever address was typed, and says nothing about whether that is known. Nothing that the visitor
typed stands in the mail, so that nobody can write to strangers by it.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from hub.actions.hoarding import contact_hashes
from hub.actions.mail import queue_mail
from hub.actions.people import Customer, check_customer
from hub.core.booking import State
from hub.core.contact_proof import (
    CODES_A_HOLD,
    CODES_AN_HOUR,
    DIGITS,
    LIFE,
    NETWORK_CODES_AN_HOUR,
    PAUSE,
    TRIES,
    read_code,
)
from hub.core.errors import InputError, StateError, TooMany
from hub.core.mail import MailKind
from hub.core.mail_time import spell_span
from hub.identity.phone import spell_phone
from hub.parts import Hub
from hub.store.booking import change_booking, find_booking
from hub.store.business import find_business, lock_business
from hub.store.claim import lock_holders_of, prolong
from hub.store.contact_code import add_code, count_codes, newest_code, note_proved, take_try
from hub.store.ids import new_id
from hub.store.service import find_service

TOO_MANY_CODES = "too_many_codes"
_HOUR = 3600


def send_code(
    hub: Hub,
    business_id: str,
    booking_id: str,
    customer: Customer,
    *,
    browser: str,
    network: str = "",
    again: bool = False,
) -> bool:
    """Mail a code to the customer's address and keep their hold meanwhile; tell whether one was sent now.

    None is sent while the last one counts: not for a second click, nor for ``again`` within half a minute. With the
    first code of a hold its time is kept until that code ends, with further ones no longer. Raises TooMany when too
    many were asked for, StateError for what is no hold any more, InputError for an address that takes no mail.
    """
    email, hashed, bound = _who(hub, business_id, booking_id, customer, browser)
    now = hub.clock()
    with hub.database.writing() as conn:
        row = _held(conn, business_id, booking_id)
        lock_business(conn, business_id)  # or two at once would each count without the other
        last = newest_code(conn, business_id, booking_id)
        if last is not None and last.bound == bound and _is_enough(last, now, again=again):
            return False
        _check_rate(conn, business_id, booking_id, hashed, network, now)
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        ids = {"id": new_id(), "business_id": business_id, "booking_id": booking_id}
        kept = {"contact_hash": hashed, "network": network, "bound": bound, "code_hash": _code_hash(hub, bound, code)}
        add_code(conn, {**ids, **kept, "made_at": now})
        if last is None:
            _keep_until(conn, row, now + LIFE, now)
        values = _values(conn, business_id, row) | {"code": code}
        about = {"business_id": business_id, "booking_id": booking_id}
        queue_mail(hub, conn, kind=MailKind.BOOKING_CODE, to=email, values=values, **about)
    return True


def check_code(hub: Hub, business_id: str, booking_id: str, customer: Customer, code: str, *, browser: str) -> None:
    """Take the code that was typed. The right one typed twice, as by a second click, is right both times.

    Raises InputError that names ``code`` for any other, and says what helps.
    """
    typed = read_code(code)
    _, _, bound = _who(hub, business_id, booking_id, customer, browser)
    now = hub.clock()
    with hub.database.writing() as conn:
        found = newest_code(conn, business_id, booking_id)
        if found is None or found.made_at + LIFE <= now:
            raise InputError("code", "This code is more than ten minutes old; ask for a new one.", code="code_expired")
        tried = take_try(conn, business_id, found.id, TRIES) if found.proved_at is None else 0
        if tried is not None and hmac.compare_digest(found.code_hash, _code_hash(hub, bound, typed)):
            note_proved(conn, business_id, found.id, found.proved_at or now)
            return
    left = 0 if tried is None else TRIES - tried
    if not left:
        raise InputError("code", "It was wrong too often, so this code ended; ask for a new one.", code="code_ended")
    many = "once" if left == 1 else f"{left} times"
    message = f"This is not the code of the newest mail; look again. You can try {many} more."
    raise InputError("code", message, code="wrong_code")


def is_proved(hub: Hub, business_id: str, booking_id: str, customer: Customer, *, browser: str) -> bool:
    """Tell whether this browser proved this address for this hold already."""
    _, _, bound = _who(hub, business_id, booking_id, customer, browser)
    with hub.database.reading() as conn:
        found = newest_code(conn, business_id, booking_id)
    return found is not None and found.proved_at is not None and hmac.compare_digest(found.bound, bound)


def _who(hub: Hub, business_id: str, booking_id: str, customer: Customer, browser: str) -> tuple[str, str, str]:
    """Return the address, its keyed hash, and the keyed hash of hold, address and browser together."""
    checked = check_customer(customer)
    if checked.email is None:
        raise InputError("email", "Give an e-mail address, so that a code can be sent to it.")
    hashed = contact_hashes(hub, business_id, checked)["email"][0]
    return checked.email, hashed, _mac(hub, business_id, booking_id, checked.email, browser)


def _held(conn: sa.Connection, business_id: str, booking_id: str) -> sa.Row[Any]:
    """Return the row of a hold whose holders are locked from now on."""
    find_booking(conn, business_id, booking_id)
    locked = lock_holders_of(conn, business_id, booking_id)
    row = find_booking(conn, business_id, booking_id)
    if row.state != State.HELD or not locked:
        raise StateError("This time is not held any more; choose it again.", code=row.state)
    return row


def _is_enough(last: sa.Row[Any], now: int, *, again: bool) -> bool:
    """Tell whether the last code will do: it still counts, or is so new that a further wish is a second click."""
    return bool(last.made_at + (PAUSE if again else LIFE) > now and last.tries < TRIES)


def _check_rate(conn: sa.Connection, business_id: str, booking_id: str, hashed: str, network: str, now: int) -> None:
    if count_codes(conn, business_id, 0, booking_id=booking_id) >= CODES_A_HOLD:
        raise TooMany(f"{CODES_A_HOLD} codes were sent for this time already, and no more are.", code=TOO_MANY_CODES)
    hour = now - _HOUR
    many = count_codes(conn, business_id, hour, contact=hashed) >= CODES_AN_HOUR
    if many or (network and count_codes(conn, business_id, hour, network=network) >= NETWORK_CODES_AN_HOUR):
        raise TooMany("Many codes were sent within this hour; try again in an hour.", code=TOO_MANY_CODES)


def _keep_until(conn: sa.Connection, row: sa.Row[Any], until: int, now: int) -> None:
    if until > row.hold_until:
        change_booking(conn, row.business_id, row.id, row.version, now=now, hold_until=until)
        prolong(conn, row.business_id, row.id, until)


def _values(conn: sa.Connection, business_id: str, row: sa.Row[Any]) -> dict[str, str]:
    business = find_business(conn, business_id)
    return {
        "business_name": business.name,
        "business_email": business.email,
        "business_phone": spell_phone(business.phone, business.region),
        "service_name": find_service(conn, business_id, row.service_id).name,
        "when": spell_span(row.starts_at, row.ends_at, row.zone or business.zone, business.zone),
    }


def _code_hash(hub: Hub, bound: str, code: str) -> str:
    return _mac(hub, bound, code)


def _mac(hub: Hub, *parts: str) -> str:
    content = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(hub.keyring.door_key("contact code"), content, sha256).hex()
