"""The last look at every answer: one that holds a live token of a connection is not sent.

No page and no call of the API is given a token; this finds the mistake by which one would be. Looked at are body and
headers as they go out; of what is sent bit by bit, each bit. What is the same in every installation is left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

from flask import Flask, Response, current_app, g, request
from prometheus_client import Counter

from hub.actions.record import record
from hub.core.errors import HubError
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.vault.token_watch import TokenWatch
from hub.web.door import SAFE, Who
from hub.web.headers import protect
from hub.web.metrics import Requests
from hub.web.refusals import of_ours

_LONGEST = 4096
"""Bytes that are looked at again with the next bit of an answer: a token may be cut in two."""

_ALIKE = frozenset({"assets.file", "health.live"})
"""What is the same for everybody, and for the second one must not wait for a database that hangs."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Looked:
    """How many answers this process looked at since an instant, in UTC seconds, and how many of them it kept back."""

    since: int
    answers: int = 0
    leaks: int = 0


def stop_leaks(app: Flask, hub: Hub, requests: Requests) -> None:
    """Look at every answer of the application; call it before anything that adds to answers, so that it comes last."""
    tokens = TokenWatch(hub.database, hub.keyring)
    looked = app.extensions["leaks"] = Looked(hub.clock())
    counter = partial(Counter, registry=requests.registry)
    answers = counter("hub_answers_looked_at", "Answers in which live tokens were looked for.")
    leaks = counter("hub_leaks_stopped", "Answers that held a live token and were not sent.")

    def alarm(visit: Visit) -> None:
        looked.leaks += 1
        leaks.inc()
        _alarm(hub, visit)

    @app.after_request
    def look(answer: Response) -> Response:
        if request.endpoint in _ALIKE:
            return answer
        looked.answers += 1
        answers.inc()
        visit = g.entry.visit if "entry" in g else Visit(route=request.endpoint or "nowhere")
        head = "\n".join(value for _, value in answer.headers).encode("utf-8", "replace")
        body = b"" if answer.is_streamed else answer.get_data()
        if tokens.holds(head, body, at_once=_may_have_stored()):
            alarm(visit)
            return protect(cast(Response, of_ours()))
        if answer.is_streamed:
            answer.response = _until_leak(answer.iter_encoded(), tokens, partial(alarm, visit))
        return answer


def looked_at() -> Looked:
    """Return what this process looked at."""
    return cast(Looked, current_app.extensions["leaks"])


def _may_have_stored() -> bool:
    """Tell whether this very request may have connected an account: then its token is newer than what is known."""
    return request.method not in SAFE or ("entry" in g and g.entry.door.who is Who.RETURN)


def _until_leak(bits: Iterable[bytes], tokens: TokenWatch, alarm: Callable[[], None]) -> Iterator[bytes]:
    """Pass the bits of an answer on; at one with a token, break off, so that the answer shows as not whole."""
    before = b""
    for bit in bits:
        before = (before + bit)[-_LONGEST - len(bit) :]
        if tokens.holds(before):
            alarm()
            raise HubError("What was being sent held a live token, and was broken off.", code="leak")
        yield bit


def _alarm(hub: Hub, visit: Visit) -> None:
    """Write it down where the operator looks; the answer is kept back also when that cannot be written."""
    _log.error("an answer held a live token and was not sent", extra={"route": visit.route})
    try:
        record(hub, visit, Kind.LEAK_STOPPED, Outcome.REFUSED, detail="answer")
    except HubError as error:
        _log.warning("a leak could not be written down: %s", error.code)
