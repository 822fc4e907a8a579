"""How a process of the hub hears that it shall end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def termination() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether SIGTERM or SIGINT came; after the block the old handlers are back.

    The handler only remembers: to wake a lock from a signal can block for ever. Look between short sleeps.
    """
    came: list[int] = []
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, lambda number, frame: came.append(number)) for each in signals]
    try:
        yield lambda: bool(came)
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
