"""A statement in the words of one driver, which is run on the driver's own cursor.

To run one through SQLAlchemy's `Connection.execute` costs four times as much as the driver itself, on SQLite. What it
adds (values and columns converted by their types, errors of one kind, rows with names) is worked out here once for
each statement. What follows is for `hub.store.prepared` alone, which has checked that the statement names its business.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Self

from sqlalchemy import Connection, Dialect, Executable, Row
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.sql import Delete, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

_Convert = Callable[[Any], Any]


class Values(list[Any]):
    """A list of values, as of one column of an answer."""

    def all(self) -> Self:
        """Return all of them."""
        return self

    def first(self) -> Any:
        """Return the first one; None without any."""
        return self[0] if self else None


class Rows(Values):
    """The rows of an answer: tuples whose parts also have the names of their columns.

    ``rowcount`` is how many rows were found or changed, as the driver tells it.
    """

    rowcount = -1

    def one(self) -> Row[*tuple[Any, ...]]:
        """Return the only row. Raises NoResultFound, MultipleResultsFound."""
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("No row was found when one was required")
        return row

    def one_or_none(self) -> Row[*tuple[Any, ...]] | None:
        """Return the only row, None without one. Raises MultipleResultsFound."""
        if len(self) > 1:
            raise MultipleResultsFound("Several rows were found when one at most was required")
        row: Row[*tuple[Any, ...]] | None = self.first()
        return row

    def scalars(self) -> Values:
        """Return the first column."""
        return Values(row[0] for row in self)

    def scalar(self) -> Any:
        """Return the first column of the first row; None without one."""
        return self[0][0] if self else None

    def scalar_one(self) -> Any:
        """Return the first column of the only row. Raises as `one`."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """Return the first column of the only row, None without one. Raises MultipleResultsFound."""
        row = self.one_or_none()
        return None if row is None else row[0]


class Direct:
    """One statement for one dialect, which is run with a value for each of its own parameters and for ``columns``.

    ``own`` says for each parameter as which name its value is given. Rows are plain tuples unless they are ``named``.
    """

    def __init__(
        self,
        statement: Executable,
        dialect: Dialect,
        own: Mapping[str, str],
        columns: Iterable[str],
        *,
        named: bool = True,
    ) -> None:
        assert isinstance(statement, Select | Insert | Update | Delete)
        options = {"render_postcompile": True}
        compiled = statement.compile(dialect=dialect, column_keys=[*columns], compile_kwargs=options)
        assert isinstance(compiled, SQLCompiler)
        assert not any((compiled.insert_prefetch, compiled.update_prefetch))  # defaults that SQLAlchemy would make
        given_as = {name: own.get(name, name) for name in (*compiled.bind_names.values(), *compiled.params)}
        given = {*own.values(), *columns}
        self._text = compiled.string
        self._order = [given_as.get(name, name) for name in compiled.positiontup or ()]
        self._names = given_as if compiled.positiontup is None else None
        self._constants = {name: value for name, value in compiled.params.items() if own.get(name, name) not in given}
        self._given = _converters(
            (given_as[name], one.type.dialect_impl(dialect).bind_processor(dialect))
            for one, name in compiled.bind_names.items()
        )
        self._shown = _converters(
            (place, one.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, one in enumerate(statement.exported_columns)
        )
        self._make: Callable[[Iterable[Any]], Any] | None = None if named else tuple

    def run(self, conn: Connection, values: dict[str, Any]) -> Rows:
        """Return what the database answers. Raises what `Connection.execute` raises."""
        if not conn.in_transaction():
            conn.begin()
        if self._constants:
            values |= self._constants
        for name, convert in self._given:
            values[name] = convert(values[name])
        sent: Any = [values[name] for name in self._order]
        if self._names is not None:
            sent = {name: values[given] for name, given in self._names.items() if given in values}
        cursor: Any = conn.connection.cursor()
        try:
            cursor.execute(self._text, sent)
            rows = Rows(self._shaped(cursor)) if cursor.description is not None else Rows()
            rows.rowcount = cursor.rowcount
            return rows
        except conn.dialect.loaded_dbapi.Error as error:
            problem = error
        finally:
            cursor.close()
        raise _as_known(conn, self._text, problem) from problem

    def _shaped(self, cursor: Any) -> Iterable[Any]:
        if self._make is None:
            names = [column[0] for column in cursor.description]
            row: Any = namedtuple("row", names, rename=True)  # type: ignore[misc]  # known only now
            self._make = partial(tuple.__new__, row)  # as its own _make, without a look at the length
        found = cursor.fetchall()
        shown = self._converted(found) if self._shown else found
        return shown if self._make is tuple else map(self._make, shown)

    def _converted(self, rows: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        """Return the rows with their values converted, column by column: that is a third of the work of row by row."""
        columns: list[Iterable[Any]] = [*zip(*rows, strict=True)]
        for place, convert in self._shown if columns else ():
            columns[place] = map(convert, columns[place])
        return zip(*columns, strict=True)


def is_watched(conn: Connection) -> bool:
    """Tell whether somebody looks at what is sent: then it must go SQLAlchemy's way, which tells them."""
    return bool(conn.engine.dispatch.before_cursor_execute)


def send(conn: Connection, text: str) -> None:
    """Send a command of the database that has neither values nor rows. Raises as `Direct.run`."""
    if is_watched(conn):
        conn.exec_driver_sql(text)
        return
    cursor = conn.connection.cursor()
    try:
        cursor.execute(text)
        return
    except conn.dialect.loaded_dbapi.Error as error:
        problem = error
    finally:
        cursor.close()
    raise _as_known(conn, text, problem) from problem


def _as_known(conn: Connection, text: str, problem: Exception) -> Exception:
    """Return an error of the driver as SQLAlchemy's, without the values that were sent."""
    kind, dialect = conn.dialect.loaded_dbapi.Error, conn.dialect
    known: Any = DBAPIError.instance(text, None, problem, kind, hide_parameters=True, dialect=dialect)
    assert isinstance(known, Exception)
    return known


def _converters(found: Iterable[tuple[Any, _Convert | None]]) -> list[tuple[Any, _Convert]]:
    return [(name, convert) for name, convert in found if convert is not None]
