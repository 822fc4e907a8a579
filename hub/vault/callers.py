"""Threads in which providers are asked while somebody waits. They are kept: to start one costs more than to use it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

_MOST = 64
"""Questions at once. One more waits for its turn, and whoever asks it no longer than they would for an answer."""

_T = TypeVar("_T")


class Callers:
    """Runs questions, each in a thread of its own. A process that was forked has threads of its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def submit(self, ask: Callable[..., _T], *arguments: object) -> Future[_T]:
        """Begin a question; what it answers or raises is in the future."""
        with self._lock:
            if self._pool is None or self._process != os.getpid():
                self._pool, self._process = ThreadPoolExecutor(_MOST, thread_name_prefix="ask"), os.getpid()
            return self._pool.submit(ask, *arguments)

    def close(self) -> None:
        """Let the threads end, after what they are at; questions that have not begun are dropped."""
        with self._lock:
            if self._pool is not None and self._process == os.getpid():
                self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
