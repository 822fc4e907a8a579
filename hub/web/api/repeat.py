"""Answers to what a program may ask for twice: things that are made once a key, and lists that come in pages."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlencode

from flask import request
from pydantic import Field

from hub.actions.idempotency import Asking, again, once
from hub.store.booking import booking_by_key
from hub.store.business import AGENCY
from hub.web.api.call import Reply, idempotency_key
from hub.web.api.fields import Asked, Given, Shown
from hub.web.current import key, the_hub

REPLAYED = "Idempotency-Replayed"


class Paged(Asked):
    """Which part of a list."""

    after: str = Field("", max_length=2000, description="The `next` of the part before; empty for the beginning.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")


def make_once(business_id: str, body: Given, make: Callable[[], str]) -> tuple[str, bool]:
    """Return the id of what ``make`` made, and whether an earlier request with the same idempotency key made it."""
    return once(the_hub(), _asking(business_id, body), make)


def do_again(business_id: str, body: Given, ref: str, work: Callable[[], object]) -> bool:
    """Do work that may be repeated on the thing ``ref``, and tell whether this request is a repeat."""
    return again(the_hub(), _asking(business_id, body), ref, work)


def booking_key() -> str:
    """Return the idempotency key that a booking itself is made with: nobody else's key can meet it. Empty without."""
    given = idempotency_key()
    return f"{key().id}:{given}" if given else ""


def was_made(business_id: str) -> bool:
    """Tell whether a booking was made with this request's idempotency key already."""
    given = booking_key()
    if not given:
        return False
    with the_hub().database.reading() as conn:
        return booking_by_key(conn, business_id, given) is not None


def fingerprint(body: Given) -> str:
    """Return what tells this request from another one with the same idempotency key; keyed, for it is of people."""
    text = f"{request.method} {request.path}\n{body.model_dump_json()}"
    return hmac.digest(the_hub().keyring.door_key("idempotency"), text.encode(), sha256).hex()


def _asking(business_id: str, body: Given) -> Asking | None:
    given = idempotency_key()
    if not given:
        return None
    return Asking(business_id or AGENCY, key().id, given, request.endpoint or "", fingerprint(body))


def made(body: Shown, *, repeated: bool) -> Reply:
    """Answer with what was made; a repeat says so."""
    return Reply(body, 201, {REPLAYED: "true"} if repeated else {})


def listed(body: Shown, cursor: str | None) -> Reply:
    """Answer with a part of a list, and where the next one is (RFC 8288)."""
    if not cursor:
        return Reply(body, 200)
    query = urlencode({**request.args.to_dict(), "after": cursor})
    return Reply(body, 200, {"Link": f'<{request.path}?{query}>; rel="next"'})
