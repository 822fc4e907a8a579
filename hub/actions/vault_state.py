"""How the vault is: roots, versions and ages of keys, rotations, backups, sealed or not. For a page and for doctor."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import sqlalchemy as sa

from hub.core.security import Kind
from hub.parts import Hub
from hub.settings import Settings
from hub.store.keys import list_root_checks
from hub.store.recovery import RESTORED, find_note, put_note
from hub.store.rotation import all_business_keys, all_connection_keys, last_rotations
from hub.store.security import SecurityEvent, count_events
from hub.vault.roots import Root, next_file, root_file
from hub.vault.rotate_root import old_files
from hub.vault.uses import CAP

ROOT_COPIES = "root_copies"
LEAK_DAYS = 30


@dataclass(frozen=True, slots=True)
class RootState:
    """One root as this process sees it. ``mode`` is empty where there is no file; ``made_at`` in UTC seconds.

    ``mark`` tells two roots apart and says nothing of either; ``copied``: somebody noted that a copy of it is kept.
    """

    root: Root
    mode: str
    made_at: int | None
    generation: int
    mark: str
    copied: bool
    rotating: bool
    old: int


@dataclass(frozen=True, slots=True)
class KeysState:
    """Keys of one kind: how many things have one, how many versions there are, when the oldest newest one was made,
    and about how often the most used one sealed, of ``cap``."""

    kind: str
    count: int
    versions: int
    oldest_at: int | None
    most_used: int
    cap: int = CAP


@dataclass(frozen=True, slots=True)
class RotationState:
    """A rotation, begun or ended. Times in UTC seconds."""

    kind: str
    phase: str
    done: int
    started_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Noted:
    """When something was done last, and a word about it."""

    at: int
    detail: str


@dataclass(frozen=True, slots=True)
class VaultState:
    """All of it. ``sealed_since`` is set after a restore until the erasure list was replayed.

    ``leaks``: how many answers and mails were kept back in the last 30 days because a live token was in them.
    """

    roots: tuple[RootState, ...]
    keys: tuple[KeysState, ...]
    rotations: tuple[RotationState, ...]
    backup: Noted | None
    restore: Noted | None
    drill: Noted | None
    sealed_since: int | None
    leaks: int


def vault_state(hub: Hub) -> VaultState:
    """Return how the vault is, without a key and without what a key opens."""
    with hub.database.reading() as conn, hub.keystore.reading() as keys:
        return read_state(hub.settings, conn, keys, hub.clock())


def read_state(settings: Settings, conn: sa.Connection, keys: sa.Connection, now: int) -> VaultState:
    """Return the same from the two databases: for what looks without a hub."""
    copied = find_note(keys, ROOT_COPIES)
    marks = set() if copied is None else set(copied[1].split())
    business, connection = all_business_keys(conn), all_connection_keys(conn)
    rotations = last_rotations(conn)
    sealed = find_note(keys, RESTORED)
    return VaultState(
        tuple(_root(settings, conn, root, marks) for root in Root),
        (
            _keys("business", [(row.business_id, row) for row in business]),
            _keys("connection", [(row.connection_id, row) for row in connection]),
        ),
        tuple(RotationState(row.kind, row.phase, row.done, row.started_at, row.ended_at) for row in rotations),
        _noted(keys, "backup"),
        _noted(keys, "restore"),
        _noted(keys, "drill"),
        None if sealed is None else sealed[0],
        count_events(conn, SecurityEvent.kind == Kind.LEAK_STOPPED, SecurityEvent.at > now - LEAK_DAYS * 86_400),
    )


def note_root_copies(hub: Hub) -> tuple[str, ...]:
    """Note that copies of the present roots are kept elsewhere, and return their marks."""
    with hub.database.reading() as conn:
        marks = tuple(mark for root in Root if (mark := _mark(conn, root)))
    with hub.keystore.writing() as keys:
        put_note(keys, ROOT_COPIES, hub.clock(), " ".join(marks))
    return marks


def _root(settings: Settings, conn: sa.Connection, root: Root, marks: set[str]) -> RootState:
    file, mode, made_at = root_file(settings, root), "", None
    if os.path.lexists(file):
        about = file.stat(follow_symlinks=False)
        mode, made_at = f"{about.st_mode & 0o777:04o}", int(about.st_mtime)
    rows = list_root_checks(conn, root)
    generation = max((row.generation for row in rows), default=0)
    rotating = any(row.root == f"{root}.next" for row in rows) or os.path.lexists(next_file(settings, root))
    mark = _mark(conn, root)
    return RootState(root, mode, made_at, generation, mark, mark in marks, rotating, len(old_files(settings, root)))


def _mark(conn: sa.Connection, root: Root) -> str:
    for row in list_root_checks(conn, root):
        if row.root == root:
            return hashlib.sha256(row.salt + row.check).hexdigest()[:12]
    return ""


def _keys(kind: str, rows: list[tuple[str, sa.Row[tuple[object, ...]]]]) -> KeysState:
    newest: dict[str, int] = {}
    for name, row in rows:
        newest[name] = max(newest.get(name, 0), row.made_at)
    most = max((row.uses for _, row in rows), default=0)
    return KeysState(kind, len(newest), len(rows), min(newest.values(), default=None), most)


def _noted(keys: sa.Connection, name: str) -> Noted | None:
    found = find_note(keys, name)
    return None if found is None else Noted(*found)
