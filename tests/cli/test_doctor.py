from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    command = [sys.executable, "-m", "hub.cli", "doctor", *arguments]
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60)


def test_what_is_not_there_yet_is_explained_with_a_way_out_and_exit_code_zero(tmp_path: Path) -> None:
    ended = doctor(HUB_DATA_DIR=str(tmp_path / "data"), HUB_WEB_PORT="0")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "warn  database     There is none yet." in ended.stdout
    assert "-> Start the hub, which makes it: hub up." in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("Nothing is broken. To look at: ")
    assert list(tmp_path.iterdir()) == []


def test_what_is_broken_makes_exit_code_one(tmp_path: Path) -> None:
    ended = doctor(HUB_DATA_DIR=str(tmp_path), HUB_WORKERS="none")
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[-1] == "Broken: 1. To look at: 0."


def test_programs_read_json(tmp_path: Path) -> None:
    ended = doctor("--json", HUB_DATA_DIR=str(tmp_path), HUB_PUBLIC_URL="http://hub.example.com", HUB_WEB_PORT="0")
    assert ended.returncode == 1
    said = json.loads(ended.stdout)
    assert said["well"] is False
    assert {"level", "part", "what", "way_out"} == set(said["findings"][0])
    assert "address" in [one["part"] for one in said["findings"] if one["level"] == "bad"]


def test_no_secret_of_the_settings_is_printed(tmp_path: Path) -> None:
    secret = "hunter2-of-the-operator"
    ended = doctor(
        HUB_DATA_DIR=str(tmp_path),
        HUB_DATABASE_URL=f"postgresql://hub:{secret}@127.0.0.1:1/hub",
        HUB_QUEUE_URL=f"redis://:{secret}@127.0.0.1:1/0",
        HUB_METRICS_TOKEN=secret,
    )
    assert ended.returncode == 1
    assert secret not in ended.stdout + ended.stderr


def test_a_folder_whose_name_has_escapes_changes_no_terminal(tmp_path: Path) -> None:
    ended = doctor(HUB_DATA_DIR=str(tmp_path / "a\x1b[31m\u202eb"), HUB_WEB_PORT="0")
    assert "\x1b" not in ended.stdout
    assert "\u202e" not in ended.stdout
