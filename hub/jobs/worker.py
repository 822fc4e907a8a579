"""The worker: takes ids from the queue and performs their outbox rows, one at a time, in this process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.worker import WorkerStatus

from hub.actions.effect import Effect
from hub.core.errors import Unavailable
from hub.jobs.perform import SECONDS, perform
from hub.jobs.queue import open_queue, row_of
from hub.parts import Hub

AGAIN = 0.5
"""Seconds between two tries to reach a queue that is down."""

TTL = 60
"""Seconds after which a silent worker counts as gone; it says so much earlier, and a dead line is noticed by then."""

_log = logging.getLogger(__name__)


def run_worker(hub: Hub, effects: Mapping[str, Effect], *, ready: Callable[[], None] = lambda: None) -> None:
    """Work until SIGTERM or SIGINT, which let the effect in hand end first. A dead queue is waited for.

    Must run in the main thread: a signal interrupts an effect that takes longer than `perform.SECONDS`.
    """
    said = False
    while True:
        try:
            worker = OutboxWorker(hub, effects, open_queue(hub.settings.queue))
            ready()
            said = False
            worker.work(logging_level="CRITICAL")  # ends when stopped, and when the queue died in the wrong moment
            if worker.stopped:
                return
        except RedisError as error:
            if not said:
                _log.warning("The queue cannot be reached (%s); waiting for it.", type(error).__name__)
            said = True
        except StopRequested:  # a signal between two connections to the queue
            return
        time.sleep(AGAIN)


class OutboxWorker(SimpleWorker):
    """An RQ worker that reads nothing of a job but its id.

    RQ gives it the blocking queue, signals and the list of living workers. Its own way of running a job would import
    the function that the job names, and its commands over Redis could stop a worker: both are left out.
    """

    max_connection_wait_time = 1.0
    log_result_lifespan = False

    def __init__(self, hub: Hub, effects: Mapping[str, Effect], queue: Queue) -> None:
        super().__init__(queue, connection=queue.connection, serializer=JSONSerializer, worker_ttl=TTL)
        self._hub, self._effects = hub, effects
        self.stopped = False

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Perform the row that the job's id names. Never raises: what matters is in the row."""
        self._state = WorkerStatus.BUSY  # a signal from here on lets the effect end
        row = row_of(job.id)
        try:
            if row is not None:
                with self.death_penalty_class(SECONDS, JobTimeoutException):
                    perform(self._hub, self._effects, *row)
        except (Unavailable, JobTimeoutException) as error:
            _log.warning("job %s: left to the relay (%s)", job.id, type(error).__name__)
        except Exception as error:
            _log.error("job %s: %s; left to the relay", job.id, type(error).__name__)
        self._forget(job, queue)

    def _forget(self, job: Job, queue: Queue) -> None:
        try:
            with self.connection.pipeline() as pipeline:
                pipeline.delete(job.key)
                pipeline.lrem(queue.intermediate_queue_key, 1, job.id)
                pipeline.execute()
        except RedisError:
            _log.warning("job %s: the queue could not be told that it ended", job.id)

    def request_stop(self, signum: int, frame: object) -> None:
        """End after the effect in hand, or at once when there is none."""
        self.stopped = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # of rq

    def set_shutdown_requested_date(self) -> None:
        """Do not tell Redis: a signal must not fail in the middle of an effect."""

    def subscribe(self) -> None:
        """Take no commands over Redis."""

    def teardown(self) -> None:
        """Sign off, if there is somebody to sign off from."""
        try:
            super().teardown()  # type: ignore[no-untyped-call]  # of rq
        except RedisError:
            _log.debug("The queue was gone before the worker was.")
