"""Rotate keys while the hub works: one at a time, in small steps, and going on after a kill with the same call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.core.errors import StateError
from hub.core.ledger import EntryKind
from hub.ledger.append import append
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.ids import new_id
from hub.store.outbox import release_lease, take_lease
from hub.store.rotation import add_rotation, move_rotation, open_rotation
from hub.store.signed import last_signed_until
from hub.vault.roots import Root
from hub.vault.rotate import (
    Vault,
    copy_business_keys,
    destroy_versions,
    make_versions,
    renew_connections,
    reseal_texts,
    rewrap_people,
)
from hub.vault.rotate_index import read_calendars_anew, rehash_calendars, rehash_people, rehash_users
from hub.vault.rotate_root import begin_root, give_up_old, put_in_place, rewrap_keys, take_root
from hub.vault.rotate_secrets import destroy_secret_versions, make_secret_version
from hub.vault.sealed_texts import Batch
from hub.vault.secret_versions import USED_AFTER

LEASE = 15
"""Seconds after which a rotation that was killed may be gone on with."""

SETTLE = 900
"""Seconds that an old version of a business's key is kept once nothing names it: longer than any effect may take."""

FORMS = 14 * 86_400
"""Seconds that a form, or a page for somebody who signs in, may lie open: as long as a session."""

BATCH = 200


class Keys(StrEnum):
    """What is rotated."""

    BUSINESS = "business"  # keys of businesses; below them the keys of people, texts of staff and users
    CONNECTION = "connection"  # keys of connections, with their credentials
    DATA_ROOT = "data_root"
    CREDENTIAL_ROOT = "credential_root"
    DOORS = "doors"  # keys that sign links, forms and tickets
    INDEX = "index"  # keys of hashes by which people, users and events are found

    @property
    def root(self) -> Root | None:
        """The root, where one is rotated."""
        return {Keys.DATA_ROOT: Root.DATA, Keys.CREDENTIAL_ROOT: Root.CREDENTIAL}.get(self)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is. ``ended``, or old versions are destroyed from ``destroy_at`` on, by the clock or a call
    (of the index: the next call goes on from then).

    ``broken`` records did not open before either and were left as they are.
    """

    keys: Keys
    done: int
    broken: int
    ended: bool
    destroy_at: int | None = None


@dataclass
class _Run:
    """One call: keeps the lease, and writes down what was done."""

    hub: Hub
    id: str
    owner: str = field(default_factory=new_id)
    held_at: float = -LEASE
    broken: int = 0

    @property
    def vault(self) -> Vault:
        return Vault(self.hub.database, self.hub.keystore, self.hub.keyring)

    def hold(self) -> None:
        if time.monotonic() - self.held_at < LEASE / 4:
            return
        now = self.hub.clock()
        try:
            with self.hub.database.writing() as conn:
                taken = take_lease(conn, "rotation", self.owner, now=now, until=now + LEASE)
        except IntegrityError:  # another process made the row between our look and our write
            taken = False
        if not taken:
            raise StateError(
                f"Another rotation runs, or ended less than {LEASE} seconds ago without saying so. Look again then.",
                code="rotating",
            )
        self.held_at = time.monotonic()

    def step(self, steps: Iterable[Batch]) -> None:
        """Take each step, and write down how many records it did."""
        waiting, said = 0, time.monotonic()
        for batch in steps:
            self.hold()
            self.broken += batch.broken
            waiting += batch.done
            if time.monotonic() - said > 1:
                self.move(done=waiting)
                waiting, said = 0, time.monotonic()
        self.move(done=waiting)

    def move(self, **values: object) -> None:
        with self.hub.database.writing() as conn:
            move_rotation(conn, self.id, self.hub.clock(), **values)  # type: ignore[arg-type]


def rotate(
    hub: Hub, keys: Keys, *, batch: int = BATCH, open_only: bool = False, at_once: bool = False
) -> Progress | None:
    """Rotate keys, or go on with a rotation of them that has not ended; with ``open_only`` only that.

    ``at_once`` destroys old versions as soon as no process uses them any more, whatever they signed. Raises StateError
    with the code ``rotating`` while another one runs. Returns None if ``open_only`` found nothing.
    """
    run = _Run(hub, "")
    run.hold()
    try:
        if not _begin(run, keys, begin=not open_only):
            return None
        phases = _ROOT if keys.root else _PHASES[keys]
        while True:
            with hub.database.reading() as conn:
                row = open_rotation(conn, keys)
                until = _settled_at(conn, keys, row, at_once=at_once) if row and row.phase in _WAITS else 0
            assert row is not None
            if hub.clock() < until:
                return Progress(keys, row.done, run.broken, False, until)
            phases[row.phase](run, keys, row.started_at, batch)
            names = list(phases)
            following = names[names.index(row.phase) + 1 :]
            if not following:
                return Progress(keys, _end(run, keys), run.broken, True)
            run.move(phase=following[0])
    finally:
        with hub.database.writing() as conn:
            release_lease(conn, "rotation", run.owner)


def finish_root(hub: Hub, root: Root) -> list[Path]:
    """Delete the files of former roots, and return which: backups from before the rotation need them to open."""
    return give_up_old(Vault(hub.database, hub.keystore, hub.keyring), hub.settings, root)


def settle_rotations(hub: Hub) -> None:
    """Destroy old versions of keys whose time has come: the clock's part in a rotation."""
    for keys in (Keys.BUSINESS, Keys.DOORS):
        with hub.database.reading() as conn:
            row = open_rotation(conn, keys)
            is_due = row is not None and row.phase == "settle" and hub.clock() >= _settled_at(conn, keys, row)
        if is_due:
            rotate(hub, keys, open_only=True)


def _settled_at(conn: sa.Connection, keys: Keys, row: sa.Row[Any], *, at_once: bool = False) -> int:
    """Return when old versions may be destroyed: nobody reads by them, or what they signed has lapsed."""
    if keys is Keys.BUSINESS:
        return int(row.changed_at) + SETTLE
    until = int(row.changed_at) + 2 * USED_AFTER  # from then on every process signs and writes by the new one
    return until if at_once or keys is Keys.INDEX else max(until + FORMS, last_signed_until(conn, until))


def _begin(run: _Run, keys: Keys, *, begin: bool) -> bool:
    hub, now = run.hub, run.hub.clock()
    with hub.database.writing() as conn:
        row = open_rotation(conn, keys)
        if row is None and begin:
            run.id = new_id()
            add_rotation(conn, run.id, keys, "make", now)
        elif row is not None:
            run.id = row.id
    return bool(run.id)


def _end(run: _Run, keys: Keys) -> int:
    hub, now = run.hub, run.hub.clock()
    with hub.database.writing() as conn:
        row = open_rotation(conn, keys)
        assert row is not None
        move_rotation(conn, run.id, now, ended_at=now)
        append(conn, AGENCY, EntryKind.ROTATED, {"keys": keys.value, "records": row.done}, at=now)
    return int(row.done)


def _counted(steps: Iterator[int]) -> Iterator[Batch]:
    return (Batch(count) for count in steps)


def _make(run: _Run, _keys: Keys, started_at: int, _batch: int) -> None:
    copy_business_keys(run.hub.database, run.hub.keystore)
    run.step(_counted(make_versions(run.vault, started_at)))


def _destroy(run: _Run, _keys: Keys, _started_at: int, _batch: int) -> None:
    run.step(Batch(count * 0) for _, count in destroy_versions(run.vault))


def _begin_root(run: _Run, keys: Keys, _started_at: int, _batch: int) -> None:
    assert keys.root
    copy_business_keys(run.hub.database, run.hub.keystore)
    begin_root(run.vault, run.hub.settings, keys.root, run.hub.clock())


def _take_root(run: _Run, keys: Keys, _started_at: int, _batch: int) -> None:
    assert keys.root
    take_root(run.vault, keys.root)


def _place_root(run: _Run, keys: Keys, started_at: int, _batch: int) -> None:
    assert keys.root
    run.step(rewrap_keys(run.vault, keys.root))  # copies that were made beside the rotation
    put_in_place(run.hub.settings, keys.root, started_at)


def _rewrap_root(run: _Run, keys: Keys, _started_at: int, _batch: int) -> None:
    assert keys.root
    run.step(rewrap_keys(run.vault, keys.root))


def _make_secret(run: _Run, keys: Keys, started_at: int, _batch: int) -> None:
    make_secret_version(run.vault, keys.value, started_at, run.hub.clock())


def _destroy_secret(run: _Run, keys: Keys, _started_at: int, _batch: int) -> None:
    destroy_secret_versions(run.vault, keys.value)


_WAITS = ("settle", "spread")
_Phase = Callable[[_Run, Keys, int, int], None]
_BUSINESS: dict[str, _Phase] = {
    "make": _make,
    "people": lambda run, _keys, _at, batch: run.step(rewrap_people(run.vault, batch)),
    "texts": lambda run, _keys, _at, batch: run.step(reseal_texts(run.vault, batch)),
    "settle": _destroy,
}
_CONNECTION: dict[str, _Phase] = {
    "make": lambda run, _keys, started_at, _batch: run.step(renew_connections(run.vault, started_at)),
}
_PHASES: dict[Keys, dict[str, _Phase]] = {
    Keys.BUSINESS: _BUSINESS,
    Keys.CONNECTION: _CONNECTION,
    Keys.DOORS: {"make": _make_secret, "settle": _destroy_secret},
    Keys.INDEX: {
        "make": _make_secret,
        "spread": lambda _run, _keys, _at, _batch: None,
        "people": lambda run, _keys, _at, batch: run.step(rehash_people(run.vault, batch)),
        "users": lambda run, _keys, _at, _batch: run.step(rehash_users(run.vault)),
        "names": lambda run, _keys, _at, batch: run.step(rehash_calendars(run.vault, batch)),
        "calendars": lambda run, _keys, _at, _batch: run.step(read_calendars_anew(run.vault)),
        "destroy": _destroy_secret,
    },
}
_ROOT: dict[str, _Phase] = {"make": _begin_root, "wrap": _rewrap_root, "take": _take_root, "place": _place_root}
