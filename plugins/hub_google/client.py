"""The seam: google-api-python-client with `account.http` for its transport, and our checks in between.

The library brings the methods and their parameters from its static discovery document; it never signs, retries or
opens a connection here. Only successes reach it: every other answer becomes an error of the hub first.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import httplib2
import requests
from googleapiclient import discovery
from googleapiclient.errors import Error as LibraryError

from hub.plugin import Account, ProviderError
from hub_google import failures
from hub_google.provider import API

MAX_BODY = 8_000_000


class Client:
    """The Calendar API for one account. Every method raises the errors of `failures`."""

    def __init__(self, account: Account) -> None:
        # At DEBUG the library logs every address, and a calendar's id is somebody's e-mail address.
        logging.getLogger("googleapiclient").setLevel(logging.WARNING)
        self._service = discovery.build(
            "calendar",
            "v3",
            http=Bridge(account.http),  # without it the library looks for credentials of the machine
            static_discovery=True,
            cache_discovery=False,
            num_retries=0,
            client_options={"api_endpoint": f"{account.settings['api']}{API}/", "universe_domain": "googleapis.com"},
        )

    def calendars(self) -> Any:
        """The methods of ``calendars``."""
        return self._service.calendars()

    def calendar_list(self) -> Any:
        """The methods of ``calendarList``."""
        return self._service.calendarList()

    def events(self) -> Any:
        """The methods of ``events``."""
        return self._service.events()

    def free_busy(self) -> Any:
        """The methods of ``freebusy``."""
        return self._service.freebusy()

    def channels(self) -> Any:
        """The methods of ``channels``."""
        return self._service.channels()

    def ask(self, request: Any, *, condition: str = "") -> dict[str, Any]:
        """Send a request and return its answer as an object; an empty one for an answer without a body.

        ``condition`` is the entity tag that must still hold (If-Match).
        """
        if condition:
            request.headers["If-Match"] = condition
        problem: ProviderError | None = None
        answer: Any = None
        try:
            answer = request.execute(num_retries=0)
        except (LibraryError, ValueError, RecursionError):
            problem = failures.unreadable("something that is no JSON")
        if problem is not None:
            raise problem
        if answer == "":
            return {}
        if not isinstance(answer, dict):
            raise failures.unreadable("something that is no object")
        return answer


class Bridge:
    """What the library takes for its ``http``: one `request` that lets only sound answers in."""

    def __init__(self, http: requests.Session) -> None:
        self._http = http

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_ignored: object,
    ) -> tuple[httplib2.Response, bytes]:
        """Send a request through the account's session."""
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if given.get("x-http-method-override") == "GET":
            # The library makes a POST of every GET whose address is over 2,048 characters, which is another request.
            method, uri, body = "GET", f"{uri}?{body if isinstance(body, str) else ''}", None
        kept = {name: value for name, value in given.items() if name in _KEPT}
        response = self._sent(method, uri, body.encode() if isinstance(body, str) else body, kept)
        status, received = response.status_code, {name.lower(): value for name, value in response.headers.items()}
        if not 200 <= status < 300:
            raise failures.of_answer(status, received, response.content)
        if len(response.content) > MAX_BODY:
            raise failures.unreadable(f"more than {MAX_BODY // 1_000_000} MB")
        if status != 204 and not _is_json(response.content):
            raise failures.unreadable("something that is no JSON")
        return httplib2.Response({**received, "status": str(status)}), response.content

    def _sent(self, method: str, uri: str, body: bytes | None, headers: Mapping[str, str]) -> requests.Response:
        problem: ProviderError | None = None
        try:
            return self._http.request(method, uri, data=body, headers=dict(headers), allow_redirects=False)
        except requests.RequestException as error:
            problem = failures.of_session(error)
        raise problem

    def close(self) -> None:
        """Leave the session open: it is the account's."""


_KEPT = frozenset({"accept", "content-type", "if-match", "user-agent"})


def _is_json(content: bytes) -> bool:
    """Tell whether a body is JSON, before the library parses it: it takes what it cannot read for an error of ours."""
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
