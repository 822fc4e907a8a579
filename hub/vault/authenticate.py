"""Add the credential to a request, and answer what the server asks back: Basic, Digest, Bearer."""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable

from hub.core.declared import Target
from hub.core.digest import DigestChallenge, find_digest_challenge, offers_scheme
from hub.core.provider import AuthScheme, Grant
from hub.vault.border import Answer, Result

Exchange = Callable[[str | None], Result]
"""Sends the request with that Authorization header, or without one."""

_REMEMBERED = 1024


class Authenticator:
    """Signs requests in. Remembers the Digest challenges of servers, so that most calls need one round trip."""

    def __init__(self) -> None:
        self._challenges: OrderedDict[tuple[str, str], DigestChallenge] = OrderedDict()
        self._lock = threading.Lock()

    def send(self, connection: str, grant: Grant, method: str, target: Target, exchange: Exchange) -> Result:
        """Send a request signed in with the grant; a challenge that can be answered is answered, once."""
        if grant.scheme is AuthScheme.NONE:
            return exchange(None)
        if grant.scheme is AuthScheme.BEARER:
            return exchange(f"Bearer {grant.secret.get('access_token', '')}")
        username, password = grant.secret.get("username", ""), grant.secret.get("password", "")
        key = (connection, target.origin)
        known = self._recall(key)
        if known is not None:
            first: str | None = known.authorization(method, target.resource, username, password)
        else:
            first = basic(username, password) if grant.scheme is AuthScheme.BASIC else None
        answer = exchange(first)
        if not isinstance(answer, Answer) or answer.status != 401:
            return answer
        asked = [value for name, value in answer.headers if name.lower() == "www-authenticate"]
        challenge = find_digest_challenge(asked)
        if challenge is not None:
            self._remember(key, challenge)
            return exchange(challenge.authorization(method, target.resource, username, password))
        if known is not None and grant.scheme is AuthScheme.BASIC and offers_scheme(asked, "basic"):
            self._forget(key)
            return exchange(basic(username, password))
        return answer

    def forget(self, connection: str) -> None:
        """Forget the challenges of a connection."""
        with self._lock:
            for key in [key for key in self._challenges if key[0] == connection]:
                del self._challenges[key]

    def _recall(self, key: tuple[str, str]) -> DigestChallenge | None:
        with self._lock:
            return self._challenges.get(key)

    def _remember(self, key: tuple[str, str], challenge: DigestChallenge) -> None:
        with self._lock:
            self._challenges[key] = challenge
            while len(self._challenges) > _REMEMBERED:
                self._challenges.popitem(last=False)

    def _forget(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._challenges.pop(key, None)


def basic(username: str, password: str) -> str:
    """Return the value of a Basic Authorization header, in UTF-8 (RFC 7617, section 2.1)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
