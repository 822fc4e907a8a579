"""Requests to Graph through the account's session: JSON in, JSON out, pages followed as far as they may lead."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from hub.plugin import Account
from hub_microsoft import failures

MOST_PAGES = 100
PAGE = 1000
"""Events of a page: the most that a calendar view gives (page: List calendarView)."""

_PREFER = 'outlook.timezone="UTC"'


class Client:
    """Graph as one account sees it."""

    def __init__(self, account: Account) -> None:
        self._http = account.http
        self._base = f"{account.settings['graph']}/v1.0"
        self.scopes = frozenset(account.settings.get("scopes", "").split())

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return an object."""
        return self._object(self._send("GET", self._base + path, params=query))

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Give every entry of a list. Raises Retry when the list makes no sense or has no end."""
        url, params, seen = self._base + path, query or None, set[str]()
        for _page in range(MOST_PAGES):
            body = self._object(self._send("GET", url, params=params))
            value, following = body.get("value"), body.get("@odata.nextLink")
            if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
                raise failures.unreadable("a list that is none")
            yield from value
            if following is None:
                return
            # The address comes from the server, which may write the path in another way. What says where to go on is
            # in its query, so that alone is taken, and the request stays the declared one.
            rest = urlsplit(following).query if isinstance(following, str) else ""
            if not rest or rest in seen:
                raise failures.unreadable("a page that leads nowhere")
            seen.add(rest)
            url, params = f"{self._base}{path}?{rest}", None
        raise failures.unreadable("a list without end")

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make something, and return it as it was made."""
        return self._object(self._send("POST", self._base + path, json=body))

    def patch(self, path: str, body: Mapping[str, Any], etag: str = "") -> dict[str, Any]:
        """Change something, with an etag only that version, and return it as it is then."""
        return self._object(
            self._send("PATCH", self._base + path, json=body, headers={"If-Match": etag} if etag else {})
        )

    def delete(self, path: str) -> None:
        """Remove something."""
        self._send("DELETE", self._base + path)

    def _send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> requests.Response:
        wishes = {"Prefer": _PREFER, "Accept": "application/json", **(headers or {})}
        answer = self._http.request(method, url, headers=wishes, allow_redirects=False, **more)
        if not 200 <= answer.status_code < 300:
            raise failures.of_answer(answer)
        return answer

    def _object(self, answer: requests.Response) -> dict[str, Any]:
        read: Any = None
        try:
            read = json.loads(answer.content)
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise failures.unreadable("a page where calendar data was asked for")
        return read


def part(ref: str) -> str:
    """Return an id as one part of a path."""
    return quote(ref, safe="")
