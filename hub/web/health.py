"""Whether the hub lives and can serve: for load balancers, supervisors and people in a hurry. Tells nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, jsonify
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from hub.core.errors import HubError
from hub.parts import Hub
from hub.store.database import Database
from hub.store.schema import is_current
from hub.web.door import Rate, Who, door

DOORS = (
    door("health.live", "GET", Who.ANYONE, rate=Rate.NONE),
    door("health.ready", "GET", Who.ANYONE, rate=Rate.NONE),
)

_log = logging.getLogger(__name__)


def health(hub: Hub) -> Blueprint:
    """Return the two health pages of a hub."""
    pages = Blueprint("health", __name__, url_prefix="/health")
    queue = Redis.from_url(hub.settings.queue, socket_timeout=1, socket_connect_timeout=1, retry=None)
    checks: dict[str, Callable[[], bool]] = {
        "database": lambda: _answers(hub.database),
        "keystore": lambda: _answers(hub.keystore),
        "migrations": lambda: is_current(hub.database),
        "queue": lambda: bool(queue.ping()),
    }

    @pages.get("/live")
    def live() -> Response:
        """Answer 200: this process serves requests."""
        return _uncached(jsonify(live=True))

    @pages.get("/ready")
    def ready() -> Response:
        """Answer 200 when every part that the hub stands on answers, else 503; either way which of them do."""
        found = {name: _passes(name, check) for name, check in checks.items()}
        answer = _uncached(jsonify(ready=all(found.values()), **found))
        answer.status_code = 200 if all(found.values()) else 503
        return answer

    return pages


def _answers(database: Database) -> bool:
    with database.reading() as conn:
        return conn.scalar(select(literal(1))) == 1


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (HubError, SQLAlchemyError, RedisError) as error:
        _log.warning("not ready: %s (%s)", name, type(error).__name__)
        return False


def _uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
