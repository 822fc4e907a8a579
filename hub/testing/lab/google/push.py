"""Notifications: a channel to an address, and an empty POST with headers for each change (Calendar API, "Get push
notifications")."""

from __future__ import annotations

import hashlib
import ipaddress
import queue
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import requests

from hub.testing.lab.google import errors
from hub.testing.lab.google.state import GoogleState
from hub.testing.lab.switches import Fault

LONGEST = 7 * 86_400
"""How long a channel lives if nobody says, in seconds; a longer wish is cut to a month."""

_MOST = 30 * 86_400
_STEP = 3
"""By how much the numbers of messages grow after the first: they are not sequential, says the guide."""

_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")


@dataclass(slots=True)
class OpenChannel:
    """A channel. ``number`` counts its messages; the first says ``sync``."""

    id: str
    calendar: str
    sub: str
    client: str
    address: str
    token: str
    resource: str
    until: int
    number: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it went out, or would have. ``outcome`` is the status, or why there is none."""

    id: str
    at: int
    address: str
    calendar: str
    headers: dict[str, str]
    outcome: str = "waiting"


class Pushes:
    """All channels, and a thread that delivers. ``close`` ends it.

    ``base`` is what addresses in messages begin with; ``authority`` a PEM file of who issues certificates here.
    """

    def __init__(self, state: GoogleState) -> None:
        self._state = state
        self.base = "https://www.googleapis.com"
        self.authority: str | None = None
        self.channels: dict[str, OpenChannel] = {}
        self.sent: deque[Sent] = deque(maxlen=1_000)
        self._waiting: queue.Queue[Sent | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._count = 0
        state.touched = self.touched

    def watch(self, calendar: str, sub: str, client: str, body: dict[str, Any]) -> dict[str, Any]:
        """Open a channel, and send its first message."""
        ref, address = body.get("id", ""), body.get("address", "")
        if not _ID.fullmatch(ref):
            raise errors.GoogleError(400, "channelIdInvalid", "Channel id is missing or not well-formed.")
        if body.get("type") not in ("web_hook", "webhook"):
            raise errors.bad_request("Unknown channel type.")
        if len(body.get("token", "")) > 256:
            raise errors.bad_request("Channel token is too long.")
        _check_address(address)
        now = self._state.clock()
        if ref in self.channels and self.channels[ref].until > now:
            raise errors.GoogleError(400, "channelIdNotUnique", f"Channel id {ref} not unique")
        lives = int(body.get("params", {}).get("ttl", LONGEST))
        asked = int(body["expiration"]) // 1000 if body.get("expiration") else now + lives
        if asked <= now:
            raise errors.bad_request("The expiration lies in the past.")
        resource = hashlib.sha256(f"{sub} {calendar}".encode()).hexdigest()[:27]
        until = min(asked, now + _MOST)
        made = OpenChannel(ref, calendar, sub, client, address, body.get("token", ""), resource, until)
        with self._state.lock:
            self.channels[ref] = made
        self._send(made, "sync")
        answer = {"kind": "api#channel", "id": ref, "resourceId": resource, "expiration": str(until * 1000)}
        answer["resourceUri"] = self._uri(made)
        return answer | ({"token": made.token} if made.token else {})

    def stop(self, sub: str, client: str, body: dict[str, Any]) -> None:
        """Close a channel of this account and client; it must be named together with its resource."""
        found = self.channels.get(body.get("id", ""))
        mine = found is not None and (found.sub, found.client) == (sub, client)
        if found is None or not mine or found.resource != body.get("resourceId") or found.until <= self._state.clock():
            message = f"Channel '{body.get('id', '')}' not found for project"
            raise errors.GoogleError(404, "notFound", message)
        del self.channels[found.id]

    def touched(self, calendar: str) -> None:
        """Tell everybody who watches a calendar that it changed."""
        now = self._state.clock()
        for channel in list(self.channels.values()):
            if channel.until <= now:
                self.channels.pop(channel.id, None)
            elif channel.calendar == calendar:
                self._send(channel, "exists")

    def drop(self, sub: str, client: str) -> None:
        """Close all channels of a grant that ended."""
        for channel in list(self.channels.values()):
            if (channel.sub, channel.client) == (sub, client):
                self.channels.pop(channel.id, None)

    def resend(self, ref: str) -> None:
        """Send a message once more, as it was."""
        found = next((one for one in self.sent if one.id == ref), None)
        if found is None:
            raise errors.not_found()
        self._put(replace(found, id=self._new_id(), at=self._state.clock(), outcome="waiting"))

    def settle(self, patience: float = 5.0) -> None:
        """Wait until everything was delivered that is waiting."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and any(one.outcome == "waiting" for one in list(self.sent)):
            time.sleep(0.005)

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(5)
            self._thread = None

    def _send(self, channel: OpenChannel, what: str) -> None:
        with channel.lock:
            channel.number += _STEP if channel.number else 1
            headers = {
                "X-Goog-Channel-ID": channel.id,
                "X-Goog-Channel-Expiration": formatdate(channel.until, usegmt=True),
                "X-Goog-Message-Number": str(channel.number),
                "X-Goog-Resource-ID": channel.resource,
                "X-Goog-Resource-State": what,
                "X-Goog-Resource-URI": self._uri(channel),
            }
        if channel.token:
            headers["X-Goog-Channel-Token"] = channel.token
        one = Sent(self._new_id(), self._state.clock(), channel.address, channel.calendar, headers)
        fault = self._state.switches.takes("POST", "push", Fault.PUSH_DROPPED, Fault.PUSH_TWICE)
        if fault is Fault.PUSH_DROPPED:
            self.sent.append(replace(one, outcome="dropped"))
            return
        self._put(one)
        if fault is Fault.PUSH_TWICE:
            self._put(replace(one, id=self._new_id()))

    def _put(self, one: Sent) -> None:
        with self._state.lock:
            self.sent.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._deliver, daemon=True)
                self._thread.start()
        self._waiting.put(one)

    def _deliver(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.verify = self.authority or True
            while (one := self._waiting.get()) is not None:
                outcome = _post(session, one)
                with self._state.lock:
                    for n, other in enumerate(self.sent):
                        if other.id == one.id:
                            self.sent[n] = replace(other, outcome=outcome)

    def _uri(self, channel: OpenChannel) -> str:
        return f"{self.base}/calendar/v3/calendars/{channel.calendar}/events"

    def _new_id(self) -> str:
        with self._state.lock:
            self._count += 1
            return str(self._count)


def _post(session: requests.Session, one: Sent) -> str:
    headers = {**one.headers, "Content-Type": "application/json; utf-8", "Content-Length": "0", "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"}  # fmt: skip  # noqa: E501
    try:
        return str(session.post(one.address, headers=headers, timeout=10, allow_redirects=False).status_code)
    except requests.RequestException as error:
        return type(error).__name__


def _check_address(address: str) -> None:
    """Refuse an address without https, as Google does; on this machine, where there is no certificate, http will do."""
    parts = urlsplit(address)
    try:
        here = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = parts.hostname == "localhost"
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        message = f"WebHook callback must be HTTPS: {address}"
        raise errors.GoogleError(400, "push.webhookUrlNotHttps", message)
