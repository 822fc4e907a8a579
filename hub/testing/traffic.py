"""What a plugin asked and what it was answered, as seen at its session: for the checks of privacy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. ``path`` is raw and encoded; ``asked`` and ``answered`` are the bodies."""

    method: str
    url: str
    asked: bytes
    status: int
    answered: bytes

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.url).path


class Traffic:
    """Remembers what goes through a session, redirects included. Put it on before the plugin gets the session."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self._exchanges: list[Exchange] = []
        session.hooks["response"].append(self._heard)

    def since(self, number: int = 0) -> Sequence[Exchange]:
        """Return the exchanges from that number on."""
        return tuple(self._exchanges[number:])

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Let the session give up after so many seconds without an answer, as the broker does."""
        plain = self._session.send

        def send(request: requests.PreparedRequest, **options: Any) -> requests.Response:
            return plain(request, **{**options, "timeout": seconds})

        self._session.send = send  # type: ignore[method-assign]
        try:
            yield
        finally:
            self._session.send = plain  # type: ignore[method-assign]

    def __len__(self) -> int:
        return len(self._exchanges)

    def _heard(self, answer: requests.Response, **_options: Any) -> None:
        request = answer.request
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        self._exchanges.append(
            Exchange(request.method or "", request.url or "", body, answer.status_code, answer.content)
        )
