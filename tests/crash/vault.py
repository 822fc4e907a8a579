"""What a process does when it is killed while it changes keys or restores: ``python -m tests.crash.vault business``.

The hub with its people was set up before. Backups lie in ``copies`` beside the data folder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from hub.actions.effects import EFFECTS
from hub.actions.replay import replay
from hub.actions.rotate import FORMS, SETTLE, Keys, rotate
from hub.app import close_hub, create_hub
from hub.run.backup import back_up
from hub.run.restore import restore
from hub.settings import Settings, load_settings
from hub.vault.secret_versions import USED_AFTER

SOON = 10
"""Seconds after which a rotation begins: the keys that it replaces are older than it."""

MUCH_LATER = SOON + 3 * SETTLE

LAPSED = FORMS + 4 * USED_AFTER
"""Seconds after which nothing is left that a former key of the doors signed, where there are no bookings."""


def ahead(seconds: int) -> Callable[[], int]:
    """A clock that goes ahead: leases lapse and old versions settle without waiting for them."""
    return lambda: int(time.time()) + seconds


def copies(settings: Settings) -> Path:
    """Where the backups of these tests lie."""
    return settings.data_dir.parent / "copies"


def _rotate(keys: Keys) -> Callable[[Settings], None]:
    def run(settings: Settings) -> None:
        for seconds in (SOON, SOON + (LAPSED if keys is Keys.DOORS else SETTLE) + 10):
            hub = create_hub(settings, clock=ahead(seconds))
            rotate(hub, keys, batch=2)
            close_hub(hub)

    return run


def _back_up(settings: Settings) -> None:
    back_up(settings, copies(settings), clock=ahead(SOON))


def _restore(settings: Settings) -> None:
    restore(settings, copies(settings), replace=True, clock=ahead(SOON))


def _replay(settings: Settings) -> None:
    hub = create_hub(settings)
    replay(hub, EFFECTS)
    close_hub(hub)


SCENARIOS: dict[str, Callable[[Settings], None]] = {
    **{keys.value: _rotate(keys) for keys in Keys},
    "back_up": _back_up,
    "restore": _restore,
    "replay": _replay,
}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]](load_settings())
