"""One `hub up` for one data folder: a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.core.errors import InputError, StateError

FILE = "hub.lock"


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the lock of a data folder, which is made if it is not there. Raises StateError if another has it,
    InputError if the folder cannot be made.

    The kernel lets go of it when this process dies; children do not inherit it.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(data_dir / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InputError(
            "data_dir", f"{str(data_dir)!r} cannot be written ({error.strerror}); set HUB_DATA_DIR to another folder."
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise StateError(
                f"The hub runs already on {str(data_dir)!r} (process {owner}); stop that one, "
                "or set HUB_DATA_DIR to another folder."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
