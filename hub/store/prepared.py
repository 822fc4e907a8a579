"""Statements that are built once. To build one anew takes four times as long as to run it (docs/benchmarks.md).

A prepared statement is a function that returns it, with a parameter for each value::

    @prepared
    def _one(business_id: Any, booking_id: Any) -> Executable:
        return select(Booking.__table__).where(Booking.business_id == business_id, Booking.id == booking_id)


    row = _one(conn, business_id=business_id, booking_id=booking_id).one_or_none()
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from sqlalchemy import BindParameter, Connection, CursorResult, Executable, bindparam

MANY: Any = object()
"""The default of a parameter whose value is a list, for ``IN``."""

Run = Callable[..., CursorResult[*tuple[Any, ...]]]


def prepared(build: Callable[..., Executable]) -> Run:
    """Return what runs the statement: called with a connection and the values by name.

    ``build`` is called once, at the first run, with a bound parameter for each of its own. A value more than that is
    one of a column, for an INSERT or UPDATE whose columns are not always the same.
    """
    # Bound parameters of the name of a column would be taken for a value of that column.
    params: dict[str, BindParameter[Any]] = {
        name: bindparam(f"given_{name}", expanding=one.default is MANY)
        for name, one in signature(build).parameters.items()
    }
    names = {name: param.key for name, param in params.items()}
    known: list[Executable] = []

    def run(conn: Connection, **given: Any) -> CursorResult[*tuple[Any, ...]]:
        if not known:
            known.append(build(**params))
        values = {names.get(name, name): value for name, value in given.items()}
        return conn.execute(known[0], values)

    run.__doc__ = build.__doc__
    return run
