"""Each request has an id and a duration: on its lines of the log, in its answer, and among the figures."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from hub.store.ids import new_id
from hub.web.metrics import Requests

HEADER = "X-Request-Id"
"""The header of an answer that names the request, as the log does."""

_log = logging.getLogger(__name__)


def watch(app: Flask, requests: Requests) -> None:
    """Watch every request of the application; call it before anything else is put before the routes."""

    @app.before_request
    def begin() -> None:
        g.began, g.request_id = time.perf_counter(), new_id()
        clear_contextvars()
        bind_contextvars(request=g.request_id, route=request.endpoint or "nowhere", method=request.method)

    @app.after_request
    def end(answer: Response) -> Response:
        if "began" in g:
            seconds = time.perf_counter() - g.began
            requests.observe(request.endpoint, request.method, answer.status_code, seconds)
            _log.debug("answered", extra={"status": answer.status_code, "ms": round(seconds * 1000)})
            answer.headers[HEADER] = g.request_id
        return answer

    @app.teardown_request
    def forget(error: BaseException | None) -> None:
        clear_contextvars()
