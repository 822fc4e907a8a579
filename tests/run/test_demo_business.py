"""The demo at the first start: whole or not at all, kept through kill -9, never beside one's own installation."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from hub.run.demo_business import build, may_make_demo
from hub.run.demo_calendars import find_place
from hub.settings import load_settings
from tests.run.conftest import Running

Up = Callable[..., Running]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "data"
    build(folder)
    return folder


def test_it_is_made_only_where_nothing_is(tmp_path: Path) -> None:
    fresh = load_settings({}, data_dir=tmp_path / "new")
    assert may_make_demo(fresh)
    assert not may_make_demo(load_settings({}, data_dir=tmp_path / "new", database_url="postgresql://u:p@127.0.0.1/x"))
    (tmp_path / "new").mkdir()
    assert may_make_demo(fresh)
    (tmp_path / "new" / "hub.sqlite").touch()
    assert not may_make_demo(fresh)


def test_a_start_that_died_in_the_middle_leaves_nothing_half_done(tmp_path: Path) -> None:
    draft = tmp_path / "data.making"
    draft.mkdir()
    (draft / "rubbish").write_text("half")
    build(tmp_path / "data")
    assert not draft.exists()
    assert not (tmp_path / "data" / "rubbish").exists()
    assert may_make_demo(load_settings({}, data_dir=tmp_path / "data")) is False


def test_its_secrets_are_for_its_user_alone(built: Path) -> None:
    for name in ("place.json", "users", "lab/lab.json", "lab/localhost.pem"):
        assert (built / "demo" / name).stat().st_mode & 0o077 == 0


def test_it_starts_offers_times_and_survives_kill_9(built: Path, up: Up) -> None:
    place = find_place(load_settings({}, data_dir=built))
    assert place is not None
    first = up(built, options=("--demo",))
    address = first.until_ready()
    first.wait_for(place.password)
    page = requests.get(f"{address}/b/willow-street-physio/first-visit", timeout=20)
    assert page.status_code == 200
    assert "choice" in page.text
    os.killpg(first.process.pid, signal.SIGKILL)
    first.process.wait()
    second = up(built, options=("--demo",))
    address = second.until_ready()
    assert requests.get(f"{address}/b/willow-street-physio", timeout=20).status_code == 200
    assert not any("Making the demo" in line for line in second.said)
    assert second.stop() == 0


def test_without_the_demo_the_first_owner_is_asked_for_a_code(tmp_path: Path, up: Up) -> None:
    hub = up(tmp_path / "data")
    address = hub.until_ready()
    hub.wait_for("set-up code")
    code = (tmp_path / "data" / "setup-code").read_text().strip()
    assert code in hub.wait_for(code)[0]
    page = requests.get(f"{address}/", timeout=10)
    assert page.url.endswith("/first-run")
    assert hub.stop() == 0
