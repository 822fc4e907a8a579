"""Make a thing once, however often a program asks for it with the same idempotency key.

The key is taken before anything is made, in a transaction of its own, and the thing is written down beside it after.
So a process that dies in between leaves a key whose outcome nobody knows: a repeat is then told so, and never makes a
second thing. What was refused made nothing, and its key is free again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from hub.core.errors import HubError, InputError, StateError
from hub.parts import Hub
from hub.store.answer import drop_key, find_key, note_ref, take_key
from hub.store.business import find_business

_PATIENCE, _PAUSE = 10.0, 0.05
_UNFINISHED = 60
"""Seconds after which a request whose outcome was not written down is no longer thought to be running."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request with an idempotency key, of an API key in a business. ``fingerprint`` is of all that was asked."""

    business_id: str
    key_id: str
    key: str
    route: str
    fingerprint: str


def once(hub: Hub, asking: Asking | None, make: Callable[[], str]) -> tuple[str, bool]:
    """Return the id of what ``make`` made, by this request or by an earlier one with the same key; True for the latter.

    Two at once: one makes it, the other waits and gets the same. Without a key it is simply made. Raises InputError
    when the key was used for another request, StateError (``in_progress``, ``unknown_outcome``), UnknownId for the
    business, and what ``make`` raises.
    """
    if asking is None:
        return make(), False
    until = time.monotonic() + _PATIENCE
    while not _take(hub, asking):
        ref = _earlier(hub, asking, until)
        if ref:
            return ref, True
        time.sleep(_PAUSE)
    try:
        ref = make()
    except HubError:
        _give_back(hub, asking)
        raise
    with hub.database.writing() as conn:
        note_ref(conn, asking.business_id, asking.key_id, asking.key, ref)
    return ref, False


def again(hub: Hub, asking: Asking | None, ref: str, work: Callable[[], object]) -> bool:
    """Do work on the thing ``ref`` that gives the same when it is repeated, for this request alone; True for a repeat.

    It is done again at a repeat, so a process that dies in between leaves nothing open. Raises as `once`.
    """
    if asking is None:
        work()
        return False
    taken = _take(hub, asking, ref)
    if not taken:
        with hub.database.reading() as conn:
            row = find_key(conn, asking.business_id, asking.key_id, asking.key)
        if row is not None:
            check_same(row.fingerprint, asking.fingerprint)
    try:
        work()
    except HubError:
        if taken:
            _give_back(hub, asking)
        raise
    return not taken


def _take(hub: Hub, asking: Asking, ref: str = "") -> bool:
    with hub.database.writing() as conn:
        find_business(conn, asking.business_id)
        return take_key(
            conn,
            business_id=asking.business_id,
            key_id=asking.key_id,
            idempotency_key=asking.key,
            route=asking.route,
            fingerprint=asking.fingerprint,
            now=hub.clock(),
            ref=ref,
        )


def _earlier(hub: Hub, asking: Asking, until: float) -> str:
    """Return what the request that has the key made; empty while it is not known, and when the key is free again."""
    with hub.database.reading() as conn:
        row = find_key(conn, asking.business_id, asking.key_id, asking.key)
    if row is None:
        return ""
    check_same(row.fingerprint, asking.fingerprint)
    if not row.ref:
        if hub.clock() - row.made_at >= _UNFINISHED:
            raise StateError(
                "The first request with this idempotency key did not end, and nobody knows whether it made anything. "
                "Look at what is there; then use a new key.",
                code="unknown_outcome",
            )
        if time.monotonic() >= until:
            raise StateError(
                "The first request with this idempotency key is still running; ask again.", code="in_progress"
            )
    return str(row.ref)


def check_same(one: str, other: str) -> None:
    """Raise InputError when an idempotency key comes with another request than the first time."""
    if one != other:
        raise InputError("Idempotency-Key", "It was used for another request already; use a new key for a new one.")


def _give_back(hub: Hub, asking: Asking) -> None:
    with hub.database.writing() as conn:
        drop_key(conn, asking.business_id, asking.key_id, asking.key)
