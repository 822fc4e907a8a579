"""The session that a plugin gets: an ordinary `requests.Session` whose adapter knows nothing but the broker.

A failed or refused call is raised afresh here, outside of any ``except``, and it marks the account: libraries swallow
errors, and a busy list cut short would read as free time.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict

from hub.core.errors import HubError, NeedsReconnect, Refused, Retry, Unavailable
from hub.core.trouble import LOST
from hub.vault.border import Answer, Failure, Outcome, Request, Result, Send
from hub.vault.retry_after import retry_after

_MAX_REDIRECTS = 5
_WAIT = 30.0
_RECONNECT = LOST - {"consent"}  # that one is a refusal, until its owner agrees
_OURS = {
    "store": "The broker cannot reach its database now; nothing was sent.",
    "broker": "The broker cannot be reached now; nothing was sent. See that it runs: hub work broker.",
}
_WANTS_AN_ACCOUNT = "530"  # a mail server that was spoken to without signing in (RFC 4954, section 6)
_NOT_PASSING = frozenset({501, 507})  # "not implemented", "no storage": what a plugin may act upon


class BorderError(requests.RequestException):
    """The broker did not give an answer. Not one of requests' own classes: libraries treat some of those specially."""

    def __init__(self, failure: Failure, request: requests.PreparedRequest) -> None:
        super().__init__(f"the call was not answered ({failure.outcome}: {failure.reason})", request=request)
        self.failure = failure


class Marked:
    """The latch of an account: holds the first call that failed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._error: HubError | None = None

    def note(self, result: Result) -> None:
        """Look at the outcome of a call; keep it if it is the first that spoils what the hook returns."""
        error = error_of(result) if isinstance(result, Failure) else _error_of_status(result)
        with self._lock:
            self._error = self._error or error

    def holds(self, error: HubError) -> bool:
        """Tell whether this is the error of a failed call, and not one of the plugin's own."""
        return error is self._error

    def check(self) -> None:
        """Raise what the first failed call means for the caller; say nothing when all went well."""
        if self._error is not None:
            raise self._error


def account_session(send: Send, marked: Marked) -> requests.Session:
    """Return the session of a work hook. Each redirect that it follows is a new brokered call."""
    return _prepared(_AccountSession(marked), send, marked.note)


def setup_session(send: Send) -> requests.Session:
    """Return the session of a key hook. Redirects come back as they are, for the plugin to judge."""
    return _prepared(_SetupSession(), send, lambda _: None)


def error_of(failure: Failure) -> HubError:
    """Return the error that tells the caller of a hook what a failure means for him."""
    word = failure.reason
    if failure.outcome is Outcome.REFUSED:
        if word == "quota":
            return Retry("So many calls were made that this one waits.", after=failure.after or _WAIT, code=word)
        if word in _RECONNECT:
            return NeedsReconnect("The stored credential cannot be used; connect the account again.", code=word)
        return Refused(word, f"The hub refused a call to the provider ({word}).")
    if word in _OURS:
        return Unavailable(_OURS[word])
    told = f"A call to the provider was not answered ({failure.outcome}: {word})."
    return Retry(told, code=failure.outcome.value, sent=failure.sent)


def _error_of_status(answer: Answer) -> HubError | None:
    if answer.status == 401 and answer.header("Smtp-Code") == _WANTS_AN_ACCOUNT:
        told = "The server wants a user name and password; connect again with them."
        return NeedsReconnect(told, code="account_wanted")
    if answer.status == 401:
        return NeedsReconnect("The provider does not accept the credential any more; connect the account again.")
    if answer.status == 429 or (answer.status >= 500 and answer.status not in _NOT_PASSING):
        after = retry_after(answer) or _WAIT
        return Retry(
            f"The provider answered {answer.status}; it will be asked again.",
            after=after,
            code="busy",
            sent=answer.status >= 500,
        )
    return None


def _prepared(session: requests.Session, send: Send, note: Callable[[Result], None]) -> requests.Session:
    session.trust_env = False  # no .netrc, no proxies, no CA bundle of the environment
    session.max_redirects = _MAX_REDIRECTS
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    adapter = _BorderAdapter(send, note)
    for scheme in ("https://", "http://", "smtps://", "smtp://"):
        session.mount(scheme, adapter)
    return session


class _AccountSession(requests.Session):
    def __init__(self, marked: Marked) -> None:
        super().__init__()
        self._marked = marked

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        try:
            return super().send(request, **options)
        except requests.TooManyRedirects:
            self._marked.note(Failure(Outcome.BROKEN, "redirects", sent=True))
            raise

    def rebuild_method(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        # requests makes a GET of any method but HEAD, which turns PROPFIND and REPORT into something else.
        if prepared_request.method == "POST":
            super().rebuild_method(prepared_request, response)


class _SetupSession(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _BorderAdapter(BaseAdapter):
    def __init__(self, send: Send, note: Callable[[Result], None]) -> None:
        super().__init__()
        self._send = send
        self._note = note

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Hand a request to the broker. Of the options only a shorter ``timeout`` means anything."""
        headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
        result = self._send(
            Request(request.method or "GET", request.url or "", headers, _content(request.body), _seconds(timeout))
        )
        self._note(result)
        if isinstance(result, Failure):
            raise BorderError(result, request)
        return self._response(result, request)

    def close(self) -> None:
        """Do nothing: the connections are the broker's."""

    def _response(self, answer: Answer, request: requests.PreparedRequest) -> requests.Response:
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(answer.body),
            headers=HTTPHeaderDict(answer.headers),
            status=answer.status,
            reason=answer.reason,
            version=answer.version,
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,
            request_method=request.method,
        )
        # With ourselves as the adapter: an auth handler that sends again by `response.connection` comes back here.
        return HTTPAdapter.build_response(cast(HTTPAdapter, self), request, raw)


def _content(body: Any) -> bytes:
    """Return a request body, whichever way it was given, as bytes."""
    if body is None:
        return b""
    if isinstance(body, str | bytes | bytearray):
        return body.encode() if isinstance(body, str) else bytes(body)
    if hasattr(body, "read"):
        return _content(body.read())
    return b"".join(_content(part) for part in body)


def _seconds(timeout: Any) -> float | None:
    if isinstance(timeout, tuple):
        timeout = timeout[-1]
    return float(timeout) if isinstance(timeout, int | float) else None


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
