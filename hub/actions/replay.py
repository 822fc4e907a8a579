"""Bring data that were put back in order: erase again who was erased, and repeat nothing that may have happened.

Until then the hub is sealed: the note stands in the key store, from before the data come until this is done.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from hub.actions.effect import Effect, Repeat
from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.crash import CrashPoint, crash_point
from hub.store.erasing import take_out
from hub.store.keys import add_business_key, delete_person_key
from hub.store.recovery import (
    RESTORED,
    delete_note,
    find_note,
    list_erasures,
    list_key_copies,
    note_replayed,
    put_note,
)
from hub.store.restored import doubt, end_sign_ins

_SLICE = 100
_LOOK = 1.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was done to data that were put back."""

    erased: int  # people who were there again
    in_doubt: int  # effects that may have happened since the backup, for a person to decide
    sessions: int  # sign-ins and mailed links that were ended


class Seal:
    """Whether the hub is sealed after a restore. Looks once a second while it is, and never again once it is not."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._open = False
        self._looked, self._said = -_LOOK, ""

    def reason(self) -> str:
        """Return why nothing may run, empty when it may. Raises Unavailable without the key store."""
        if self._open:
            return ""
        if time.monotonic() - self._looked >= _LOOK:
            self._said, self._looked = sealed_reason(self._hub), time.monotonic()
            self._open = not self._said
        return self._said


def sealed_reason(hub: Hub) -> str:
    """Return why the hub is sealed after a restore, empty when it is not."""
    with hub.keystore.reading() as keys:
        found = find_note(keys, RESTORED)
    if found is None:
        return ""
    return (
        "The data were put back from a backup, and people who were erased since may be in them again. "
        "Nothing runs until they are erased again: type hub restore --replay."
    )


def replay(hub: Hub, effects: Mapping[str, Effect]) -> Replayed:
    """Erase again who was erased, and open the hub. Can be repeated, and goes on when it was stopped anywhere.

    Effects that were due, running or must never be repeated end as ``unknown``: whether they happened after the
    backup, nobody here knows. Sign-ins and mailed links end: what was ended since the backup would work again.
    """
    now = hub.clock()
    with hub.keystore.reading() as keys:
        copies = list_key_copies(keys)
    never = [name for name, effect in effects.items() if effect.repeat is Repeat.NEVER]
    with hub.database.writing() as conn:
        for row in copies:  # keys of people are wrapped by versions that are newer than these data
            add_business_key(conn, row.business_id, row.version, row.wrapped, row.made_at)
        in_doubt = doubt(conn, now, never)
        sessions = end_sign_ins(conn, now)
    erased, after = 0, ("", "")
    while True:
        with hub.keystore.reading() as keys:
            found = list_erasures(keys, after, _SLICE)
        if not found:
            break
        for business, person in found:
            with hub.keystore.writing() as keys:  # an older key store may have come back, too
                delete_person_key(keys, business, person)
            with hub.database.writing() as conn:
                erased += take_out(conn, business, person)
            crash_point(CrashPoint.REPLAY_PERSON)
        after = found[-1]
    with hub.database.writing() as conn:
        append(conn, AGENCY, EntryKind.RESTORED, {"erased": erased, "in_doubt": in_doubt}, at=now)
    with hub.keystore.writing() as keys:
        note_replayed(keys, now)
        put_note(keys, "replay", now, f"{erased}")
        delete_note(keys, RESTORED)
    return Replayed(erased, in_doubt, sessions)
