"""Every query says for which business it is: checked on each statement, before it is sent.

A SELECT, UPDATE or DELETE must compare the ``business_id`` of each table and alias that it touches with a value, or
with that of another one for which it does. Work that truly spans businesses (the relay, the sweeper) says so with
``execution_options(across=Across.RELAY)``: a closed, searchable list.

A SELECT of what was taken from people's accounts says for which purpose as well, ``execution_options(purpose=…)``: so
no reader can forget that it was taken for some, and not for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from enum import StrEnum
from functools import lru_cache
from typing import Any
from weakref import WeakSet

from sqlalchemy import (
    CTE,
    Alias,
    Connection,
    Delete,
    Engine,
    FromClause,
    Insert,
    Join,
    Select,
    SelectBase,
    Subquery,
    Table,
    Update,
    event,
)
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement, ColumnClause, ColumnElement, TextClause
from sqlalchemy.sql.operators import eq, in_op

from hub.core.errors import HubError
from hub.core.purpose import Purpose

SCOPE = "business_id"
TAKEN = frozenset({"busy_time"})
"""Tables of what was taken from people's accounts: a statement that reads one names the purpose."""


class Across(StrEnum):
    """Why a statement may span businesses."""

    RELAY = "the relay hands work of all businesses to the queue"
    SWEEP = "the clock looks for lapsed holds, old cells and stale calendars of all businesses"
    LEDGER = "the ledger has one order over all businesses, and collects the counts of all"
    DOOR = "a door finds the business by the address of its page, a link or a key, or lists what its user may enter"
    ACCOUNT = "connections of several businesses may share one grant at a provider: it ends with the last of them"
    BUDGET = "all businesses share what a provider allows the installation"
    WATCH = "an answer to anybody may hold the token of no connection of any business"
    OPERATOR = "the operator's own commands count and list rows of all businesses"


def guard(engine: Engine) -> None:
    """Make the engine refuse statements that do not name their business."""
    event.listen(engine, "before_execute", _check)


def _check(conn: Connection, clauseelement: Any, _many: Any, _one: Any, execution_options: Mapping[str, Any]) -> None:
    if clauseelement in _passed:
        return
    # The connection's own options count too: migrations run their DDL and their version table under OPERATOR.
    options = {**conn.get_execution_options(), **getattr(clauseelement, "_execution_options", {}), **execution_options}
    if isinstance(options.get("across"), Across):
        return
    missing = _unnamed(clauseelement)
    if missing:
        raise HubError(f"A statement over {', '.join(missing)} does not name its business.", code="scope")
    if not isinstance(options.get("purpose"), Purpose) and _reads_taken(clauseelement):
        raise HubError("A statement that reads busy times does not say for which purpose.", code="scope")
    _passed.add(clauseelement)


def names_business(statement: Any) -> bool:
    """Tell whether a statement may be sent over any connection: it names its business, or says itself why not, and it
    says for what it reads busy times."""
    options = statement.get_execution_options()
    if isinstance(options.get("across"), Across):
        return True
    return not _unnamed(statement) and (isinstance(options.get("purpose"), Purpose) or not _reads_taken(statement))


def _unnamed(clauseelement: Any) -> tuple[str, ...]:
    """Return the names of what a statement touches without naming its business. Raises HubError for a text."""
    if isinstance(clauseelement, TextClause):
        raise HubError("A text statement cannot be checked for its business; build it from the tables.", code="scope")
    if isinstance(clauseelement, Insert):
        clauseelement = clauseelement.select  # the rows that INSERT ... SELECT reads; None for plain values
    if not isinstance(clauseelement, SelectBase | Update | Delete):
        return ()
    key = clauseelement._generate_cache_key()
    return _missing_cached(key.key, _Held(clauseelement)) if key is not None else _missing(clauseelement)


def _reads_taken(statement: Any) -> bool:
    """Tell whether a statement reads rows of `TAKEN`, at its top or in a part; to change or delete them is not that."""
    if isinstance(statement, Insert):
        statement = statement.select
    if not isinstance(statement, SelectBase | Update | Delete):
        return False
    key = statement._generate_cache_key()
    return _reads_cached(key.key, _Held(statement)) if key is not None else _reads(statement)


@lru_cache(maxsize=1024)
def _reads_cached(key: Any, held: _Held) -> bool:
    return _reads(held.statement)


def _reads(statement: ClauseElement) -> bool:
    froms = statement.get_final_froms() if isinstance(statement, Select) else ()
    if any(_name(one) in TAKEN for source in froms for one in _tables(source)):
        return True
    return any(_reads(part) for part in _parts(statement) if isinstance(part, SelectBase | Subquery | CTE))


_passed: WeakSet[Any] = WeakSet()  # statements that name their business; one never changes, it is only copied


class _Held:
    """A statement that does not count for the cache: equal to every other one of the same cache key."""

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=1024)
def _missing_cached(key: Any, held: _Held) -> tuple[str, ...]:
    return _missing(held.statement)


def _missing(statement: ClauseElement, around: Set[FromClause] = frozenset()) -> tuple[str, ...]:
    """Return the names of the tables that the statement touches without naming their business.

    ``around`` are those that a statement around this one names; a part of its conditions may lean on them.
    """
    touched, named, found = set(_touched(statement)), set(around), set[str]()
    same: list[tuple[FromClause, FromClause]] = []
    inner: list[tuple[ClauseElement, bool]] = []
    for part in _parts(statement):
        if isinstance(part, TextClause):
            found.add("a piece of text")
        elif isinstance(part, SelectBase | Subquery | CTE):
            inner.append((part, isinstance(part, SelectBase)))
        elif isinstance(part, ColumnClause) and part.table is not None:
            touched |= set(_tables(part.table))  # an UPDATE reads further tables without a FROM of its own
        elif isinstance(part, BinaryExpression) and part.operator in (eq, in_op):
            left, right = _scope(part.left), _scope(part.right)
            if left is not None and right is not None:
                same.append((left, right))
            named |= {one for one, other in ((left, right), (right, left)) if one is not None and other is None}
    for _ in same:
        named |= {one for pair in same for one in pair if named & set(pair)}
    for part, leans in inner:
        found |= set(_missing(part, named if leans else frozenset()))
    return tuple(sorted(found | {_name(one) for one in touched - named}))


def _parts(statement: ClauseElement) -> Iterator[ClauseElement]:
    """Yield what a statement is made of; what is a statement itself is yielded but not opened."""
    left = [*statement.get_children()]
    while left:
        part = left.pop()
        yield part
        if not isinstance(part, SelectBase | Subquery | CTE):
            left.extend(part.get_children())


def _touched(statement: ClauseElement) -> Iterator[FromClause]:
    if isinstance(statement, Update | Delete):
        yield from _tables(statement.table)
    for source in statement.get_final_froms() if isinstance(statement, Select) else ():
        yield from _tables(source)


def _tables(source: FromClause) -> Iterator[FromClause]:
    """Yield the tables and aliases of tables in a source that belong to businesses. Subqueries are looked at apart."""
    if isinstance(source, Join):
        yield from _tables(source.left)
        yield from _tables(source.right)
    elif isinstance(source.element if isinstance(source, Alias) else source, Table) and SCOPE in source.c:
        yield source


def _scope(side: ColumnElement[Any]) -> FromClause | None:
    """Return the table whose ``business_id`` this is, if it is one."""
    table = getattr(side, "table", None)
    return table if getattr(side, "name", None) == SCOPE and isinstance(table, FromClause) else None


def _name(source: FromClause) -> str:
    table = source.element if isinstance(source, Alias) else source
    return str(getattr(table, "name", table))
