"""The threads in which providers are asked: many at once, kept, and of this process alone."""

from __future__ import annotations

import os
import threading
from concurrent.futures import wait

import pytest

from hub.vault.callers import Callers


def test_questions_are_asked_at_once() -> None:
    callers, together = Callers(), threading.Barrier(8)
    asked = [callers.submit(together.wait, 20) for _ in range(8)]
    assert sorted(one.result(30) for one in asked) == list(range(8))
    callers.close()


def test_a_thread_is_used_again() -> None:
    callers = Callers()
    seen = {callers.submit(threading.get_ident).result(30) for _ in range(20)}
    assert len(seen) < 20
    callers.close()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_was_forked_has_threads_of_its_own() -> None:
    callers = Callers()
    assert callers.submit(int, 7).result(30) == 7
    child = os.fork()
    if child == 0:
        done, _ = wait([callers.submit(int, 7)], 20)
        os._exit(0 if done else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    callers.close()


def test_after_the_end_it_can_begin_again() -> None:
    callers = Callers()
    callers.close()
    assert callers.submit(int, 7).result(30) == 7
    callers.close()
