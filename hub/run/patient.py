"""The installation that `hub doctor` looks at: its settings, its databases opened for reading, whether it runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import inspect, select
from sqlalchemy.exc import SQLAlchemyError

from hub.core.errors import HubError
from hub.registry import Registry, installed
from hub.run.lock import FILE
from hub.settings import Settings
from hub.store.database import Database
from hub.store.look import open_to_look, revision_of
from hub.store.outbox import Lease

CLOCK = "clock"
"""The lease that a running clock holds, as in `hub.jobs.clock`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A database, or None with the reason: empty where there is no file yet."""

    database: Database | None
    problem: str = ""


class Patient:
    """Looks once at each thing that several checks ask for. Nothing is made or changed."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings, self.environ = settings, environ
        self.now = int(time.time())

    @cached_property
    def database(self) -> Opened:
        """The database."""
        return _opened(self.settings.database)

    @cached_property
    def keystore(self) -> Opened:
        """The key store."""
        return _opened(self.settings.keystore)

    @cached_property
    def revision(self) -> str:
        """How far the database is (`revision_of`), or ``unreadable``; empty where there is none to read."""
        if self.database.database is None:
            return ""
        try:
            return revision_of(self.database.database)
        except (HubError, SQLAlchemyError, CommandError):
            return "unreadable"

    @property
    def data(self) -> Database | None:
        """The database, if it is one whose tables this version can read."""
        return self.database.database if self.revision == "current" else None

    @cached_property
    def has_clock(self) -> bool:
        """Whether a clock holds its lease now."""
        if self.data is None:
            return False
        with self.data.reading() as conn:
            until = conn.scalar(select(Lease.until).where(Lease.name == CLOCK))
        return until is not None and until >= self.now

    @cached_property
    def is_supervised(self) -> bool:
        """Whether a `hub up` holds the lock of the data folder."""
        return _is_locked(self.settings.data_dir.resolve() / FILE)

    @cached_property
    def registry(self) -> Registry:
        """The plugins."""
        folder = self.settings.plugins_dir if self.settings.plugins_dir != Path("") else None
        return Registry(installed(folder), off=self.settings.plugins_off)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("database", "keystore"):
            opened = self.__dict__.get(name)
            if opened is not None and opened.database is not None:
                opened.database.close()


def _opened(address: str) -> Opened:
    try:
        database = open_to_look(address)
        if database is None:
            return Opened(None)
        with database.reading() as conn:
            # The tables' names are read from the file, so that one which is damaged or none shows here.
            inspect(conn).get_table_names()
        return Opened(database)
    except HubError as error:
        return Opened(None, error.message)


def _is_locked(file: Path) -> bool:
    """Tell whether a process has a lock on a file, without trying to take it: that could stop a start just then."""
    try:
        about = file.stat()
        locks = Path("/proc/locks").read_text()
    except OSError:
        return False
    return any(
        line.split()[5].rpartition(":")[2] == str(about.st_ino) for line in locks.splitlines() if "FLOCK" in line
    )
