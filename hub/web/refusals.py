"""What is answered when something cannot be done: a page for people, a problem (RFC 9457) for programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from flask import Flask, g, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, InternalServerError, UnprocessableEntity
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response

from hub.actions.record import record
from hub.core.errors import (
    HubError,
    InputError,
    PluginBroken,
    ProviderError,
    StateError,
    Taken,
    TooMany,
    Unavailable,
    UnknownId,
)
from hub.core.security import Kind, Outcome
from hub.web.current import SESSION, drop_cookie, the_hub
from hub.web.door import SAFE
from hub.web.framing import frame_refusal

_STATUS: tuple[tuple[type[HubError], int, str], ...] = (
    (InputError, 422, "That cannot be taken"),
    (UnknownId, 404, "There is no such page"),
    (Taken, 409, "Somebody was faster"),
    (StateError, 409, "That does not go now"),
    (TooMany, 429, "Slowly, please"),
    (Unavailable, 503, "The hub cannot do this right now"),
    (PluginBroken, 502, "The plugin does not work"),
    (ProviderError, 502, "The provider did not do it"),
)
_TITLES = {
    400: "The hub does not understand this",
    401: "Who are you?",
    403: "That is not allowed",
    404: "There is no such page",
    405: "That does not go here",
    409: "That does not go now",
    413: "That is too large",
    415: "The hub does not take this form",
    422: "That cannot be taken",
    429: "Slowly, please",
    500: "Something went wrong with us",
    503: "The hub cannot do this right now",
}
_GENERAL = {
    404: "It was moved or never was, or it is not for you. Go back, or begin at the start page.",
    405: "The page is there, but not for this.",
    413: "Send less at once.",
}
_log = logging.getLogger(__name__)


class Faults(UnprocessableEntity):
    """Several things that were given break rules: ``(field, sentence)`` each."""

    def __init__(self, errors: Sequence[tuple[str, str]], code: str = InputError.code) -> None:
        field, sentence = errors[0]
        super().__init__(f"{field}: {sentence}")
        self.errors, self.word = tuple(errors), code


def answer_refusals(app: Flask) -> None:
    """Answer errors of the hub, of HTTP and of ours, each in the manner of the door."""

    @app.errorhandler(HubError)
    def of_hub(error: HubError) -> Response:
        if isinstance(error, StateError) and error.code in _OF_STATE:
            return _OF_STATE[error.code](error)
        for kind, status, title in _STATUS:
            if isinstance(error, kind):
                if isinstance(error, InputError):
                    sentence = error.message.removeprefix(f"{error.field}: ")
                    return refusal(status, title, error.message, error.code, [(error.field, sentence)])
                if isinstance(error, UnknownId):  # whatever was asked for: the answer is the same to the byte
                    text = f"There is no {error.kind} with this id here." if _is_api() else _GENERAL[404]
                    return refusal(404, title, text, error.code)
                return refusal(status, title, error.message, error.code)
        return _broken(error)

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        own = error.description != type(error).description
        text = (error.description if own else _GENERAL.get(status)) or _TITLES.get(status, "")
        errors: Sequence[tuple[str, str]] = ()
        code = error.name.lower().replace(" ", "_")
        if isinstance(error, Faults):
            errors, code = error.errors, error.word
        answer = refusal(status, _TITLES.get(status, error.name), text, code, errors)
        for name, value in error.get_headers():
            if name.lower() in ("allow", "retry-after", "www-authenticate"):
                answer.headers[name] = value
        return answer

    @app.errorhandler(Exception)
    def of_another(error: Exception) -> Response:
        return _broken(error)


def refusal(status: int, title: str, text: str, code: str, errors: Sequence[tuple[str, str]] = ()) -> Response:
    """Return the answer: ``title`` and ``text`` for people, ``code`` a machine word, ``errors`` each fault."""
    if _is_api() or ("entry" in g and g.entry.door.json):
        title = HTTP_STATUS_CODES.get(status, title)  # as RFC 9457 says for a problem without a type of its own
        body: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": text}
        body["code"] = code
        if errors:
            body |= {"field": errors[0][0], "errors": [{"field": one, "message": why} for one, why in errors]}
        answer: Response = jsonify(body)
        answer.headers["Content-Type"] = "application/problem+json"
    else:
        number = g.get("request_id", "") if status == 500 else ""
        # The address may still hold a word of what was done before: a refusal says nothing of it.
        shown = {"status": status, "title": title, "text": text, "number": number, "done": ""}
        text_page = render_template("refusal.html", **shown)
        answer = Response(text_page, mimetype="text/html")
        frame_refusal()
    answer.status_code = status
    return answer


def to_confirmation() -> Response:
    """Lead to where the password is given again, and from there back to the page; what was sent is to be sent anew."""
    here = request.full_path.rstrip("?") if request.method in SAFE else url_for("account.own")
    return redirect(url_for("account.confirm", next=here), 303)


def _to_sign_in(error: StateError) -> Response:
    answer = redirect(url_for("account.sign_in", done="over"), 303)
    drop_cookie(answer, SESSION)
    return answer


def _not_allowed(error: StateError) -> Response:
    _write_down(Kind.NOT_ALLOWED, Outcome.REFUSED, "action")
    return refusal(403, _TITLES[403], error.message, error.code)


_OF_STATE: dict[str, Callable[[StateError], Response]] = {
    "confirm": lambda error: to_confirmation(),
    "sign_in_again": _to_sign_in,
    "not_allowed": _not_allowed,
}
"""What is answered when it is not the thing's state that is in the way, but who one is and what one may do."""


def _broken(error: Exception) -> Response:
    """Answer an error of ours. Its message may hold what somebody typed: the log keeps its type and place alone."""
    _log.error("a request broke", exc_info=error)
    _write_down(Kind.BROKEN, Outcome.FAILED, type(error).__name__[:60])
    return of_ours()


def of_ours() -> Response:
    """Return the answer to an error of ours: a number, and nothing of what it is about."""
    text = "It was written down, and nothing is half done. Try again; if it stays, tell whoever runs this hub."
    return refusal(500, _TITLES[500], text, InternalServerError().name.lower().replace(" ", "_"))


def _write_down(kind: Kind, outcome: Outcome, detail: str) -> None:
    """Write a security event; the answer does not wait for a store that cannot be written."""
    if "entry" not in g:
        return
    within = (request.view_args or {}).get("business_id", "")
    try:
        record(the_hub(), g.entry.visit, kind, outcome, detail=detail, within=within)
    except HubError as error:
        _log.warning("what happened could not be written down: %s", error.code)


def _is_api() -> bool:
    return request.path.startswith("/api/")
