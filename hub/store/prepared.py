"""Statements that are built once. To build one anew takes four times as long as to run it (docs/benchmarks.md).

A prepared statement is a function that returns its rows, with a parameter for each value::

    @prepared
    def _one(business_id: Any, booking_id: Any) -> Executable:
        return select(Booking.__table__).where(Booking.business_id == business_id, Booking.id == booking_id)


    row = _one(conn, business_id=business_id, booking_id=booking_id).one_or_none()
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, bindparam

from hub.store.direct import Direct, Rows
from hub.store.guard import names_business

MANY: Any = object()
"""The default of a parameter whose value is a list, for ``IN``."""

_LONGEST = 100
"""A list may have this many values for the statement to be kept for its length."""

Run = Callable[..., Rows]


def prepared(build: Callable[..., Executable], *, named: bool = True) -> Run:
    """Return what runs the statement: called with a connection and the values by name.

    ``build`` is called at the first run, with a bound parameter for each of its own, and once more for each length of
    a list. A value more than that is one of a column, for an INSERT or UPDATE whose columns are not always the same.
    Unless they are ``named``, its rows are plain tuples, of which thousands cost less.
    """
    parameters = signature(build).parameters
    # Bound parameters of the name of a column would be taken for a value of that column.
    names = {name: f"given_{name}" for name in parameters}
    lists = [name for name, one in parameters.items() if one.default is MANY]
    kept: dict[Any, Direct] = {}
    usual: list[Executable] = []

    def run(conn: Connection, **given: Any) -> Rows:
        lengths = [len(given[name]) for name in lists]
        if conn.dispatch.before_cursor_execute or not all(0 < one <= _LONGEST for one in lengths):
            return anyhow(conn, given)
        dialect = conn.dialect
        known = dialect.name, *lengths, *given
        direct = kept.get(known)
        if direct is None:
            statement = build(**{name: _bound(name, given[name], name in lists) for name in parameters})
            if not names_business(statement):
                return anyhow(conn, given)
            direct = kept[known] = Direct(statement, dialect, given.keys() - parameters.keys(), named=named)
        values = {names.get(name, name): value for name, value in given.items()}
        for name in lists:
            values |= {f"given_{name}_{place}": value for place, value in enumerate(values.pop(names[name]))}
        return direct.run(conn, values)

    def anyhow(conn: Connection, given: dict[str, Any]) -> Rows:
        """Run it as any other statement: for lists of odd lengths, and for whoever looks at what is sent."""
        if not usual:
            usual.append(build(**{n: bindparam(names[n], expanding=n in lists) for n in parameters}))
        result = conn.execute(usual[0], {names.get(name, name): value for name, value in given.items()})
        return Rows(result.all() if result.returns_rows else (), result.rowcount)

    run.__doc__ = build.__doc__
    return run


def _bound(name: str, value: Any, many: bool) -> BindParameter[Any] | list[BindParameter[Any]]:
    if many:
        return [bindparam(f"given_{name}_{place}", required=False) for place in range(len(value))]
    return bindparam(f"given_{name}", required=False)
