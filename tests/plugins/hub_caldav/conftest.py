from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from hub.plugin import Account, Calendar, Grant, Setup
from hub.testing.servers import Server, radicale, xandikos
from hub.testing.subject import DAY, Subject, direct
from hub.testing.traffic import Traffic
from hub_caldav import keys, plugin, trial

CANNOT = {
    "asks_for_no_titles": "CalDAV gives an event as one object; the hub reads its times in a process of its own.",
}
SERVERS = {"radicale": radicale, "xandikos": xandikos}


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    running: dict[str, Server] = {}
    contexts = []

    def start(name: str) -> Server:
        if name not in running:
            context = SERVERS[name](tmp_path_factory.mktemp(name))
            running[name] = context.__enter__()
            contexts.append(context)
        return running[name]

    yield start
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture
def server(servers: Callable[[str], Server]) -> Server:
    return servers("radicale")


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def connect(http: requests.Session) -> Callable[..., object]:
    """Answer the connect form; give a part to change it."""

    def answer(server: Server, **given: str) -> object:
        setup = Setup("calendar", {}, http)
        typed = {"url": server.url, "username": server.username, "password": server.password}
        return keys.hub_connect(setup, {**typed, **given})

    return answer


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[Server], Subject]]:
    """Connect to a server with a plain session and make a scratch calendar there."""
    made: list[tuple[trial.Stranger, str]] = []
    sessions: list[requests.Session] = []

    def subject(server: Server, *, origin: str = "") -> Subject:
        session = requests.Session()
        session.trust_env = False
        session.auth = (server.username, server.password)
        sessions.append(session)
        stranger = trial.stranger({"home": server.home}, server.username, server.password)
        ref = stranger.make_calendar(f"scratch-{uuid.uuid4().hex[:8]}")
        made.append((stranger, ref))
        home, here = server.home, ref
        if origin:  # the plugin goes through a front, the stranger straight to the server
            home, here = home.replace(server.origin, origin), here.replace(server.origin, origin)
        account = Account("ada", {"home": home, "principal": "", "addresses": "ada@example.com"}, session)
        start = (int(time.time()) // DAY + 30) * DAY
        calendar = Calendar(here, "scratch", "Europe/Berlin")
        return Subject(
            direct(plugin, account),
            calendar,
            _At(stranger, ref),
            start,
            owner="ada@example.com",
            provider=plugin.hub_provider(),
            traffic=Traffic(session),
            secrets=(server.password,),
            cannot=CANNOT,
        )

    yield subject
    for stranger, ref in made:
        stranger.remove_calendar(ref)
        stranger.close()
    for session in sessions:
        session.close()


class _At:
    """A stranger that writes to one place, whatever the plugin calls it."""

    def __init__(self, stranger: trial.Stranger, ref: str) -> None:
        self._stranger, self._ref = stranger, ref

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._stranger, name)
        return lambda _calendar, *rest: method(self._ref, *rest)


def granted(answer: object) -> Grant:
    assert isinstance(answer, Grant), getattr(answer, "problem", answer)
    return answer
