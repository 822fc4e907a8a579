"""Statements that are built once. To build one anew takes four times as long as to run it (docs/benchmarks.md).

A prepared statement is a function that returns its rows, with a parameter for each value::

    @prepared
    def _one(business_id: Any, booking_id: Any) -> Executable:
        return select(Booking.__table__).where(Booking.business_id == business_id, Booking.id == booking_id)


    row = _one(conn, business_id=business_id, booking_id=booking_id).one_or_none()
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from inspect import signature
from typing import Any

from sqlalchemy import Connection, Executable, bindparam

from hub.store.direct import Direct, Rows, is_watched
from hub.store.guard import names_business

MANY: Any = object()
"""The default of a parameter whose value is a list, for ``IN``."""

_LONGEST = 512
"""A longer list goes the slower way: it is not worth a statement of its own."""

Run = Callable[..., Rows]


def prepared(build: Callable[..., Executable], *, named: bool = True) -> Run:
    """Return what runs the statement: called with a connection and the values by name.

    ``build`` is called at the first run, with a bound parameter for each of its own, and once more for some lengths
    of a list. A value more than that is one of a column, for an INSERT or UPDATE whose columns are not always the same.
    Unless they are ``named``, its rows are plain tuples, of which thousands cost less.
    """
    parameters = signature(build).parameters
    # Bound parameters of the name of a column would be taken for a value of that column.
    names = {name: f"given_{name}" for name in parameters}
    lists = [name for name, one in parameters.items() if one.default is MANY]
    kept: dict[Any, Direct] = {}
    usual: list[Executable] = []

    def run(conn: Connection, **given: Any) -> Rows:
        if is_watched(conn):
            return anyhow(conn, given)
        known: Any = conn.dialect.name, *given
        for name in lists:
            if not 0 < len(given[name]) <= _LONGEST:
                return anyhow(conn, given)
            given[name] = padded = _padded(given[name])
            known += (len(padded),)
        direct = kept.get(known)
        if direct is None:
            bound = {name: _bound(names[name], len(given[name]) if name in lists else None) for name in parameters}
            statement = build(**bound)
            if not names_business(statement):
                return anyhow(conn, given)
            own = {names[name]: name for name in parameters if name not in lists}
            own |= {one.key: one.key for name in lists for one in bound[name]}
            direct = kept[known] = Direct(statement, conn.dialect, own, given.keys() - parameters.keys(), named=named)
        for name in lists:
            given |= zip(_places(names[name], len(given[name])), given.pop(name), strict=True)
        return direct.run(conn, given)

    def anyhow(conn: Connection, given: dict[str, Any]) -> Rows:
        """Run it as any other statement: for lists that are empty or long, and whoever looks at what is sent."""
        if not usual:
            usual.append(build(**{name: bindparam(names[name], expanding=name in lists) for name in parameters}))
        result = conn.execute(usual[0], {names.get(name, name): value for name, value in given.items()})
        rows = Rows(result.all() if result.returns_rows else ())
        rows.rowcount = result.rowcount
        return rows

    run.__doc__ = build.__doc__
    return run


def _padded(values: Collection[Any]) -> list[Any]:
    """Return a list with its last value repeated, so that there are few lengths."""
    found = [*values]
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found))


def _bound(name: str, length: int | None) -> Any:
    """Return a bound parameter, or one for each value of a list of that length."""
    if length is None:
        return bindparam(name, required=False)
    return [bindparam(one, required=False) for one in _places(name, length)]


@lru_cache
def _places(name: str, length: int) -> tuple[str, ...]:
    return tuple(f"{name}_{place}" for place in range(length))
