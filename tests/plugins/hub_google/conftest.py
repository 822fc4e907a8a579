from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import pytest
import requests

from hub.plugin import Account, Calendar, Grant, Redirect, Setup
from hub.testing.lab.google import faults
from hub.testing.lab.google.app import ADA, BEN, GoogleLab, google
from hub.testing.lab.google.state import Person
from hub.testing.lab.google.stranger import GoogleStranger
from hub.testing.lab.google.visitor import consent, own_token
from hub.testing.subject import DAY, KeyHooks, Subject, Switched, bearing, direct
from hub.testing.traffic import Traffic
from hub_google import keys, plugin
from hub_google.event_ids import MOST, event_id

STATE = "a-word-made-by-the-hub"


@pytest.fixture(scope="module")
def running() -> Iterator[GoogleLab]:
    """One stand-in for a module: each test works in a calendar of its own."""
    with google() as lab:
        yield lab


@pytest.fixture
def lab(running: GoogleLab) -> Iterator[GoogleLab]:
    running.state.switches.turn(None)
    running.state.lie = None
    yield running
    running.state.switches.turn(None)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def connect(lab: GoogleLab, http: requests.Session) -> Callable[..., Grant]:
    """Connect an account at a level, through the consent page; ``scopes`` are the boxes that are ticked."""

    def go(
        level: str,
        person: Person = ADA,
        scopes: list[str] | None = None,
        before: Mapping[str, str] | None = None,
    ) -> Grant:
        asked = begin(lab, http, level)
        answer = consent(asked.url, person, scopes)
        granted = keys.hub_connect(setup(lab, http, level, asked, before), answer)
        assert isinstance(granted, Grant)
        return granted

    return go


@pytest.fixture(scope="module")
def granted() -> dict[str, Grant]:
    """The grants of this module by level: connecting once is enough for most."""
    return {}


@pytest.fixture
def account(connect: Callable[..., Grant], http: requests.Session, granted: dict[str, Grant]) -> Callable[..., Account]:
    """Connect, and sign a session in as the broker would."""

    def go(level: str = "standard", scopes: list[str] | None = None) -> Account:
        if scopes is not None or level not in granted:
            made = connect(level, ADA, scopes)
            granted.update({} if scopes is not None else {level: made})
        else:
            made = granted[level]
        http.headers["Authorization"] = f"Bearer {made.secret['access_token']}"
        return Account(made.account_name, made.settings, http)

    return go


@pytest.fixture
def subject(
    lab: GoogleLab, account: Callable[..., Account], connect: Callable[..., Grant]
) -> Iterator[Callable[..., Subject]]:
    """Give the plugin at a level with a calendar of its own, and a stranger at the same one."""
    strangers: list[GoogleStranger] = []
    plain, signed = requests.Session(), requests.Session()
    plain.trust_env = signed.trust_env = False

    def go(level: str = "standard") -> Subject:
        mine = account(level)
        stranger = GoogleStranger(lab.origin, own_token(lab, ADA), "Europe/Berlin", own_ids)
        strangers.append(stranger)
        ref = stranger.make_calendar("scratch")
        if level == "shield":  # as if the hub had just made it
            lab.state.calendars[ref].made_by = lab.state.client.id
            mine = Account(mine.name, {**mine.settings, "bookings": ref}, mine.http)
        start = (int(time.time()) // DAY + 30) * DAY
        return Subject(
            direct(plugin, mine),
            Calendar(ref, "scratch", "Europe/Berlin"),
            stranger,
            start,
            owner=ADA.email,
            provider=plugin.hub_provider(),
            traffic=Traffic(mine.http),
            seen=lambda: lab.state.seen,
            faults=Switched(lab.state.switches, faults.KNOWN),
            receive=plugin.hub_receive,
            # Ben's: the end of a grant ends all that the account has here.
            keys=KeyHooks(keys, setup(lab, plain, ""), lambda: connect(level, BEN), bearing(plugin, signed)),
            secrets=(str(mine.http.headers["Authorization"]).removeprefix("Bearer "),),
            cannot={"sees_an_unknown_zone_as_busy": "Google refuses an event in a zone that it does not know (400)."},
        )

    yield go
    for one in (*strangers, plain, signed):
        one.close()


def begin(lab: GoogleLab, http: requests.Session, level: str) -> Redirect:
    asked = keys.hub_connect(setup(lab, http, level), None)
    assert isinstance(asked, Redirect)
    return asked


def setup(
    lab: GoogleLab,
    http: requests.Session,
    level: str = "standard",
    asked: Redirect | None = None,
    before: Mapping[str, str] | None = None,
) -> Setup:
    back = lab.state.client.redirect_urls[0]
    return Setup(level, lab.settings, http, back, STATE, asked.keep if asked else {}, before or {})


def own_ids(uid: str) -> list[str]:
    return [event_id(uid, turn) for turn in range(MOST)]
