"""Where the broker's socket lies: in a folder that only those who may ask can enter, under a path that fits."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from hub.core.errors import InputError
from hub.run.valkey import LONGEST_SOCKET
from hub.settings import Settings

_SETTING = "setting broker_socket"


def broker_place(settings: Settings) -> Path:
    """Return the socket that the settings name, or one in the data folder."""
    return settings.broker_socket if settings.broker_is_apart else settings.data_dir.resolve() / "broker" / "socket"


def check_place(place: Path, *, shared: bool = False) -> None:
    """See that a socket can lie there and only our user gets to it; a missing folder is made. Raises InputError.

    ``shared``: the folder's group may enter it too, but not change it.

    A folder that is open to others is not closed here: it might be one that they need.
    """
    if len(os.fsencode(place)) > LONGEST_SOCKET:
        raise InputError(
            _SETTING,
            f"{str(place)!r} is longer than the {LONGEST_SOCKET} bytes that a socket's path may have; "
            "name a shorter one (HUB_BROKER_SOCKET).",
        )
    folder = place.absolute().parent
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    about = folder.stat() if folder.is_dir() else None
    mode, words = (0o027, "750") if shared else (0o077, "700")
    if about is None or about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & mode:
        raise InputError(
            _SETTING,
            f"{str(folder)!r} must be a folder of the user that runs the hub, and closed to others (chmod {words}); "
            "name a path in one (HUB_BROKER_SOCKET).",
        )
    if os.path.lexists(place) and not stat.S_ISSOCK(place.lstat().st_mode):
        raise InputError(_SETTING, f"{str(place)!r} is there already and is no socket; name another path.")
