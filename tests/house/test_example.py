"""The example plugin cannot rot: it is installed for real, found, tested and probed through the broker."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "hub-acme"
HUB = (sys.executable, "-m", "hub.cli")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example, offline, into a folder of its own; pip builds in a copy, so the tree stays clean."""
    folder = tmp_path_factory.mktemp("acme")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    pip = (sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "target"), str(source))
    subprocess.run(pip, check=True, capture_output=True, timeout=60)
    return folder / "target"


def environment(installed: Path, data: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(installed),
        "HUB_DATA_DIR": str(data),
        "COLUMNS": "200",
    } | more


def fake_acme() -> ModuleType:
    spec = importlib.util.spec_from_file_location("acme", EXAMPLE / "tests" / "acme.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["acme"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_once_installed_the_example_is_on_beside_the_bundled_plugins(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        (*HUB, "plugins"), env=environment(installed, tmp_path), capture_output=True, text=True, timeout=30, check=True
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["acme", "on", "hub-acme", "0.1.0"] in rows
    assert [row[:2] for row in rows if row[0] == "caldav"] == [["caldav", "on"]]


def test_the_examples_own_tests_pass(installed: Path, tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("hub_acme", "__pycache__"))
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", str(project)),
        env=environment(installed, tmp_path),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def test_through_the_real_broker_the_example_does_what_it_declares(installed: Path, tmp_path: Path) -> None:
    """`hub probe` connects an account and runs the contract with only the declared operations let through."""
    fake = fake_acme()
    with fake.running() as acme:
        done = subprocess.run(
            (*HUB, "probe", "acme", "--url", acme.url, "--user", "ada"),
            env=environment(installed, tmp_path, HUB_PROBE_PASSWORD=fake.TOKEN),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert list(acme.calendars) == ["ada"], "the scratch calendar is gone"
        assert acme.calendars["ada"] == {}
    assert "Booking on this server is safe." in done.stdout
    assert "limits" not in done.stdout


def test_the_example_imports_only_what_plugins_may() -> None:
    for path in EXAMPLE.rglob("*.py"):
        allowed = ("hub.plugin ", "hub.testing.") if "tests" in path.parts else ("hub.plugin ",)
        for line in path.read_text().splitlines():
            if line.startswith(("import hub.", "from hub.", "from hub ", "import hub ")):
                assert line.startswith(tuple(f"from {room}" for room in allowed)), f"{path.name}: {line}"
