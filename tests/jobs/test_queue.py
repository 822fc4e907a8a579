from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
from rq import Queue

from hub.core.errors import Unavailable
from hub.jobs.queue import KEPT, length, not_handed, open_queue, push, row_of

ROW, OTHER = "a" * 26, "b" * 26


def test_a_job_is_refused_while_the_same_attempt_waits(queue: Queue) -> None:
    assert push(queue, ROW, 0)
    assert not push(queue, ROW, 0)
    assert push(queue, ROW, 1)
    assert length(queue) == 2


def test_it_tells_which_attempts_it_does_not_hold(queue: Queue) -> None:
    push(queue, ROW, 1)
    assert not_handed(queue, [(ROW, 0), (ROW, 1), (OTHER, 1)]) == [(ROW, 0), (OTHER, 1)]


def test_a_job_holds_an_id_in_json_and_nothing_else(queue: Queue) -> None:
    push(queue, ROW, 3)
    stored = queue.connection.hgetall(f"rq:job:{ROW}-3")
    assert json.loads(zlib.decompress(stored[b"data"])) == ["outbox", None, [], {}]
    assert row_of(f"{ROW}-3") == (ROW, 3)


def test_a_job_that_nobody_takes_is_forgotten_in_time(queue: Queue) -> None:
    push(queue, ROW, 0)
    assert 0 < queue.connection.ttl(f"rq:job:{ROW}-0") <= KEPT


@pytest.mark.parametrize("name", ["", "x", f"{ROW}-", f"{ROW}-x", f"{ROW.upper()}-1", f"{ROW}-1\n", f"{ROW}-1-1"])
def test_a_job_of_somebody_else_names_no_row(name: str) -> None:
    assert row_of(name) is None


def test_a_queue_that_is_down_is_unavailable(tmp_path: Path) -> None:
    queue = open_queue(f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(Unavailable, match="nothing is lost"):
        push(queue, ROW, 0)
    with pytest.raises(Unavailable):
        length(queue)
    with pytest.raises(Unavailable):
        not_handed(queue, [(ROW, 0)])
