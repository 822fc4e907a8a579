"""The outbox: every outside effect as a row, committed with the change that caused it; and the leases of the clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    Index,
    Integer,
    Row,
    Select,
    String,
    Text,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, aliased

from hub.store.annotate import About, Base, Category, Retention, column
from hub.store.guard import Across
from hub.store.ids import LENGTH, id_after
from hub.store.prepared import prepared

_ID = About(Category.IDENTIFIER, Retention.PROCESSING)
_STATE = About(Category.TECHNICAL, Retention.PROCESSING)
_LEASE = About(Category.TECHNICAL, Retention.INSTALLATION)

WAITING, RUNNING, DONE, DEAD, UNKNOWN = "waiting", "running", "done", "dead", "unknown"
_OPEN = (WAITING, RUNNING)
_ENDED_BADLY = (DEAD, UNKNOWN)


class Outbox(Base):
    """One effect to bring about. ``payload`` holds ids only, never personal data or credentials.

    States: ``waiting`` (due at ``due_at``), ``running`` (until ``lease_until``), ``done``, ``dead`` (given up, can be
    replayed), ``unknown`` (the outcome cannot be found out; shown, never repeated by itself). ``key`` orders: rows
    of one key run one after another. ``attempts`` counts claims, and tells the holder of a claim from an earlier one.
    """

    __tablename__ = "outbox"

    id: Mapped[str] = column(_ID, String(LENGTH), primary_key=True)
    business_id: Mapped[str] = column(_ID, String(LENGTH))
    kind: Mapped[str] = column(_STATE, Text)
    key: Mapped[str] = column(_STATE, Text)
    payload: Mapped[dict[str, Any]] = column(_STATE, JSON)
    state: Mapped[str] = column(_STATE, Text)
    attempts: Mapped[int] = column(_STATE, Integer)
    due_at: Mapped[int] = column(_STATE, BigInteger)
    lease_until: Mapped[int] = column(_STATE, BigInteger)
    problem: Mapped[str] = column(_STATE, Text)
    made_at: Mapped[int] = column(_STATE, BigInteger)
    ended_at: Mapped[int | None] = column(_STATE, BigInteger, nullable=True)

    __table_args__ = (
        Index("ix_outbox_due", "state", "due_at"),
        Index("ix_outbox_key", "business_id", "key", "state"),
    )


class Lease(Base):
    """Who may do a thing of which there must be one, until when. Taken over when it lapses."""

    __tablename__ = "lease"

    name: Mapped[str] = column(_LEASE, Text, primary_key=True)
    owner: Mapped[str] = column(_LEASE, Text)
    until: Mapped[int] = column(_LEASE, BigInteger)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the outbox as it was read. Times in UTC seconds."""

    id: str
    business_id: str
    kind: str
    key: str
    payload: dict[str, Any]
    state: str
    attempts: int
    due_at: int
    problem: str
    made_at: int


_COLUMNS = (
    Outbox.id,
    Outbox.business_id,
    Outbox.kind,
    Outbox.key,
    Outbox.payload,
    Outbox.state,
    Outbox.attempts,
    Outbox.due_at,
    Outbox.problem,
    Outbox.made_at,
)


def add_effect(
    conn: Connection, *, business_id: str, kind: str, key: str, payload: dict[str, Any], due_at: int, now: int
) -> str:
    """Write an effect to bring about from ``due_at`` on, in the transaction of the change that causes it.

    It waits for every earlier one of its business and key, however late that one is due: give what need not be in
    order (a reminder in three days) a key of its own. Returns its id.
    """
    last = _last(conn, business_id=business_id, key=key).scalar() or ""
    identifier = id_after(last)  # the order of ids is that of writing
    row = {"id": identifier, "business_id": business_id, "kind": kind, "key": key, "payload": payload}
    state = {"state": WAITING, "attempts": 0, "due_at": due_at, "lease_until": 0, "problem": "", "made_at": now}
    _add(conn, **row, **state)
    return identifier


def due(conn: Connection, now: int, limit: int) -> list[tuple[str, int]]:
    """Return ids and attempts of rows of all businesses that may run now, longest due first."""
    query = select(Outbox.id, Outbox.attempts).where(Outbox.state == WAITING, Outbox.due_at <= now, ~_held_up())
    query = query.order_by(Outbox.due_at, Outbox.id).limit(limit).execution_options(across=Across.RELAY)
    return [(row.id, row.attempts) for row in conn.execute(query)]


def claim(conn: Connection, identifier: str, attempts: int, *, now: int, lease_until: int) -> Entry | None:
    """Take a due row for this process and count the attempt; None if it is not free any more, or not its turn."""
    free = (Outbox.state == WAITING, Outbox.attempts == attempts, Outbox.due_at <= now, ~_held_up())
    taken = {"state": RUNNING, "attempts": attempts + 1, "lease_until": lease_until}
    statement = update(Outbox).where(Outbox.id == identifier, *free).values(**taken).returning(*_COLUMNS)
    row = conn.execute(statement.execution_options(across=Across.RELAY)).one_or_none()
    return None if row is None else Entry(*row)


def _held_up() -> ColumnElement[bool]:
    before = aliased(Outbox)
    same = (before.business_id == Outbox.business_id, before.key == Outbox.key)
    return exists().where(*same, before.state.in_(_OPEN), before.id < Outbox.id)


def renew(conn: Connection, entry: Entry, lease_until: int) -> bool:
    """Keep a claim for longer; False if it is lost."""
    return _change(conn, entry, lease_until=lease_until)


def finish(conn: Connection, entry: Entry, now: int) -> bool:
    """Mark a claimed row done; False if the claim was lost, and nothing was changed. So are the next two."""
    return _change(conn, entry, state=DONE, ended_at=now, problem="")


def put_back(conn: Connection, entry: Entry, *, due_at: int, problem: str) -> bool:
    """Let a claimed row wait for its next attempt."""
    return _change(conn, entry, state=WAITING, due_at=due_at, problem=problem)


def bury(conn: Connection, entry: Entry, *, state: str, problem: str, now: int) -> bool:
    """End a claimed row as `DEAD` or `UNKNOWN`."""
    return _change(conn, entry, state=state, problem=problem, ended_at=now)


def _change(conn: Connection, entry: Entry, **values: Any) -> bool:
    mine = (Outbox.business_id == entry.business_id, Outbox.id == entry.id, Outbox.state == RUNNING)
    result = conn.execute(update(Outbox).where(*mine, Outbox.attempts == entry.attempts).values(**values))
    return result.rowcount == 1


def any_lapsed(conn: Connection, now: int) -> bool:
    """Tell whether a claim of any business was left by its process."""
    query = select(exists().where(*_left(now))).execution_options(across=Across.RELAY)
    return bool(conn.scalar(query))


def lapse(conn: Connection, now: int, never: Collection[str]) -> int:
    """Free the rows whose process died with them, and return how many.

    Kinds in ``never`` end as ``unknown``, because what the process did before it died cannot be found out.
    """
    lost = {"state": UNKNOWN, "problem": "worker_died", "ended_at": now}
    again = {"state": WAITING, "problem": "worker_died", "due_at": now}
    count = 0
    for statement in (
        update(Outbox).where(*_left(now), Outbox.kind.in_(never)).values(**lost),
        update(Outbox).where(*_left(now)).values(**again),
    ):
        count += conn.execute(statement.execution_options(across=Across.RELAY)).rowcount
    return count


def _left(now: int) -> tuple[ColumnElement[bool], ...]:
    return (Outbox.state == RUNNING, Outbox.lease_until < now)


def entries(conn: Connection, states: Collection[str] = _ENDED_BADLY, limit: int = 500) -> list[Entry]:
    """Return rows of all businesses in these states, oldest first, for the operator."""
    query = select(*_COLUMNS).where(Outbox.state.in_(states)).order_by(Outbox.id).limit(limit)
    return [Entry(*row) for row in conn.execute(query.execution_options(across=Across.OPERATOR))]


def list_effects(
    conn: Connection, businesses: Collection[str] | None, states: Collection[str], *, after: str = "", limit: int
) -> list[Row[Any]]:
    """Return rows in these states, the newest first, from behind an id on; of all businesses with None."""
    query = _among(select(Outbox.__table__).where(Outbox.state.in_(states)), businesses)
    if after:
        query = query.where(Outbox.id < after)
    return list(conn.execute(query.order_by(Outbox.id.desc()).limit(limit)).all())


def find_effect(conn: Connection, businesses: Collection[str] | None, identifier: str) -> Row[Any] | None:
    """Return a row of these businesses, or None."""
    query = _among(select(Outbox.__table__).where(Outbox.id == identifier), businesses)
    return conn.execute(query).one_or_none()


def count_effects(conn: Connection, businesses: Collection[str] | None) -> dict[str, int]:
    """Return how many rows there are in each state."""
    counted = select(Outbox.state, func.count().label("many")).group_by(Outbox.state)
    return {row.state: row.many for row in conn.execute(_among(counted, businesses))}


def oldest_due(conn: Connection, businesses: Collection[str] | None) -> int | None:
    """Return since when the row waits that has waited longest (UTC seconds; in the future if none is due)."""
    query = _among(select(func.min(Outbox.due_at)).where(Outbox.state == WAITING), businesses)
    oldest: int | None = conn.scalar(query)
    return oldest


def _among(query: Select[*tuple[Any, ...]], businesses: Collection[str] | None) -> Select[*tuple[Any, ...]]:
    if businesses is None:
        return query.execution_options(across=Across.DOOR)
    return query.where(Outbox.business_id.in_(businesses))


def replay(conn: Connection, now: int, identifier: str | None = None) -> int:
    """Let dead and unknown rows (all, or the one named) wait again, and return how many.

    They count as tried once, so that an effect which can ask the provider first does.
    """
    chosen = [Outbox.state.in_(_ENDED_BADLY)] + ([] if identifier is None else [Outbox.id == identifier])
    return _replay(conn, now, *chosen)


def replay_dead(conn: Connection, now: int, businesses: Collection[str] | None) -> int:
    """Let the dead rows of these businesses, or of all with None, wait again, and return how many."""
    among = [] if businesses is None else [Outbox.business_id.in_(businesses)]
    return _replay(conn, now, Outbox.state == DEAD, *among)


def _replay(conn: Connection, now: int, *chosen: ColumnElement[bool]) -> int:
    again = {"state": WAITING, "attempts": 1, "due_at": now, "ended_at": None}
    statement = update(Outbox).where(*chosen).values(**again).execution_options(across=Across.OPERATOR)
    return conn.execute(statement).rowcount


def forget_done(conn: Connection, before: int) -> int:
    """Delete the rows that were done before an instant, and return how many."""
    old = delete(Outbox).where(Outbox.state == DONE, Outbox.ended_at < before)
    return conn.execute(old.execution_options(across=Across.SWEEP)).rowcount


def take_lease(conn: Connection, name: str, owner: str, *, now: int, until: int) -> bool:
    """Take or keep a lease; False if another owner has it. Raises IntegrityError if another was first to make it."""
    free = (Lease.owner == owner) | (Lease.until < now)
    taken = conn.execute(update(Lease).where(Lease.name == name, free).values(owner=owner, until=until))
    if taken.rowcount == 1:
        return True
    if conn.scalar(select(exists().where(Lease.name == name))):
        return False
    conn.execute(insert(Lease).values(name=name, owner=owner, until=until))
    return True


def release_lease(conn: Connection, name: str, owner: str) -> None:
    """Give a lease back, if this owner has it."""
    conn.execute(update(Lease).where(Lease.name == name, Lease.owner == owner).values(until=0))


_add = prepared(lambda: insert(Outbox))


@prepared
def _last(business_id: Any, key: Any) -> Executable:
    mine = Outbox.business_id == business_id, Outbox.key == key, Outbox.state.in_(_OPEN)
    return select(func.max(Outbox.id)).where(*mine)
