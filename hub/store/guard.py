"""Every query says for which business it is: checked on each statement, before it is sent.

A SELECT, UPDATE or DELETE that touches a table with a ``business_id`` must compare that column. Work that truly spans
businesses (the relay, the sweeper) says so with ``execution_options(across=Across.RELAY)``: a closed, searchable list.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Delete, Engine, Select, Table, Update, event
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement, ColumnElement, TextClause
from sqlalchemy.sql.operators import eq, in_op

from hub.core.errors import HubError

SCOPE = "business_id"


class Across(StrEnum):
    """Why a statement may span businesses."""

    RELAY = "the relay hands work of all businesses to the queue"
    SWEEP = "the clock looks for lapsed holds, old cells and stale calendars of all businesses"
    OPERATOR = "the operator's own commands count and list rows of all businesses"


def guard(engine: Engine) -> None:
    """Make the engine refuse statements that do not name their business."""
    event.listen(engine, "before_execute", _check, named=True)


def _check(conn: Connection, clauseelement: Any, execution_options: dict[str, Any], **_: Any) -> None:
    # The connection's own options count too: migrations run their DDL and their version table under OPERATOR.
    options = {**conn.get_execution_options(), **getattr(clauseelement, "_execution_options", {}), **execution_options}
    if isinstance(options.get("across"), Across):
        return
    if isinstance(clauseelement, TextClause):
        raise HubError("A text statement cannot be checked for its business; build it from the tables.", code="scope")
    if not isinstance(clauseelement, Select | Update | Delete):
        return
    key = clauseelement._generate_cache_key()
    missing = _missing_cached(key.key, _Held(clauseelement)) if key is not None else _missing(clauseelement)
    if missing:
        raise HubError(f"A statement over {', '.join(missing)} does not name its business.", code="scope")


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


def _missing(statement: ClauseElement) -> tuple[str, ...]:
    touched, named = set(), set()
    for part in visitors.iterate(statement):
        if isinstance(part, Table) and SCOPE in part.c:
            touched.add(part.name)
        elif isinstance(part, BinaryExpression) and part.operator in (eq, in_op):
            named |= set(_scoped(part.left)) | set(_scoped(part.right))
    if isinstance(statement, Update | Delete):
        table = statement.table
        if isinstance(table, Table) and SCOPE in table.c:
            touched.add(table.name)
    return tuple(sorted(touched - named))


def _scoped(side: ColumnElement[Any]) -> Iterator[str]:
    if getattr(side, "name", None) == SCOPE and isinstance(getattr(side, "table", None), Table):
        yield side.table.name
