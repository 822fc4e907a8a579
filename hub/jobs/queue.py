"""The queue: RQ on Redis or Valkey. It holds ids of outbox rows for seconds, never data, and may be lost at any time.

Only JSON is read from it, and of a job only its id is used: RQ would call whatever function a job names, so somebody
who can write to Redis could run code. `hub.jobs.worker` never looks at the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from hub.core.errors import Unavailable

NAME = "hub"

KEPT = 30
"""Seconds after which a job that no worker took is forgotten, so that the relay hands its row over again."""

_JOB = re.compile(r"([0-9a-z]{26})-(\d{1,6})\Z")


def open_queue(address: str, *, timeout: float = 5.0) -> Queue:
    """Return the queue at a ``redis://`` or ``unix://`` address. It connects when it is first used."""
    # One silent second try, for the connection that died with a restarted server; no longer waiting in there.
    again = Retry(NoBackoff(), 1)
    connection = Redis.from_url(address, socket_timeout=timeout, socket_connect_timeout=timeout, retry=again)
    return Queue(NAME, connection=connection, serializer=JSONSerializer)


def push(queue: Queue, identifier: str, attempts: int) -> bool:
    """Hand a row to the workers; False if this attempt of it is in the queue already. Raises Unavailable."""
    job = f"{identifier}-{attempts}"
    with reachable():
        try:
            queue.enqueue_call("outbox", job_id=job, unique=True, ttl=KEPT, description="")
        except DuplicateJobError:
            return False
    return True


def row_of(job: str) -> tuple[str, int] | None:
    """Return the outbox id and attempts that a job's id names, or None for a job that is not ours."""
    found = _JOB.match(job)
    return (found[1], int(found[2])) if found else None


def not_handed(queue: Queue, rows: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return those rows whose present attempt is not in the queue, in their order. Raises Unavailable."""
    with reachable(), queue.connection.pipeline(transaction=False) as pipeline:
        for identifier, attempts in rows:
            pipeline.exists(queue.job_class.key_for(f"{identifier}-{attempts}"))
        known = pipeline.execute()
    return [row for row, there in zip(rows, known, strict=True) if not there]


def length(queue: Queue) -> int:
    """Return how many jobs wait. Raises Unavailable."""
    with reachable():
        return int(queue.count)


@contextmanager
def reachable() -> Iterator[None]:
    """Turn every failure of the queue's server inside the block into Unavailable."""
    problem = ""
    try:
        yield
    except RedisError as error:
        problem = type(error).__name__
    if problem:
        raise Unavailable(f"The queue cannot be used now ({problem}); nothing is lost, the outbox holds it.")
