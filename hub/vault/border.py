"""What crosses the border between a plugin's session and the broker: plain data, never a live object.

The same records go through a function call (embedded) or a socket (broker apart), so nothing here may hold an
exception, a connection or a credential.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from hub.core.purpose import Purpose

Pairs = tuple[tuple[str, str], ...]
"""Headers in the order of the wire; a repeated one appears repeatedly."""


class Outcome(StrEnum):
    """Why there is no answer: the closed list."""

    REFUSED = "refused"  # a rule of the hub says no
    TIMEOUT = "timeout"  # the deadline of the call passed
    TLS = "tls"  # the server could not prove its name
    UNREACHABLE = "unreachable"  # no connection; nothing was sent
    BROKEN = "broken"  # the connection or the answer broke off
    UNKNOWN = "unknown"  # nobody can tell what happened


@dataclass(frozen=True, slots=True)
class Handle:
    """For whom a work call is made. ``epoch`` is the connection's when the account was opened."""

    business: str
    connection: str
    epoch: int
    purpose: Purpose
    hook: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a plugin made it. ``timeout``, in seconds, can only shorten the hub's own."""

    method: str
    url: str
    headers: Pairs = ()
    body: bytes = b""
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, its body whole and decoded. ``version`` is 10 or 11, as in `http.client`."""

    status: int
    reason: str
    version: int
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer. ``reason`` is a machine word; ``sent``: the provider may have seen the request.

    ``after`` are the seconds until it may be tried again, where that is known.
    """

    outcome: Outcome
    reason: str
    sent: bool = False
    after: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class RoundTrip:
    """What a step of connecting goes with where the provider asks the owner on its own pages.

    ``redirect_url`` is where they come back to, ``state`` the word that goes there and back with them, ``keep`` what
    the plugin kept when it sent them off.
    """

    redirect_url: str = ""
    state: str = ""
    keep: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


NOWHERE = RoundTrip()
"""For an account whose owner stays on our pages."""

Result = Answer | Failure
Send = Callable[[Request], Result]
"""How a session reaches the broker."""
