from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
import requests
import trustme

from hub.testing.lab.microsoft.application import Microsoft, running
from hub.testing.lab.microsoft.people import Person

BACK = "http://127.0.0.1/connect/return"
NOW = 1_793_520_000  # 2026-11-01T08:00:00Z


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


class Asking:
    """A client of Graph that is signed in as somebody. Paths are below ``/v1.0``."""

    def __init__(self, lab: Microsoft, who: Person, *scopes: str) -> None:
        granted = scopes or ("Calendars.ReadWrite", "offline_access", "openid", "profile")
        self.grant = lab.tokens.grant(who, lab.client.id, granted)
        self.grant.scopes = granted
        self.token, self.refresh = lab.tokens.issue(self.grant, granted)
        self.lab, self.who = lab, who
        self.base = f"{lab.signin.pages}/v1.0"
        self.calendar = f"/me/calendars/{who.mailbox.make(f'scratch {len(who.mailbox.boxes)}').id}"

    def __call__(self, method: str, path: str, **more: object) -> requests.Response:
        url = path if path.startswith("http") else self.base + path
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}  # type: ignore[dict-item]
        with requests.Session() as http:
            http.trust_env = False
            return http.request(method, url, headers=headers, timeout=10, **more)  # type: ignore[arg-type]

    def create(self, **more: object) -> dict[str, object]:
        """Write an event from nine to ten on a Monday."""
        body = {"subject": "Kestrel", "start": at("2026-11-02T09:00:00"), "end": at("2026-11-02T10:00:00"), **more}
        made = self("POST", f"{self.calendar}/events", json=body)
        assert made.status_code == 201, made.text
        return dict(made.json())

    def error(self, method: str, path: str, **more: object) -> tuple[int, str]:
        """Return status and code of a request that is refused."""
        answer = self(method, path, **more)
        return answer.status_code, answer.json()["error"]["code"]


def at(wall: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": wall, "timeZone": zone}


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def lab(clock: Clock, authority: trustme.CA) -> Iterator[Microsoft]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with running(Microsoft(redirect_urls=(BACK,), clock=clock), context) as state:
        yield state


@pytest.fixture(autouse=True)
def in_order(lab: Microsoft, clock: Clock) -> Iterator[None]:
    yield
    lab.switches.turn(None)
    lab.tokens.grants.clear()
    lab.subscriptions.there.clear()
    clock.now = float(NOW)


@pytest.fixture
def ada(lab: Microsoft) -> Person:
    return next(iter(lab.people.values()))


@pytest.fixture
def home(lab: Microsoft) -> Person:
    return next(one for one in lab.people.values() if one.personal)


@pytest.fixture
def ask(lab: Microsoft, ada: Person) -> Asking:
    return Asking(lab, ada)
