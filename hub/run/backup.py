"""Back up a hub that runs: the data as often as one likes, and of the key store the newest copy alone. Roots never.

Data and key store go to two places. An old key store would bring back people who were erased, so each copy of it takes
the place of the last one.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from hub.core.errors import InputError, StateError
from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.run.dump import dump
from hub.settings import Settings
from hub.store.business import AGENCY
from hub.store.crash import CrashPoint, crash_point
from hub.store.database import Database, open_database
from hub.store.look import revision_name, revision_of
from hub.store.recovery import put_note
from hub.vault.rotate import copy_business_keys

FORMAT = 1
MANIFEST = "manifest.json"
DATA, KEYSTORE = "data", "keystore"
_DRAFT = ".draft-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy is. ``part`` is ``data`` or ``keystore``; ``made_at`` in UTC seconds; ``sha256`` of the file."""

    format: int
    part: str
    kind: str
    file: str
    sha256: str
    bytes: int
    made_at: int
    version: str
    revision: str


@dataclass(frozen=True, slots=True)
class Backup:
    """Where the two copies are."""

    data: Path
    keystore: Path


def back_up(settings: Settings, folder: Path, *, keystore: Path | None = None, clock: Callable[[], int]) -> Backup:
    """Copy the data into a new folder below ``folder``, and the key store over its last copy, and note it.

    ``keystore`` is where the key store goes, a folder ``keystore`` beside unless given. The hub may run. Raises
    InputError for a place that cannot be written, Unavailable if a database cannot be read.
    """
    beside = folder / KEYSTORE if keystore is None else keystore
    now = clock()
    with closing(open_database(settings.database)) as database, closing(open_database(settings.keystore)) as keys:
        if revision_of(database) != "current":
            raise StateError("The database is not up to date, so there is nothing to back up; start the hub once.")
        _make(folder)
        _make(beside)
        copy_business_keys(database, keys)
        for left in (*folder.glob(f"{_DRAFT}*"), *beside.glob(f"{_DRAFT}*")):
            shutil.rmtree(left)
        place = _data(database, folder, now)
        _keystore(keys, beside, now, revision_name(database))
        with keys.writing() as conn:  # the note last: a backup that was stopped is none
            put_note(conn, "backup", now, place.name)
        with database.writing() as conn:
            said = read_manifest(place).sha256
            append(conn, AGENCY, EntryKind.BACKED_UP, {"sha256": said, "name": place.name.lower()}, at=now)
    return Backup(place, beside)


def read_manifest(folder: Path) -> Manifest:
    """Return what a copy says of itself. Raises InputError where there is none that this version knows."""
    problem = ""
    try:
        found = Manifest(**json.loads((folder / MANIFEST).read_text("utf-8")))
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except (ValueError, TypeError):
        problem = "it is no manifest"
    else:
        if found.format == FORMAT and Path(found.file).name == found.file:
            return found
        problem = "another version of the hub wrote it"
    raise InputError("backup", f"{str(folder / MANIFEST)!r} cannot be read ({problem}); name a folder of hub backup.")


def verified(folder: Path, part: str) -> tuple[Manifest, Path]:
    """Return the manifest and the file of a copy whose bytes are those that were written. Raises InputError."""
    manifest = read_manifest(folder)
    file = folder / manifest.file
    if manifest.part != part:
        raise InputError("backup", f"{str(folder)!r} holds a copy of the {manifest.part}, not of the {part}.")
    if not file.is_file() or digest(file) != manifest.sha256:
        raise InputError("backup", f"{str(file)!r} is missing or not what was backed up; take another backup.")
    return manifest, file


def digest(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _data(database: Database, folder: Path, now: int) -> Path:
    draft = folder / f"{_DRAFT}{secrets.token_hex(4)}"
    draft.mkdir(mode=0o700)
    kind, name = _copy(database, draft, "data")
    _write(draft, _manifest(DATA, kind, draft / name, now, revision_name(database)))
    crash_point(CrashPoint.BACKUP_COPIED)
    place = folder / f"hub-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}"
    if place.exists():
        raise StateError(f"{str(place)!r} is there already; wait a second.")
    draft.rename(place)
    _sync(folder)
    crash_point(CrashPoint.BACKUP_IN_PLACE)
    return place


def _keystore(keys: Database, folder: Path, now: int, revision: str) -> None:
    """Copy the key store under a name of its own, then let the manifest name it, then delete all others."""
    kind, name = _copy(keys, folder, f"keystore-{secrets.token_hex(4)}")
    _write(folder, _manifest(KEYSTORE, kind, folder / name, now, revision))
    for file in folder.glob("keystore-*"):
        if file.name != name:
            file.unlink()
    _sync(folder)


def _copy(database: Database, folder: Path, name: str) -> tuple[str, str]:
    file = folder / (f"{name}.sqlite" if database.is_sqlite else f"{name}.zip")
    file.touch(mode=0o600)
    if database.is_sqlite:
        _copy_sqlite(Path(str(database.engine.url.database)), file)
        return "sqlite", file.name
    dump(database, file)
    return "postgresql", file.name


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy all pages as one moment has them; who writes meanwhile is not held up (SQLite's online backup)."""
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, that opens without a second one
        if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise StateError("The copy of the database is damaged, so the database may be as well: hub doctor.")


def _manifest(part: str, kind: str, file: Path, now: int, revision: str) -> Manifest:
    size = file.stat().st_size
    return Manifest(FORMAT, part, kind, file.name, digest(file), size, now, version("frontdesk-hub"), revision)


def _write(folder: Path, manifest: Manifest) -> None:
    draft = folder / f"{MANIFEST}.draft"
    with draft.open("w", encoding="utf-8") as out:
        json.dump(asdict(manifest), out, indent=2)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(folder / MANIFEST)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError("backup", f"{str(folder)!r} cannot be made ({error.strerror}); name another folder.") from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
