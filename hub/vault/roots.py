"""The two root keys: files that only we may read, made once, and never made again for data that knows them.

A missing, wrong, empty, short or readable root leaves the hub sealed with a reason. There is no mode without keys.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hub.core.errors import Sealed
from hub.settings import Settings
from hub.store.database import Database
from hub.store.keys import add_root_check, find_root_check, holds_keys
from hub.vault.cipher import KEY_BYTES, derive

_HEADER = "frontdesk root key: "
_LARGEST_FILE = 4096


class Root(StrEnum):
    """Which root: the broker needs the first, web and workers the second."""

    CREDENTIAL = "credential"
    DATA = "data"


BOTH = frozenset(Root)


@dataclass(frozen=True, slots=True, repr=False)
class Roots:
    """The root keys that this process has; None where it has no business with one."""

    credential: bytes | None = None
    data: bytes | None = None
    following: tuple[tuple[Root, bytes], ...] = ()
    """The next ones, while a rotation is under way."""

    def get(self, root: Root) -> bytes | None:
        """Return one of them."""
        return self.credential if root is Root.CREDENTIAL else self.data

    def every(self, root: Root) -> tuple[bytes, ...]:
        """Return the key of a root and, while it is rotated, the next one."""
        first = self.get(root)
        more = tuple(key for one, key in self.following if one is root)
        return more if first is None else (first, *more)

    def __repr__(self) -> str:
        return f"Roots({', '.join(root for root in Root if self.get(root) is not None)})"


def make_roots(settings: Settings, database: Database, need: Collection[Root] = BOTH) -> None:
    """Make the root files that are not there, at the first start only.

    Raises Sealed when one is missing although the database knows it: a new one could open nothing.
    """
    for root in need:
        file = root_file(settings, root)
        with database.reading() as conn:
            known = find_root_check(conn, root) is not None or holds_keys(conn, root)
        if os.path.lexists(file):  # looked at after the database: a process beside us makes the file before the row
            continue
        if known:
            raise Sealed(
                f"The {root} root key {str(file)!r} is missing, but the database holds data that is sealed with it. "
                "Bring the file back from its backup; without it that data stays unreadable.",
                code="root_missing",
            )
        make_root_file(file, root)


def load_roots(settings: Settings, need: Collection[Root] = BOTH) -> Roots:
    """Return the root keys from their files. Raises Sealed with the reason and the way out."""
    # Before the others: a rotation that ends just now puts them in their place.
    following = tuple((root, key) for root in need if (key := read_root(next_file(settings, root), root)) is not None)
    return Roots(**{root.value: _read(root_file(settings, root), root) for root in need}, following=following)


def read_root(file: Path, root: Root) -> bytes | None:
    """Return the key in a root file, or None where there is no file. Raises Sealed for one that is not safe."""
    try:
        return _read(file, root)
    except Sealed as error:
        if error.code == "root_missing":
            return None
        raise


def check_roots(database: Database, roots: Roots) -> None:
    """Compare the roots with what the database knows of them, or tell it at the first start. Raises Sealed."""
    for root in Root:
        key = roots.get(root)
        if key is None:
            continue
        with database.reading() as conn:
            known = holds_keys(conn, root)  # before the check: whoever makes keys has noted it first
            row = find_root_check(conn, root)
        if row is None:
            if known:
                raise Sealed(
                    f"The check of the {root} root key is gone from the database, though keys sealed with it are there:"
                    " somebody changed the database. Restore it from a backup.",
                    code="root_check_missing",
                )
            salt = secrets.token_bytes(16)
            with database.writing() as conn:
                add_root_check(conn, root, salt, root_check(key, root, salt))
                row = find_root_check(conn, root)
        if row is None or not any(is_root(one, root, *row) for one in roots.every(root)):
            raise Sealed(
                f"The {root} root key is not the one that this database was sealed with. "
                "Put the right file back, or point the hub at the database that belongs to it.",
                code="root_wrong",
            )
        _check_next(database, roots, root)


def _check_next(database: Database, roots: Roots, root: Root) -> None:
    with database.reading() as conn:
        row = find_root_check(conn, f"{root}.next")
    if row is not None and not any(is_root(one, root, *row) for one in roots.every(root)):
        raise Sealed(
            f"The {root} root key is being rotated, and the next one (the file of the same name with '.next') is "
            "missing or another one. Bring it back: some keys are wrapped by it already.",
            code="root_missing",
        )


def root_check(key: bytes, root: Root, salt: bytes) -> bytes:
    """Return what the database keeps of a root, to know it again."""
    return derive(key, b"hub root check " + root.encode(), salt)


def is_root(key: bytes, root: Root, salt: bytes, check: bytes) -> bool:
    """Tell whether a key is the root that a check was made of."""
    return hmac.compare_digest(check, root_check(key, root, salt))


def root_file(settings: Settings, root: Root) -> Path:
    """Return where a root key is."""
    return settings.credential_root_file if root is Root.CREDENTIAL else settings.data_root_file


def next_file(settings: Settings, root: Root) -> Path:
    """Return where the next root key is while the root is rotated."""
    file = root_file(settings, root)
    return file.with_name(f"{file.name}.next")


def make_root_file(file: Path, root: Root) -> None:
    """Make a root file that is there whole or not at all; when another process was faster, its key stays."""
    for above in reversed(file.parents):  # mkdir gives its mode to the last one alone
        above.mkdir(exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(f"{_HEADER}{root}\n".encode() + base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink()


def _read(file: Path, root: Root) -> bytes:
    text = _safe_text(file, root)
    if not text.strip():
        raise _sealed(root, file, "is empty", "Bring it back from its backup.", "root_empty")
    header, _, rest = text.partition("\n")
    if header.strip() != f"{_HEADER}{root}":
        raise _sealed(root, file, f"does not begin with the line {_HEADER + root!r}", "Check the path.", "root_format")
    try:
        key = base64.b64decode(rest.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise _sealed(
            root,
            file,
            f"holds {len(key)} bytes of key, not {KEY_BYTES}",
            "Bring it back from its backup.",
            "root_short",
        )
    return key


def _safe_text(file: Path, root: Root) -> str:
    """Return the file's text if nobody but us can read it or put another in its place."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise _sealed(root, file, "is missing", "Bring it back, or correct the setting.", "root_missing") from None
    except OSError:
        how = "is a symbolic link" if file.is_symlink() else "cannot be read"
        raise _sealed(root, file, how, "Name a file that the hub's user owns.", "root_unsafe") from None
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise _sealed(root, file, "is no regular file", "Name a file.", "root_unsafe")
        if about.st_uid != os.geteuid():
            raise _sealed(root, file, "belongs to another user", "Give it to the hub's user: chown.", "root_unsafe")
        if about.st_mode & 0o077:
            raise _sealed(root, file, "can be read by others", "Run: chmod 600 on it.", "root_unsafe")
        if file.parent.stat().st_mode & 0o022:
            raise _sealed(root, file, "lies in a folder that others can write", "Run: chmod 700 on it.", "root_unsafe")
        return os.read(handle, _LARGEST_FILE).decode("ascii", "replace")
    finally:
        os.close(handle)


def _sealed(root: Root, file: Path, what: str, way_out: str, code: str) -> Sealed:
    return Sealed(f"The {root} root key {str(file)!r} {what}. {way_out}", code=code)
