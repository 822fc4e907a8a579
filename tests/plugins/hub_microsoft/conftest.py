from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import requests
import trustme

from hub.plugin import Account, Calendar
from hub.testing.lab.microsoft import failures
from hub.testing.lab.microsoft.application import Microsoft, running
from hub.testing.lab.microsoft.people import CONSUMERS, Person
from hub.testing.lab.microsoft.stranger import Stranger
from hub.testing.lab.switches import Fault
from hub.testing.subject import DAY, Subject, Switched, direct
from hub.testing.traffic import Traffic
from hub_microsoft import plugin
from hub_microsoft.provider import PROVIDER

BACK = "http://127.0.0.1/connect/return"

Connected = Callable[..., AbstractContextManager[Subject]]


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def lab(certificate: ssl.SSLContext) -> Iterator[Microsoft]:
    """A Microsoft for the tests of one file; each takes a calendar of its own."""
    with running(Microsoft(redirect_urls=(BACK,)), certificate) as state:
        yield state


@pytest.fixture
def switches(lab: Microsoft) -> Iterator[None]:
    yield
    lab.switches.turn(None)


def person(lab: Microsoft, kind: str = "work") -> Person:
    """Return Ada, at work or at home."""
    return next(one for one in lab.people.values() if (one.tenant.id == CONSUMERS) == (kind == "personal"))


def account_of(lab: Microsoft, who: Person, session: requests.Session, *scopes: str) -> Account:
    """Sign a session in, without the pages, and return the account as hooks get it."""
    granted = scopes or ("Calendars.ReadWrite", "offline_access", "openid", "profile")
    grant = lab.tokens.grant(who, lab.client.id, granted)
    access, _refresh = lab.tokens.issue(grant, granted)
    session.headers["Authorization"] = f"Bearer {access}"
    return Account(who.address, {"graph": lab.signin.pages, "kind": "work", "scopes": " ".join(granted)}, session)


@pytest.fixture
def connected(lab: Microsoft) -> Connected:
    """Give a way to connect somebody with a calendar of their own, as a subject of the contract."""

    @contextmanager
    def connect(kind: str = "work", *scopes: str) -> Iterator[Subject]:
        who = person(lab, kind)
        stranger = Stranger(who)
        ref = stranger.make_calendar(f"scratch {time.monotonic_ns()}")
        with requests.Session() as session:
            session.trust_env = False
            traffic = Traffic(session)
            account = account_of(lab, who, session, *scopes)
            yield Subject(
                direct(plugin, account),
                Calendar(ref, "scratch", "Europe/Berlin"),
                stranger,
                (int(time.time()) // DAY + 30) * DAY,
                owner=who.address,
                provider=PROVIDER,
                traffic=traffic,
                seen=lambda: lab.seen,
                faults=Switched(lab.switches, failures.KNOWN - {Fault.GONE}),
                receive=plugin.hub_receive,
                secrets=(str(session.headers["Authorization"]).removeprefix("Bearer "),),
            )
        lab.switches.turn(None)
        stranger.remove_calendar(ref)

    return connect
