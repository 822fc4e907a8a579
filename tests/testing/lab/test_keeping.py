"""What a stand-in remembers: in a file before it answers, for its own user alone, and read after whatever end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.actions.ask import try_provider
from hub.actions.businesses import create_business
from hub.actions.connect import connect
from hub.actions.provider_settings import configure_provider
from hub.app import close_hub, create_hub
from hub.core.calendar import Calendar, Event
from hub.core.provider import Redirect
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.run.parent import READY_FD
from hub.settings import load_settings
from hub.testing.lab.control import running_lab
from hub.testing.lab.google.app import ADA
from hub.testing.lab.google.visitor import consent
from hub.testing.lab.keeping import Keeper, kept
from hub.testing.lab.microsoft.people import people
from hub.testing.lab.microsoft.visitor import agree
from hub.testing.lab.serve import Silence, serve
from hub.vault.border import RoundTrip
from hub.vault.keycalls import Connected
from tests.fork import Forked

BACK = "http://127.0.0.1/connect/return"
START = (int(time.time()) // 86_400 + 30) * 86_400
EVENT = Event("frontdesk-kept", START, START + 3600, "Europe/Berlin", "Kept")
SIGN_IN: dict[str, tuple[str, Callable[[str], dict[str, str]]]] = {
    "google": ("standard", lambda url: consent(url, ADA)),
    "microsoft": ("bookings", lambda url: agree(url, next(iter(people(time.time).values())))),
}


@dataclass(frozen=True)
class Note:
    """What is remembered here."""

    words: dict[str, list[str]]


@pytest.fixture
def words() -> dict[str, list[str]]:
    return {"ada": ["one"]}


@pytest.fixture
def keeper(tmp_path: Path, words: dict[str, list[str]]) -> Keeper[Note]:
    @contextmanager
    def remembered() -> Iterator[Note]:
        yield Note(words)

    return Keeper(tmp_path / "state.json", Note, remembered)


def test_what_is_kept_is_found_again_and_is_its_users_alone(
    keeper: Keeper[Note], words: dict[str, list[str]], tmp_path: Path
) -> None:
    assert keeper.found() is None
    keeper.keep()
    words["ada"].append("two")
    keeper.keep()
    assert keeper.found() == Note({"ada": ["one", "two"]})
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_where_nothing_changed(keeper: Keeper[Note], tmp_path: Path) -> None:
    keeper.keep()
    (tmp_path / "state.json").unlink()
    keeper.keep()
    assert not (tmp_path / "state.json").exists()


def test_a_file_that_cannot_be_read_is_put_aside(keeper: Keeper[Note], tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"words": 7}')
    assert keeper.found() is None
    assert (tmp_path / "state.unreadable").read_text() == '{"words": 7}'


def test_a_change_is_kept_before_it_is_answered_and_a_look_keeps_nothing() -> None:
    seen: list[str] = []

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        seen.append(environ["REQUEST_METHOD"])
        if environ["PATH_INFO"] == "/silence":
            raise Silence
        start("200 OK", [("Content-Length", "0")])
        return []

    with serve(kept(application, lambda: seen.append("kept"))) as origin, requests.Session() as http:
        http.trust_env = False
        http.get(origin, timeout=5)
        http.post(origin, timeout=5)
        with pytest.raises(requests.ConnectionError):
            http.put(f"{origin}/silence", timeout=5)
    assert seen == ["GET", "POST", "kept", "PUT", "kept"]


@pytest.mark.parametrize("provider", sorted(SIGN_IN))
def test_an_account_at_a_stand_in_that_was_killed_works_when_it_is_there_again(tmp_path: Path, provider: str) -> None:
    level, sign_in = SIGN_IN[provider]
    folder = tmp_path / "lab"
    with running_lab(folder, (provider,)) as lab:  # makes the plan: where it is, and which application it knows
        origins, authority, values = lab.origins, lab.authority, lab.sides[provider].settings
    now = [time.time()]
    trusted = {} if authority is None else {"egress_ca_file": authority}
    settings = load_settings({}, data_dir=tmp_path / "hub", egress_allow=origins, **trusted)
    hub = create_hub(settings, clock=lambda: int(now[0]))
    with closing(_Closing(hub)):
        configure_provider(hub, OPERATOR, provider, values)
        business = create_business(hub, "Studio", "Europe/Berlin")
        with _lab(folder, provider):
            trip, about = RoundTrip(BACK, "a-word-of-the-hub"), (business, provider, level)
            asked = connect(hub, *about, trip=trip)
            assert isinstance(asked, Redirect)
            back = RoundTrip(BACK, trip.state, asked.keep)
            done = connect(hub, *about, sign_in(asked.url), trip=back)
            assert isinstance(done, Connected)
            calendars = _ask(hub, business, done, Purpose.SHOW_CALENDARS, "hub_list_calendars")
            mine: Calendar = next(one for one in calendars if one.primary)
            written = _ask(hub, business, done, Purpose.CREATE_EVENT, "hub_create_event", calendar=mine, event=EVENT)
        now[0] += 7200  # the access token is over: the stand-in must know the refresh token too
        with _lab(folder, provider):
            read = _ask(
                hub, business, done, Purpose.PREVENT_CONFLICTS, "hub_read_event", calendar=mine, written=written
            )
            assert read is not None
            assert read.start == EVENT.start


def _ask(hub: Hub, business: str, done: Connected, purpose: Purpose, hook: str, **arguments: Any) -> Any:
    return try_provider(hub, business, done.connection, purpose, hook, **arguments)


@contextmanager
def _lab(folder: Path, provider: str) -> Iterator[None]:
    """Run `hub lab` as a process, and kill it when the block ends."""
    arguments = ["lab", provider, "--folder", str(folder), "--redirect", BACK]
    environ = {"PATH": os.environ["PATH"], "HUB_DATA_DIR": str(folder.parent / "nowhere")}
    reading, writing = os.pipe()
    with open(os.devnull, "wb") as devnull:
        process = Forked("hub.cli", arguments, environ, output=devnull.fileno(), passed={READY_FD: writing})
    os.close(writing)
    try:
        assert os.read(reading, 1) == b".", "it ended before it was ready"
        yield
    finally:
        os.close(reading)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL


@dataclass(frozen=True)
class _Closing:
    hub: Hub

    def close(self) -> None:
        close_hub(self.hub)
