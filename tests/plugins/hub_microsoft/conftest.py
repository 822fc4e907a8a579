from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest
import requests
import trustme

from hub.plugin import Account, Calendar, Grant, Redirect, Setup
from hub.testing.lab.microsoft import failures
from hub.testing.lab.microsoft.application import Microsoft, running
from hub.testing.lab.microsoft.people import CONSUMERS, Person
from hub.testing.lab.microsoft.stranger import Stranger
from hub.testing.lab.microsoft.visitor import agree
from hub.testing.lab.switches import Fault
from hub.testing.subject import DAY, KeyHooks, Subject, Switched, bearing, direct
from hub.testing.traffic import Traffic
from hub_microsoft import keys, plugin
from hub_microsoft.provider import BOOKINGS, PROVIDER

STATE = "a-word-made-by-the-hub"
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


@pytest.fixture(scope="session")
def trusted(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name a file with who signs the lab's certificates."""
    place = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(place))
    return str(place)


@pytest.fixture
def http(trusted: str) -> Iterator[requests.Session]:
    """Give a session for key hooks, in place of the broker's."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = trusted
        yield session


@dataclass
class SignIn:
    """Goes through the sign-in with the plugin's key hook, step by step as the hub does."""

    lab: Microsoft
    http: requests.Session
    level: str = BOOKINGS

    def setup(self, keep: Mapping[str, str] | None = None) -> Setup:
        """Return what the hook gets; with ``keep`` when the owner is back."""
        return Setup(self.level, self.lab.settings, self.http, BACK, STATE, keep or {})

    def begin(self) -> Redirect:
        """Return where the owner is sent to."""
        asked = keys.hub_connect(self.setup(), None)
        assert isinstance(asked, Redirect)
        return asked

    def finish(self, asked: Redirect, answer: Mapping[str, str]) -> Grant:
        """Return the grant that an answer leads to."""
        granted = keys.hub_connect(self.setup(asked.keep), answer)
        assert isinstance(granted, Grant)
        return granted

    def connect(self, kind: str = "work") -> Grant:
        """Connect Ada."""
        asked = self.begin()
        return self.finish(asked, agree(asked.url, person(self.lab, kind)))


@pytest.fixture
def sign_in(lab: Microsoft, http: requests.Session) -> SignIn:
    return SignIn(lab, http)


@pytest.fixture
def connected(lab: Microsoft, sign_in: SignIn) -> Connected:
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
                own_cursor=True,
                receive=plugin.hub_receive,
                keys=KeyHooks(keys, sign_in.setup(), sign_in.connect, bearing(plugin, sign_in.http)),
                secrets=(str(session.headers["Authorization"]).removeprefix("Bearer "),),
            )
        lab.switches.turn(None)
        stranger.remove_calendar(ref)

    return connect
