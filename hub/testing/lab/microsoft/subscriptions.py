"""Subscriptions and their notifications, sent as real requests from a thread of their own.

Pages: Create subscription, Receive change notifications through webhooks, Reduce missing change notifications.
"""

from __future__ import annotations

import queue
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import requests

from hub.testing.lab.microsoft import moments, schema
from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.items import Item
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.side import LabPush
from hub.testing.lab.switches import Fault, Switches

LONGEST = 4230 * 60
"""Seconds that a subscription to events may last: the smaller one of the limits that Graph's pages have named."""

_LOCAL = re.compile(r"https://|http://(127\.0\.0\.1|localhost)[:/]")
"""Microsoft takes https alone; on this machine the stand-in does without."""

_TIMEOUT = 10
_KEPT = 500


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of an application to the events of one calendar."""

    id: str
    account: str
    application: str
    calendar: str
    until: int
    body: Mapping[str, Any]

    @property
    def tenant(self) -> str:
        """The tenant of the account."""
        return self.account.partition(".")[0]

    @property
    def oid(self) -> str:
        """The object id of the account."""
        return self.account.partition(".")[2]

    def resource(self) -> dict[str, Any]:
        """Return it as Graph shows it."""
        return {
            **dict.fromkeys(schema.RESOURCES["subscription"]),
            "latestSupportedTlsVersion": "v1_2",
            **self.body,
            "id": self.id,
            "applicationId": self.application,
            "creatorId": self.oid,
            "expirationDateTime": moments.stamp(self.until),
        }


class Ended(Exception):
    """The subscription ended while its notification was waiting."""


class Subscriptions:
    """All subscriptions, and what was sent. ``trust`` is a PEM file of who may have signed a receiver's certificate."""

    def __init__(self, clock: Callable[[], float], switches: Switches, trust: str = "") -> None:
        self.there: dict[str, Subscription] = {}
        self.pushes: dict[str, LabPush] = {}
        self.trust = trust
        self._bodies: dict[str, dict[str, Any]] = {}
        self._clock, self._switches = clock, switches
        self._waiting: queue.Queue[tuple[str, str, dict[str, Any], str] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self._thread.start()

    def create(self, person: Person, application: str, calendar: str, body: Mapping[str, Any]) -> Subscription:
        """Make a subscription, once each of its addresses has shown that it is the subscriber's."""
        text = schema.written("subscription", body)
        for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
            if not body.get(name):
                text = text or f"{name} is required."
        kinds = set(str(body.get("changeType", "")).split(","))
        if not text and not kinds <= {"created", "updated", "deleted"}:
            text = "The changeType is not supported."
        if len(str(body.get("clientState") or "")) > 128:
            text = text or "clientState exceeds the maximum length of 128 characters."
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if body.get(name) and not _LOCAL.match(str(body[name])):
                text = text or f"{name} must use HTTPS."
        if text:
            raise Problem(400, "InvalidRequest", text)
        until = self._until(body["expirationDateTime"])
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if body.get(name):
                self._validate(str(body[name]))
        ref = "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))
        made = Subscription(ref, person.id, application, calendar, until, dict(body))
        with self._lock:
            self.there[ref] = made
        return made

    def find(self, ref: str, account: str) -> Subscription:
        """Return a subscription of an account that is not over."""
        found = self.there.get(ref)
        if found is None or found.account != account or found.until <= self._clock():
            raise Problem(404, "ResourceNotFound", "The object was not found.")
        return found

    def renew(self, found: Subscription, body: Mapping[str, Any]) -> Subscription:
        """Let it last longer. Nothing else of it can be changed."""
        if body.keys() != {"expirationDateTime"} or schema.written("subscription", body):
            raise Problem(400, "InvalidRequest", "Only expirationDateTime can be updated.")
        renewed = replace(found, until=self._until(body["expirationDateTime"]))
        with self._lock:
            self.there[found.id] = renewed
        return renewed

    def end(self, ref: str) -> None:
        """Forget a subscription."""
        with self._lock:
            self.there.pop(ref, None)

    def changed(self, account: str, item: Item, kind: str) -> None:
        """Notify all who subscribed to the event's calendar."""
        for one in list(self.there.values()):
            if (one.account, one.calendar) == (account, item.calendar) and kind in one.body["changeType"]:
                data = {
                    "@odata.type": "#Microsoft.Graph.Event",
                    "@odata.id": f"Users/{one.oid}/Events/{item.id}",
                    "@odata.etag": item.etag,
                    "id": item.id,
                }
                self._push(one, {"changeType": kind, "resource": data["@odata.id"], "resourceData": data}, kind)

    def lifecycle(self, ref: str, event: str) -> None:
        """Send a lifecycle notification: reauthorizationRequired, subscriptionRemoved or missed."""
        one = self.there[ref]
        if event == "subscriptionRemoved":
            self.end(ref)
        if one.body.get("lifecycleNotificationUrl"):
            self._push(one, {"lifecycleEvent": event}, event, str(one.body["lifecycleNotificationUrl"]))

    def resend(self, push: str) -> None:
        """Send a notification once more."""
        self._waiting.put((push, self.pushes[push].to, self._bodies[push], ""))

    def close(self) -> None:
        """Send nothing more."""
        self._waiting.put(None)
        self._thread.join(5)

    def _push(self, one: Subscription, what: Mapping[str, Any], about: str, to: str = "") -> None:
        if one.until <= self._clock():
            return
        notification = {
            "subscriptionId": one.id,
            "subscriptionExpirationDateTime": moments.stamp(one.until),
            "clientState": one.body.get("clientState"),
            "tenantId": one.tenant,
            **what,
        }
        address = to or str(one.body["notificationUrl"])
        ref = secrets.token_hex(6)
        fault = self._switches.takes("PUSH", "/push", Fault.PUSH_DROPPED, Fault.PUSH_TWICE)
        outcome = "dropped" if fault is Fault.PUSH_DROPPED else "waiting"
        with self._lock:
            self.pushes[ref] = LabPush(ref, int(self._clock()), address, about, outcome)
            self._bodies[ref] = {"value": [notification]}
            while len(self.pushes) > _KEPT:
                self._bodies.pop(oldest := next(iter(self.pushes)))
                self.pushes.pop(oldest)
        for _time in range({Fault.PUSH_DROPPED: 0, Fault.PUSH_TWICE: 2}.get(fault, 1) if fault else 1):
            self._waiting.put((ref, address, self._bodies[ref], "" if to else one.id))

    def _send_all(self) -> None:
        with requests.Session() as http:
            http.trust_env = False
            while (one := self._waiting.get()) is not None:
                ref, address, body, subscription = one
                try:
                    if subscription and subscription not in self.there:
                        raise Ended
                    answer = http.post(address, json=body, timeout=_TIMEOUT, verify=self.trust or True)
                    outcome = str(answer.status_code)
                except (requests.RequestException, Ended) as error:
                    outcome = type(error).__name__
                with self._lock:
                    if ref in self.pushes:
                        self.pushes[ref] = replace(self.pushes[ref], outcome=outcome)

    def _until(self, text: str) -> int:
        until = moments.parsed(text)
        if not 0 < until - self._clock() <= LONGEST:
            raise Problem(400, "InvalidRequest", "Subscription expiration can only be 4230 minutes in the future.")
        return until

    def _validate(self, url: str) -> None:
        """Ask whether the address is the subscriber's: it must send the decoded token back as plain text, with 200."""
        token = (
            f"Validation: Testing client application reachability for subscription Request-Id: {secrets.token_hex(8)}"
        )
        try:
            with requests.Session() as http:
                http.trust_env = False
                answer = http.post(
                    url,
                    params={"validationToken": token},
                    timeout=_TIMEOUT,
                    verify=self.trust or True,
                    headers={"Content-Type": "text/plain; charset=utf-8"},
                )
            seen = answer.status_code, answer.text, answer.headers.get("Content-Type", "").partition(";")[0]
        except requests.RequestException as error:
            raise Problem(400, "ValidationError", "Subscription validation request timed out.") from error
        if seen != (200, token, "text/plain"):
            text = f"Subscription validation request failed: the answer must be the token; status {seen[0]}."
            raise Problem(400, "ValidationError", text)


def calendar_of(resource: str) -> str:
    """Return which calendar a subscription is to; an empty text is the default one."""
    parts = resource.strip("/").split("/")
    if parts in (["me", "events"], ["me", "calendar", "events"]):
        return ""
    if len(parts) == 4 and parts[:2] == ["me", "calendars"] and parts[3] == "events":
        return parts[2]
    raise Problem(400, "ExtensionError", "The resource is not supported here; use me/calendars/{id}/events.")
