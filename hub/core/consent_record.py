"""What a consent to the use of an account says, and what it permits: the words of ISO/IEC TS 27560.

A record is a row of states of which none is ever changed; the last one counts. Only a consent that is given permits
anything, and only for the purposes that it still names, before it ends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from hub.core.errors import InputError
from hub.core.provider import ConnectLevel, Provider
from hub.core.purpose import Purpose

SCHEMA = "frontdesk-consent-1"
"""The version of the record's own form."""

RETENTION = "connection"
"""How long what is read stays: until the account is disconnected (`hub.store.annotate.Retention`)."""

LONGEST = 3653 * 86_400
"""Seconds for which a consent with an end may be given."""

WITHDRAWAL = "account_page"
"""How a consent is withdrawn: by a button where it was given, without asking anybody."""


class ConsentState(StrEnum):
    """Where a consent stands."""

    REQUESTED = "requested"  # the text was shown, and this is what was asked
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"  # another one took its place


class Channel(StrEnum):
    """Where it was asked."""

    CONSOLE = "console"
    STAFF_LINK = "staff_link"
    API = "api"  # a program of the business asked, with its key
    OPERATOR = "operator"  # at the command line
    CLOCK = "clock"  # nobody: it was over
    MIGRATED = "migrated"  # the account was connected before consents were recorded: no text was kept


CHANNELS: Mapping[str, Channel] = {
    "user": Channel.CONSOLE,
    "staff": Channel.STAFF_LINK,
    "key": Channel.API,
    "clock": Channel.CLOCK,
}
"""The channel by who comes (`hub.core.security.Visit`); anybody else is the operator."""

WRITING = frozenset({Purpose.CREATE_EVENT, Purpose.UPDATE_EVENT, Purpose.CANCEL_EVENT})
"""What can be withdrawn alone, as long as busy times are read for something: see `withdrawable`."""


def permits(state: str | None, purposes: Collection[str] | None, until: int | None, purpose: str, now: int) -> bool:
    """Tell whether the newest state of a consent lets an account be used. None: there is no consent."""
    return (
        state == ConsentState.GIVEN and purposes is not None and purpose in purposes and (until is None or now < until)
    )


def withdrawable(purposes: Collection[str]) -> frozenset[Purpose]:
    """Return the purposes that can be withdrawn while the account stays connected; empty if only the whole can be."""
    writing = WRITING & {Purpose(one) for one in purposes}
    return writing if Purpose.CHECK_AVAILABILITY in purposes else frozenset()


def check_until(until: int | None, now: int) -> None:
    """See that a consent may be given until an instant (UTC seconds), None for no end. Raises InputError ``until``."""
    if until is not None and not now < until <= now + LONGEST:
        raise InputError("until", "Choose a day between today and ten years from now, or no end.")


def data_of(provider: Provider, level: ConnectLevel) -> list[str]:
    """Return the codes of what is seen or written, from the operations that the plugin declared for these purposes."""
    return sorted({str(one.data) for one in provider.operations if one.purposes & level.purposes})


def record_hash(values: Mapping[str, Any]) -> str:
    """Return SHA-256 of a state as the one JSON text that it has, in hexadecimal: what the ledger binds."""
    text = json.dumps(dict(values), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
