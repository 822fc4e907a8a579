"""The page for Prometheus: what the database knows, and the requests that this process answered.

Web, worker and clock are processes of their own, so what they do is counted where they all write it: in the tables.
Labels hold names of the hub's own, never an id or a text of somebody.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from hub.core.errors import Unavailable
from hub.parts import Hub
from hub.store.figures import Figures, figures
from hub.web.door import Who, door

DOORS = (door("metrics.read", "GET", Who.ANYONE),)

_QUEUE = "hub"
"""The name of the queue, as in `hub.jobs.queue`."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ROUTE = re.compile(r"[a-z][a-z0-9_.]{0,60}\Z")
_MOST_ROUTES = 500
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_log = logging.getLogger(__name__)


class Requests:
    """Counts the requests that this process answered. One for each application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._routes: set[str] = set()
        self._count = Counter(
            "hub_requests",
            "Requests that this web process answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "hub_request_seconds",
            "How long this web process took to answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )

    def observe(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Count one answer. ``route`` is the name of the page (Flask's endpoint), None where there is no such page.

        What is no name of a page, no method and no status of HTTP counts as ``other``.
        """
        known = route is not None and _ROUTE.match(route) is not None
        name = route if known and (route in self._routes or len(self._routes) < _MOST_ROUTES) else None
        if name is not None:
            self._routes.add(name)
        group = f"{status // 100}xx" if 100 <= status <= 599 else "other"
        self._count.labels(name or "other", method if method in _METHODS else "other", group).inc()
        self._seconds.labels(name or "other").observe(seconds)


def metrics(hub: Hub, requests: Requests) -> Blueprint:
    """Return the page ``/metrics``: for whoever has the token of the settings, and for nobody without one."""
    pages = Blueprint("metrics", __name__)
    token = hub.settings.metrics_token.get_secret_value()
    requests.registry.register(_Installation(hub))

    @pages.get("/metrics")
    def read() -> Response:
        """Answer with all figures in the format of Prometheus; 404 without the token."""
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not token or not hmac.compare_digest(given, f"Bearer {token}".encode()):
            abort(404)
        answer = Response(generate_latest(requests.registry), content_type=CONTENT_TYPE_LATEST)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return pages


class _Installation(Collector):
    """What the database and the queue know, read when it is asked for. What cannot be read is left out."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        connection = Redis.from_url(hub.settings.queue, socket_timeout=1, socket_connect_timeout=1, retry=None)
        self._queue = Queue(_QUEUE, connection=connection)

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        yield _gauge("hub_info", "The version of the hub.", ("version",), {(version("frontdesk-hub"),): 1})
        found, waiting = self._figures(), self._length()
        yield _gauge("hub_database_up", "Whether the database answers.", (), {(): int(found is not None)})
        yield _gauge("hub_queue_up", "Whether the queue answers.", (), {(): int(waiting is not None)})
        if waiting is not None:
            yield _gauge("hub_queue_jobs", "Rows handed to the workers and not taken yet.", (), {(): waiting})
        if found is not None:
            yield from _families(found)

    def _figures(self) -> Figures | None:
        hub = self._hub
        try:
            with hub.database.reading() as conn:
                ages = hub.settings.calendar_max_age, hub.settings.push_max_age
                return figures(conn, now=hub.clock(), calendar_max_age=ages[0], push_max_age=ages[1])
        except Unavailable as error:
            _log.warning("no figures: %s", error.message)
            return None

    def _length(self) -> int | None:
        try:
            return int(self._queue.count)
        except RedisError:
            return None


def _families(found: Figures) -> Iterator[Metric]:
    leases: dict[tuple[str, ...], int] = {(name,): seconds for name, seconds in found.leases.items()}
    yield _gauge("hub_outbox_rows", "Effects that are not done.", ("state", "kind"), found.outbox)
    text = "Seconds for which the longest due effect has waited."
    yield _gauge("hub_outbox_oldest_waiting_seconds", text, (), {(): found.oldest_waiting})
    text = "Bookings that end in the future."
    yield _gauge("hub_bookings", text, ("state", "calendar_state"), found.bookings)
    yield _gauge("hub_connections", "Connections by health.", ("provider", "health"), found.connections)
    yield _gauge("hub_calendars", "Checked calendars by freshness.", ("freshness",), found.calendars)
    yield _gauge("hub_mails", "Mails by how they ended.", ("kind", "state"), found.mails)
    text = "Security events of the last hour."
    yield _gauge("hub_security_events_last_hour", text, ("kind", "outcome"), found.security)
    yield _gauge("hub_lease_seconds", "Seconds until a lease lapses; negative when it has.", ("name",), leases)


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for names, value in sorted(values.items()):
        family.add_metric(names, value)
    return family
