"""The outbox for the people who run the hub: what waits, what could not be done and why, and another try."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from hub.core.errors import InputError, StateError, UnknownId
from hub.core.page import Page, check_limit, cut, read_cursor
from hub.core.trouble import sentence
from hub.parts import Hub
from hub.store import outbox
from hub.store.ids import is_id
from hub.store.outbox import DEAD, DONE, RUNNING, UNKNOWN, WAITING

STATES = (WAITING, RUNNING, DONE, DEAD, UNKNOWN)
ENDED_BADLY = (DEAD, UNKNOWN)

_LIST = "effects"
_IDS = ("booking", "connection", "calendar", "mail")

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "account_mail": "Send a mail about an account of the console.",
        "check_again": "Check the calendar again for a booking that is not confirmed yet.",
        "end_watch": "Ask a provider to tell of changes in a calendar no more.",
        "look_outside": "Look whether the event of a booking stands in its calendar as it was written.",
        "open_watch": "Ask a provider to tell of changes in a calendar.",
        "revoke": "End a disconnected account at its provider.",
        "send_mail": "Send a mail.",
        "sync_calendar": "Read what changed in a calendar.",
        "tell": "Tell plugins what happened.",
        "tell_health": "Tell people of an account that does not work, or works again.",
        "write_event": "Show a booking in a calendar as it is.",
    }
)

_PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "": "",
        "no_such_effect": "This version of the hub does not know how to do this.",
        "not_revoked": "The provider has not ended the permission yet.",
        "worker_died": "The worker died in the middle of it.",
    }
)


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One effect. ``sentence`` says what is to be done, ``why`` what went wrong last; times in UTC seconds.

    ``about`` has the ids that it concerns (``booking``, ``connection``, ``calendar``, ``mail``). ``may_replay``: it was
    given up, or nobody knows how it ended; in the second case another try may do it twice.
    """

    id: str
    business_id: str
    kind: str
    sentence: str
    state: str
    attempts: int
    due_at: int
    made_at: int
    ended_at: int | None
    problem: str
    why: str
    about: Mapping[str, str]
    may_replay: bool


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """How many effects there are in each state, and for how many seconds the longest waiting one has been due."""

    counts: Mapping[str, int]
    overdue: int


def list_effects(
    hub: Hub,
    business_ids: Collection[str] | None,
    states: Collection[str] = ENDED_BADLY,
    *,
    after: str = "",
    limit: int = 50,
) -> Page[EffectRow]:
    """Return effects of these businesses, or of the whole installation with None, the newest first.

    Raises InputError for a state, cursor or limit that is none.
    """
    if set(states) - set(STATES):
        raise InputError("state", f"Choose from {', '.join(STATES)}.")
    check_limit(limit)
    place = read_cursor(_LIST, after, str)
    with hub.database.reading() as conn:
        behind = place[0] if place else ""
        rows = outbox.list_effects(conn, business_ids, states, after=behind, limit=limit + 1)
    page = cut(_LIST, rows, limit, lambda row: (row.id,))
    return Page(tuple(_row(row) for row in page.items), page.next)


def replay_effect(hub: Hub, business_ids: Collection[str] | None, effect_id: str) -> EffectRow:
    """Let an effect that ended badly wait again, and return it as it is then.

    One whose outcome is unknown may happen twice: look at the provider first. Raises StateError for one that waits,
    runs or is done, UnknownId for one of another business.
    """
    with hub.database.writing() as conn:
        row = outbox.find_effect(conn, business_ids, effect_id) if is_id(effect_id) else None
        if row is None:
            raise UnknownId("effect", effect_id)
        if not outbox.replay(conn, hub.clock(), effect_id):
            raise StateError(f"Only what ended badly can be tried again; this effect is {row.state}.", code=row.state)
        again = outbox.find_effect(conn, business_ids, effect_id)
        assert again is not None
        return _row(again)


def replay_dead(hub: Hub, business_ids: Collection[str] | None) -> int:
    """Let all effects of these businesses (None: all) that were given up wait again, and return how many.

    Those whose outcome is unknown stay: each of them is looked at first.
    """
    with hub.database.writing() as conn:
        return outbox.replay_dead(conn, hub.clock(), business_ids)


def outbox_health(hub: Hub, business_ids: Collection[str] | None) -> OutboxHealth:
    """Return how the outbox of these businesses, or of the whole installation with None, is."""
    with hub.database.reading() as conn:
        counts = outbox.count_effects(conn, business_ids)
        oldest = outbox.oldest_due(conn, business_ids)
    overdue = 0 if oldest is None else max(0, hub.clock() - oldest)
    return OutboxHealth({one: counts.get(one, 0) for one in STATES}, overdue)


def _row(row: sa.Row[Any]) -> EffectRow:
    return EffectRow(
        id=row.id,
        business_id=row.business_id,
        kind=row.kind,
        sentence=_KINDS.get(row.kind, f"Work of the kind {row.kind}."),
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        made_at=row.made_at,
        ended_at=row.ended_at,
        problem=row.problem,
        why=_why(row.problem),
        about=_about(row.payload),
        may_replay=row.state in ENDED_BADLY,
    )


def _why(problem: str) -> str:
    """Return the sentence of what `hub.jobs.perform` wrote down: a type with a machine word, or one of both."""
    kind, _, word = problem.partition(": ")
    if problem in _PROBLEMS or (word in _PROBLEMS and word):
        return _PROBLEMS[word or problem]
    return sentence(word) if word else f"The hub made a mistake there ({kind})."


def _about(payload: Mapping[str, Any]) -> dict[str, str]:
    facts = payload.get("facts")
    given = {**payload, **facts} if isinstance(facts, Mapping) else payload
    found = {name: given.get(f"{name}_id", given.get(name)) for name in _IDS}
    return {name: value for name, value in found.items() if isinstance(value, str)}
