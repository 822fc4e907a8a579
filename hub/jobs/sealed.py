"""Do no work on data that were put back from a backup until they are in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from hub.actions.replay import Seal
from hub.core.errors import Unavailable
from hub.parts import Hub

LOOK = 0.5
"""Seconds between two looks."""

_log = logging.getLogger(__name__)


def wait_for_replay(hub: Hub, stopped: Callable[[], bool], *, ready: Callable[[], None] = lambda: None) -> bool:
    """Wait while the hub is sealed after a restore; False when this process was told to end before.

    ``ready`` is called once it waits: the process does all that it may.
    """
    seal, said = Seal(hub), False
    while not stopped():
        try:
            reason = seal.reason()
        except Unavailable as error:
            reason = error.message
        if not reason:
            return True
        if not said:
            _log.warning("%s", "sealed after a restore; waiting for hub restore --replay")
            ready()
        said = True
        time.sleep(LOOK)
    return False
