from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
from redis import Redis

from hub.core.errors import InputError
from hub.run.valkey import LONGEST_SOCKET, answers, socket_of, valkey_program, valkey_running
from hub.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path / "d")


def test_it_answers_on_its_socket_and_nowhere_else(settings: Settings) -> None:
    with valkey_running(settings), Redis.from_url(settings.queue) as redis:
        assert redis.ping()
        found = redis.config_get("*")
        assert found["port"] == "0"
        assert found["maxmemory-policy"] == "noeviction"
        assert (found["appendonly"], found["appendfsync"]) == ("yes", "everysec")
    assert not answers(socket_of(settings))


def test_only_this_user_can_reach_it(settings: Settings) -> None:
    with valkey_running(settings):
        place = socket_of(settings)
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_a_folder_that_others_could_read_is_closed(settings: Settings) -> None:
    settings.data_dir.mkdir(mode=0o755)
    valkey_program(settings)
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700


def test_what_was_pushed_is_there_after_kill_9(settings: Settings) -> None:
    with valkey_running(settings) as valkey, Redis.from_url(settings.queue) as redis:
        redis.config_set("appendfsync", "always")  # do not wait for the second
        redis.rpush("list", "a", "b")
        assert valkey.pid is not None
        os.kill(valkey.pid, signal.SIGKILL)
    with valkey_running(settings), Redis.from_url(settings.queue) as redis:
        assert redis.lrange("list", 0, -1) == [b"a", b"b"]


def test_files_that_it_cannot_read_are_set_aside(settings: Settings) -> None:
    with valkey_running(settings):
        pass
    files = settings.data_dir / "valkey" / "appendonlydir"
    for file in files.iterdir():
        file.write_bytes(b"no append-only file\n")
    with valkey_running(settings), Redis.from_url(settings.queue) as redis:
        assert redis.ping()
    assert (files.parent / "appendonlydir.unreadable").is_dir()


def test_a_configuration_file_of_the_machine_is_not_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = settings.data_dir / "valkey"
    folder.mkdir(parents=True)
    for name in ("valkey.conf", "redis.conf"):
        (folder / name).write_text("maxclients 17\n")
    monkeypatch.chdir(folder)
    with valkey_running(settings), Redis.from_url(settings.queue) as redis:
        assert redis.config_get("maxclients")["maxclients"] != "17"
        assert redis.info("server")["config_file"] == ""


def test_a_path_that_is_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    place = f"/{'d' * LONGEST_SOCKET}/valkey.sock"
    settings = load_settings({}, data_dir=tmp_path, queue_url=f"unix://{place}")
    with pytest.raises(InputError, match="HUB_QUEUE_URL"):
        socket_of(settings)


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    settings = load_settings({}, data_dir=tmp_path / "d", queue_url=f"unix://{tmp_path}/link/valkey.sock")
    with pytest.raises(InputError, match="folder of the user"):
        valkey_program(settings)
