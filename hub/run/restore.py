"""Put a backup of the data back, sealed: nothing runs on it until the erasure list has been replayed.

The key store that is there stays: it is newer than the backup, and knows who was erased since. Its own copy is used
only where there is no key store at all.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from hub.core.errors import InputError, StateError
from hub.run.backup import DATA, KEYSTORE, MANIFEST, read_manifest, verified
from hub.run.dump import is_empty, load, passing_database
from hub.run.lock import only_one
from hub.settings import Settings
from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.store.recovery import RESTORED, put_note
from hub.store.schema import make_tables, migrate, tables
from hub.vault.roots import BOTH, Root, check_roots, load_roots

DRAFT = ".restoring"


@dataclass(frozen=True, slots=True)
class Restored:
    """Which copy was put back, and where what was there before is kept, if anything was."""

    name: str
    made_at: int
    before: Path | None


def restore(
    settings: Settings,
    folder: Path,
    *,
    keystore: Path | None = None,
    replace: bool = False,
    clock: Callable[[], int],
) -> Restored:
    """Put the copy in ``folder`` (the newest below it) in the place of the database. The hub must be stopped.

    Raises StateError if the hub runs or, without ``replace``, if there is a database; InputError for a copy that is
    not what was backed up; Sealed when the root keys that are here are not those of the copy. Then nothing was changed.
    """
    place = find_copy(folder)
    manifest, file = verified(place, DATA)
    kept = place.parent / KEYSTORE if keystore is None else keystore
    with only_one(settings.data_dir.resolve()):
        _restore_keystore(settings, kept)
        with closing(open_database(settings.keystore)) as keys:
            if (manifest.kind == "sqlite") != make_url(settings.database).drivername.startswith("sqlite"):
                raise InputError("restore", f"the copy is one of {manifest.kind}, and HUB_DATABASE_URL is not.")

            def seal() -> None:
                with keys.writing() as conn:
                    put_note(conn, RESTORED, clock(), place.name)
                crash_point(CrashPoint.RESTORE_SEALED)

            put_back = _sqlite if manifest.kind == "sqlite" else _postgresql
            before = put_back(settings, file, keys, seal, replace=replace, now=clock())
            with keys.writing() as conn:
                put_note(conn, "restore", clock(), place.name)
    return Restored(place.name, manifest.made_at, before)


def find_copy(folder: Path) -> Path:
    """Return the folder of a copy of the data: the one given, or the newest below it. Raises InputError."""
    if (folder / MANIFEST).is_file():
        return folder
    below = sorted(one for one in folder.glob("hub-*") if (one / MANIFEST).is_file()) if folder.is_dir() else []
    if not below:
        raise InputError("restore", f"there is no backup in {str(folder)!r}; name the folder that hub backup wrote to.")
    return below[-1]


def drill(settings: Settings, folder: Path, look: Callable[[Settings], str], *, clock: Callable[[], int]) -> str:
    """Restore the newest copy into a place that is thrown away, let ``look`` look at it, and note that it was done.

    The place is a folder, for PostgreSQL a database beside the hub's own. The roots and a copy of the key store of this
    hub are used; the hub may run. Raises StateError where the user of the database may make none.
    """
    place = find_copy(folder)
    on_sqlite = make_url(settings.database).drivername.startswith("sqlite")
    beside = nullcontext("") if on_sqlite else passing_database(settings.database)
    with tempfile.TemporaryDirectory(prefix="hub-drill-") as name, beside as address:
        own: dict[str, object] = {
            "data_dir": Path(name),
            "database_url": SecretStr(address),
            "keystore_url": SecretStr(""),
            "credential_root": settings.credential_root_file,
            "data_root": settings.data_root_file,
            "broker_socket": Path(""),
        }
        apart = settings.model_copy(update=own)
        with closing(open_database(settings.keystore)) as keys, closing(open_database(apart.keystore)) as copy:
            _copy_keys(keys, copy)
        restore(apart, place, clock=clock)
        said = look(apart)
    with closing(open_database(settings.keystore)) as keys, keys.writing() as conn:
        put_note(conn, "drill", clock(), place.name)
    return said


def _copy_keys(keys: Database, copy: Database) -> None:
    """Copy a key store, as one moment has it, whatever kind of database either is."""
    _, shapes = tables()
    everywhere = {"across": Across.OPERATOR}
    shapes.create_all(copy.engine)
    with keys.reading() as source, copy.writing() as target:
        for table in shapes.sorted_tables:
            for rows in source.execute(table.select(), execution_options=everywhere).partitions(1000):
                target.execute(table.insert(), [dict(row._mapping) for row in rows])


def _sqlite(
    settings: Settings, file: Path, keys: Database, seal: Callable[[], None], *, replace: bool, now: int
) -> Path | None:
    live = Path(str(make_url(settings.database).database))
    if live.exists() and not replace:
        raise StateError(
            f"There is a database already ({str(live)!r}). To put the backup in its place, say --replace; it is kept "
            "beside it."
        )
    live.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = live.with_name(live.name + DRAFT)
    for left in _with_logs(draft):
        left.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    shutil.copyfile(file, draft)
    with closing(open_database(f"sqlite:///{draft}")) as database:
        migrate(database, keys)
        _check(settings, database)
    with closing(sqlite3.connect(draft)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for log in _with_logs(draft)[1:]:
        log.unlink(missing_ok=True)
    crash_point(CrashPoint.RESTORE_COPIED)
    seal()
    before = None
    if live.exists():
        before = live.with_name(f"{live.name}.before-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}")
        with suppress(sqlite3.Error), closing(sqlite3.connect(live)) as conn:  # it may be damaged: that is why
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for log in _with_logs(live)[1:]:
            if log.exists():
                log.replace(log.with_name(log.name.replace(live.name, before.name)))
        live.replace(before)
    for log in _with_logs(live)[1:]:
        log.unlink(missing_ok=True)
    draft.replace(live)
    _sync(live.parent)
    crash_point(CrashPoint.RESTORE_MOVED)
    return before


def _postgresql(
    settings: Settings, file: Path, keys: Database, seal: Callable[[], None], *, replace: bool, now: int
) -> None:
    with closing(open_database(settings.database)) as database:
        if not is_empty(database):
            raise StateError(
                "The database of HUB_DATABASE_URL is not empty. Make an empty one, point the setting at it, and type "
                "this again; the old one stays as it is."
            )
        make_tables(database, read_manifest(file.parent).revision)
        crash_point(CrashPoint.RESTORE_COPIED)
        seal()
        load(database, file)
        migrate(database, keys)
        _check(settings, database)
    crash_point(CrashPoint.RESTORE_MOVED)


def _check(settings: Settings, database: Database) -> None:
    """Compare the roots that are here with those of the copy. Raises Sealed with the way out."""
    check_roots(database, load_roots(settings, _needed(settings)))


def _needed(settings: Settings) -> Collection[Root]:
    here = os.path.lexists(settings.credential_root_file)
    return {Root.DATA} if settings.broker_is_apart and not here else BOTH


def _restore_keystore(settings: Settings, folder: Path) -> None:
    """Put the copy of the key store back where there is none: what is there is newer, and stays."""
    url = make_url(settings.keystore)
    sqlite = url.drivername.startswith("sqlite")
    target = Path(str(url.database))
    if sqlite and target.exists():
        return
    if not sqlite:
        with closing(open_database(settings.keystore)) as keys:
            if not is_empty(keys):
                return
    if not (folder / MANIFEST).is_file():
        raise InputError(
            "restore",
            "there is no key store here, and no copy of it: without it names and addresses cannot be read. Name the "
            "folder with its copy: --keystore.",
        )
    _, file = verified(folder, KEYSTORE)
    if not sqlite:
        with closing(open_database(settings.keystore)) as keys:
            tables()[1].create_all(keys.engine)
            load(keys, file)
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(target.name + DRAFT)
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    shutil.copyfile(file, draft)
    draft.replace(target)
    _sync(target.parent)


def _with_logs(file: Path) -> list[Path]:
    return [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))]


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
