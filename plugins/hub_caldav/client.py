"""The seam: the caldav library's client, with `account.http` as its session and our checks in between.

The library negotiates, retries, guesses and logs bodies when it is left alone. Here it sees only answers that are a
success and well-formed XML; every other one becomes an error of the hub before the library can swallow it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import requests
from caldav.davclient import DAVClient
from caldav.elements.base import BaseElement

from hub.plugin import Account, Refused
from hub_caldav import failures, multistatus
from hub_caldav.multistatus import Element, Item

MAX_BODY = 8_000_000
_MAX_HOPS = 3
_XML_METHODS = frozenset({"PROPFIND", "REPORT"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A success whose body is not XML, or that has none."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def etag(self) -> str:
        """The entity tag, or an empty string."""
        return self.headers.get("ETag", "")


class Client:
    """The server of one account. Every method raises the errors of `failures`; URLs are absolute."""

    def __init__(self, account: Account) -> None:
        # At DEBUG the library logs every body, which is what people have in their calendars.
        logging.getLogger("caldav").setLevel(logging.WARNING)
        self.homes = account.settings["home"].split()
        self.principal = account.settings.get("principal", "")
        self.owner = frozenset(account.settings.get("addresses", "").split())
        self._door = _Door(account.http)
        self._dav = DAVClient(url=self.homes[0], enable_rfc6764=False, rate_limit_handle=False)
        self._dav.session.close()
        self._dav.session = cast(requests.Session, self._door)

    def propfind(self, url: str, query: BaseElement, depth: int) -> list[Item]:
        """Return the asked properties of a resource (depth 0) and of what is in it (depth 1)."""
        return self._items(self._dav.request(url, "PROPFIND", str(query), {"Depth": str(depth)}))

    def report(self, url: str, query: BaseElement, depth: int) -> tuple[list[Item], str]:
        """Return the items of a report, and the sync token that came with them, if any."""
        response = self._dav.report(url, str(query), depth)
        token = response.tree.find(f"{multistatus.DAV}sync-token") if response.tree is not None else None
        return self._items(response), (token.text or "").strip() if token is not None else ""

    def report_text(self, url: str, query: BaseElement, depth: int) -> bytes:
        """Return the body of a report that answers with calendar data instead of a multistatus."""
        headers = {"Depth": str(depth), "Content-Type": "application/xml; charset=utf-8"}
        return self._door.ask("REPORT", url, str(query).encode(), headers).body

    def get(self, url: str) -> Answer:
        """Return a resource. Not through the library, which would log what it cannot parse as XML."""
        return self._door.ask("GET", url, b"", {"Accept": "text/calendar"})

    def put(self, url: str, data: bytes, condition: Mapping[str, str]) -> Answer:
        """Write a resource if the condition (If-Match or If-None-Match) holds."""
        headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
        response = self._dav.put(url, cast(str, data), headers)  # the library takes bytes as well
        return Answer(response.status, response.headers, b"")

    def delete(self, url: str) -> None:
        """Delete a resource."""
        self._dav.delete(url)

    def absolute(self, href: str, near: str) -> str:
        """Return an href that came in an answer about ``near`` as an absolute URL of the same server.

        Raises Refused when it names another one: the hub has no leave to go there.
        """
        url = urljoin(near, href)
        if _origin(url) != _origin(near):
            raise Refused("other_host", "The CalDAV server names a calendar on another host; connect that one.")
        return url

    def _items(self, response: Any) -> list[Item]:
        if response.tree is None:
            raise failures.unreadable("nothing")
        return multistatus.items(cast(Element, response.tree))


class _Door:
    """What the library takes for its session: one `request` that lets only sound answers in."""

    def __init__(self, http: requests.Session) -> None:
        self._http = http

    def request(
        self, method: str, url: str, *, data: bytes | str, headers: Mapping[str, str], **_ignored: object
    ) -> requests.Response:
        """Send the request; limits, credentials and certificates are the broker's business, not the library's."""
        body = data.encode() if isinstance(data, str) else data or b""
        response = self._send(method, url, body, headers)
        if method not in _XML_METHODS:
            response._content = b""  # nothing that the library could parse or log
            return response
        problem = ""
        try:
            root = multistatus.check(response.content)
            problem = "" if root == f"{multistatus.DAV}multistatus" else "other XML"
        except multistatus.Unreadable as error:
            problem = str(error)
        if problem:
            raise failures.unreadable(problem)
        return response

    def ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the request and return the body as it came."""
        response = self._send(method, url, body, headers)
        return Answer(response.status_code, response.headers, response.content)

    def close(self) -> None:
        """Leave the session open: it is the account's."""

    def _send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        for _hop in range(_MAX_HOPS):
            response = self._once(method, url, body, headers)
            target = urljoin(url, response.headers.get("Location", ""))
            if response.status_code not in {301, 302, 307, 308} or _origin(target) != _origin(url) or target == url:
                break
            url = target
        if not 200 <= response.status_code < 300:
            raise failures.of_status(response.status_code, response.headers, response.content)
        if len(response.content) > MAX_BODY:
            raise Refused("too_large", f"The CalDAV server sent more than {MAX_BODY // 1_000_000} MB in one answer.")
        return response

    def _once(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        problem = None
        try:
            return self._http.request(method, url, data=body, headers=dict(headers), allow_redirects=False)
        except requests.RequestException as error:
            problem = failures.of_session(error)
        raise problem


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port
