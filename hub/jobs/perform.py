"""Bring one outbox row about: claim it, perform its effect without a transaction, and write down how it ended."""

from __future__ import annotations

import logging
import random
import re
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hub.actions.effect import Effect, OutcomeUnknown, Repeat, Work
from hub.core.errors import HubError, ProviderError, Retry, Unavailable
from hub.jobs.backoff import wait
from hub.parts import Hub
from hub.store import outbox
from hub.store.crash import CrashPoint, crash_point

SECONDS = 300
"""How long one attempt may take; the worker interrupts it then."""

LEASE, RENEW = 20, 5
"""Seconds that a claim lasts, and after which a living worker renews it: a dead worker's row is free after LEASE."""

ATTEMPTS = 20
"""Attempts when each one ended with a reason to try again."""

MISTAKES = 5
"""Attempts when the last one ended with an exception that nobody foresaw."""

_WORD = re.compile(r"[a-z0-9_]{1,60}\Z")
_log = logging.getLogger(__name__)


def perform(hub: Hub, effects: Mapping[str, Effect], identifier: str, attempts: int) -> bool:
    """Make one attempt at a due row that was tried ``attempts`` times; False if it is not free any more.

    How the attempt ended is in the row and never raised. Raises Unavailable when the database cannot be used:
    the row then comes back when its claim lapses, under its effect's repeat rule.
    """
    now = hub.clock()
    with hub.database.writing() as conn:
        entry = outbox.claim(conn, identifier, attempts, now=now, lease_until=now + LEASE)
    if entry is None:
        return False
    crash_point(CrashPoint.EFFECT_CLAIMED)
    work = Work(entry.id, entry.business_id, entry.key, entry.payload, entry.attempts)
    effect = effects.get(entry.kind)
    with _kept(hub, entry):
        end = _End(outbox.DEAD, "no_such_effect") if effect is None else _attempt(hub, effect, work)
        crash_point(CrashPoint.EFFECT_PERFORMED)
        if end.state == outbox.DEAD and effect is not None and effect.gave_up is not None:
            end = _tell(hub, effect, work, end)
        _write_down(hub, entry, end)
    return True


def drain(hub: Hub, effects: Mapping[str, Effect]) -> int:
    """Perform everything that is due, in order and in this process, until nothing is; return how many attempts."""
    count = 0
    while True:
        free_lapsed(hub, effects)
        with hub.database.reading() as conn:
            rows = outbox.due(conn, hub.clock(), 100)
        if not rows:
            return count
        count += sum(perform(hub, effects, identifier, attempts) for identifier, attempts in rows)


def free_lapsed(hub: Hub, effects: Mapping[str, Effect]) -> None:
    """Let rows whose worker died be tried again, or end as unknown, as their effects say."""
    now = hub.clock()
    with hub.database.reading() as conn:
        if not outbox.any_lapsed(conn, now):
            return
    never = [name for name, effect in effects.items() if effect.repeat is Repeat.NEVER]
    with hub.database.writing() as conn:
        _log.warning("%d effects were left by a worker that died", outbox.lapse(conn, now, never))


@dataclass(frozen=True, slots=True)
class _End:
    """How an attempt ended: the row's next state, a machine word for people, and seconds until the next attempt."""

    state: str
    problem: str = ""
    wait: int = 0


def _attempt(hub: Hub, effect: Effect, work: Work) -> _End:
    try:
        if work.attempts == 1 or effect.ask is None or not effect.ask(hub, work):
            effect.perform(hub, work)
    except (Retry, Unavailable) as error:
        if isinstance(error, Retry) and error.sent and effect.repeat is Repeat.NEVER:
            return _End(outbox.UNKNOWN, _words(error))
        return _again(work, ATTEMPTS, _words(error), asked=error.after if isinstance(error, Retry) else 0.0)
    except OutcomeUnknown:
        return _End(outbox.UNKNOWN, "outcome_unknown")
    except ProviderError as error:
        return _End(outbox.DEAD, _words(error))
    except Exception as error:
        # Its message may hold what a customer wrote, so only its type and place are kept.
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = type(error).__name__
        _log.error("effect %s of row %s: %s at %s:%s", effect.name, work.id, name, place.filename, place.lineno)
        return _End(outbox.UNKNOWN, name) if effect.repeat is Repeat.NEVER else _again(work, MISTAKES, name)
    return _End(outbox.DONE)


def _again(work: Work, limit: int, problem: str, *, asked: float = 0.0) -> _End:
    if work.attempts >= limit:
        return _End(outbox.DEAD, problem)
    jitter = random.random()  # noqa: S311 - spreads the load, guards nothing
    return _End(outbox.WAITING, problem, wait(work.attempts, asked=asked, jitter=jitter))


def _words(error: HubError) -> str:
    name = type(error).__name__
    return f"{name}: {error.code}" if _WORD.match(error.code) else name


def _tell(hub: Hub, effect: Effect, work: Work, end: _End) -> _End:
    assert effect.gave_up is not None
    try:
        effect.gave_up(hub, work)
    except Unavailable:
        raise
    except Exception as error:
        _log.error("effect %s of row %s: giving up failed with %s", effect.name, work.id, type(error).__name__)
        return _End(end.state, f"{end.problem} ({type(error).__name__} while giving up)")
    return end


def _write_down(hub: Hub, entry: outbox.Entry, end: _End) -> None:
    now = hub.clock()
    with hub.database.writing() as conn:
        if end.state == outbox.DONE:
            kept = outbox.finish(conn, entry, now)
        elif end.state == outbox.WAITING:
            kept = outbox.put_back(conn, entry, due_at=now + end.wait, problem=end.problem)
        else:
            kept = outbox.bury(conn, entry, state=end.state, problem=end.problem, now=now)
    if not kept:
        _log.warning("row %s: the claim had lapsed before the attempt ended", entry.id)


@contextmanager
def _kept(hub: Hub, entry: outbox.Entry) -> Iterator[None]:
    over = threading.Event()
    keeper = threading.Thread(target=_renew_until, args=(hub, entry, over), name="claim", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _renew_until(hub: Hub, entry: outbox.Entry, over: threading.Event) -> None:
    for _ in range(int(SECONDS / RENEW)):
        if over.wait(RENEW):
            return
        try:
            with hub.database.writing() as conn:
                if not outbox.renew(conn, entry, hub.clock() + LEASE):
                    return
        except Unavailable:
            _log.warning("row %s: its claim could not be renewed", entry.id)
