"""How each calendar is kept in step: told of changes by its provider or asked, how often, and why it is not told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.age import oldest_fresh, pauses
from hub.actions.fresh import is_fresh
from hub.actions.poll import AFTER_FAILURE, AFTER_LOSS
from hub.actions.watch import is_reachable, opening_key, watching_providers
from hub.core.health import Health
from hub.core.trouble import MENDS_ITSELF, known_reason, sentence
from hub.parts import Hub
from hub.store.outbox import RUNNING, WAITING, Outbox
from hub.store.watch import LIVE, watches_of

_LATE = 600
"""Seconds for which a watch may wait for its renewal; the clock asks for it within seconds."""


class Way(StrEnum):
    """How the hub learns of changes."""

    PUSHED = "pushed"  # the provider tells of them
    POLLED = "polled"  # the hub asks from time to time
    PAUSED = "paused"  # it does not: the account must be connected again


@dataclass(frozen=True, slots=True)
class InStep:
    """How a checked calendar is kept in step. Spans in seconds, times in UTC seconds.

    The hub asks ``every`` so often, whatever it is told, and never while it is paused (None). What a look found counts
    for ``fresh_for``; ``fresh``: it counts now, and times are offered from it. ``watch_until`` is when the provider
    stops telling, None where it does not tell. ``problem`` is a machine word for why it does not tell, or may soon not
    any more; ``sentence`` says it to people.
    """

    way: Way
    every: int | None
    fresh_for: int
    fresh: bool
    watch_until: int | None = None
    problem: str = ""
    sentence: str = ""

    @property
    def in_trouble(self) -> bool:
        """Whether the provider would tell and something went wrong, and not just how this hub is set up."""
        return self.problem in _TROUBLE


_SENTENCES = {
    "": "",
    "off": "Being told of changes is switched off for this hub.",
    "no_address": "It could tell of changes at once, if this hub had an address over https.",
    "opening": "It is being asked to tell of changes at once.",
    "not_opened": "It could not be asked yet to tell of changes at once.",
    "refused": "It refuses to tell of changes at once. It is asked to again within a day.",
    "lapsed": "Its watch has run out and is not renewed yet, so it is asked.",
    "not_renewed": "Its watch is not renewed yet. When it ends, the calendar is asked instead.",
}
_TROUBLE = frozenset({"not_opened", "refused", "lapsed", "not_renewed"})


def in_step(
    hub: Hub, conn: sa.Connection, business_id: str, connections: Sequence[Any], calendars: Sequence[Any], now: int
) -> dict[str, InStep]:
    """Return, by its id, how each checked one of these calendars' rows is kept in step; of connections of a business.

    A calendar of a connection that was disconnected, or whose plugin is off or broken, is none of them.
    """
    working = {record.provider.name for record in hub.registry.records if record.provider is not None}
    alive = [one for one in connections if one.health != Health.DISCONNECTED and one.provider in working]
    accounts, able = {one.id: one for one in alive}, watching_providers(hub)
    checked = [one for one in calendars if one.checked and one.connection_id in accounts]
    telling = [one.id for one in checked if accounts[one.connection_id].provider in able]
    renewals, failures, found = dict[str, int](), dict[str, str](), dict[str, InStep]()
    if telling:
        renewals = {one.calendar_id: one.renew_at for one in watches_of(conn, business_id, telling, (LIVE,))}
        failures = _failures(conn, business_id, telling)
    for row in checked:
        account, problem, why = accounts[row.connection_id], "", ""
        if row.id in telling:
            problem = _problem(hub, row, account, renewals, failures, now)
            why = sentence(failures.get(row.id, "")) if problem in _TROUBLE else ""
        found[row.id] = _step(hub, row, account, problem, f"{_SENTENCES[problem]} {why}".strip(), now)
    return found


def _step(hub: Hub, row: Any, account: Any, problem: str, said: str, now: int) -> InStep:
    fresh_for, fresh = oldest_fresh(hub, row, now), is_fresh(hub, row, now, now)
    if account.health == Health.NEEDS_RECONNECT:
        every = AFTER_LOSS if account.health_reason in MENDS_ITSELF else None
        return InStep(Way.PAUSED if every is None else Way.POLLED, every, fresh_for, fresh)
    pushed, polled = pauses(hub.settings)
    if row.pushed_until > now:
        return InStep(Way.PUSHED, pushed, fresh_for, fresh, row.pushed_until, problem, said)
    return InStep(Way.POLLED, AFTER_FAILURE if row.problem else polled, fresh_for, fresh, None, problem, said)


def _problem(
    hub: Hub, row: Any, account: Any, renewals: Mapping[str, int], failures: Mapping[str, str], now: int
) -> str:
    """Return the machine word for why a provider that could tell of changes does not, or may soon not any more."""
    if row.pushed_until > now:
        late = row.id in renewals and renewals[row.id] <= now - _LATE
        return "not_renewed" if late or row.id in failures or row.watch_after > now else ""
    if not hub.settings.push:
        return "off"
    if not is_reachable(hub.settings.base_url, account.origins):
        return "no_address"
    if row.pushed_until:
        return "lapsed"
    if row.watch_after > now:
        return "refused"
    return "not_opened" if row.id in failures else "opening"


def _failures(conn: sa.Connection, business_id: str, calendars: Collection[str]) -> dict[str, str]:
    """Return why the last try failed, for each calendar whose provider is to be asked once more to tell of changes."""
    keys = {opening_key(one): one for one in calendars}
    mine = Outbox.business_id == business_id, Outbox.key.in_(keys), Outbox.state.in_((WAITING, RUNNING))
    rows = conn.execute(select(Outbox.key, Outbox.problem).where(*mine, Outbox.problem != ""))
    return {keys[row.key]: known_reason(row.problem.partition(": ")[2], "") for row in rows}  # "Retry: unreachable"
