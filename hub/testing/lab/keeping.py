"""What a stand-in remembers in a file, written before each answer that follows a change: a kill loses nothing."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from hub.testing.lab.serve import Application

_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
_T = TypeVar("_T")


class Keeper(Generic[_T]):
    """A file with one dataclass as JSON. Inside of ``remembered`` is what is to be in it, and nothing changes."""

    def __init__(self, file: Path, kind: type[_T], remembered: Callable[[], AbstractContextManager[_T]]) -> None:
        self._file, self._kind, self._remembered = file, TypeAdapter(kind), remembered
        self._written = b""
        self._lock = threading.Lock()

    def found(self) -> _T | None:
        """Return what the file holds, or None. One that cannot be read is put aside, and all begins anew."""
        with contextlib.suppress(FileNotFoundError):
            try:
                return self._kind.validate_json(self._file.read_bytes())
            except ValidationError:
                self._file.replace(self._file.with_suffix(".unreadable"))
        return None

    def keep(self) -> None:
        """Write it, if it changed; whoever reads the file meanwhile sees the old one or the new one."""
        with self._lock:
            with self._remembered() as remembered:
                now = self._kind.dump_json(remembered)
            if now == self._written:
                return
            beside = self._file.with_suffix(".new")
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as open_file:
                open_file.write(now)
            beside.replace(self._file)
            self._written = now


def kept(application: Application, keep: Callable[[], None]) -> Application:
    """Return the application with what it changed kept before it answers, or before it is silent."""

    def keeping(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        try:
            return application(environ, start)
        finally:
            if environ["REQUEST_METHOD"] not in _LOOKING:
                keep()

    return keeping


def nothing() -> None:
    """Keep nothing."""
