"""The wheel: built offline from a copy of the tree, with everything that the hub needs at run time and no tests."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("hub", "plugins", "migrations", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, tree / name)
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(tree))
    done = subprocess.run(build, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (file,) = (folder / "dist").glob("*.whl")
    return zipfile.ZipFile(file)


def test_every_source_file_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "hub").rglob("*.py")}
    sources |= {str(path.relative_to(ROOT / "plugins")) for path in (ROOT / "plugins").rglob("*.py")}
    sources |= {f"hub/{path.relative_to(ROOT)}" for path in (ROOT / "migrations").rglob("*.py")}
    assert {name for name in sources if "__pycache__" not in name} - names == set()
    assert "hub/py.typed" in names


def test_the_migrations_and_their_template_are_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "hub/migrations/script.py.mako" in names
    assert [name for name in names if name.startswith("hub/migrations/versions/0001")]


def test_every_template_and_static_file_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    web = ROOT / "hub" / "web"
    files = {path for folder in ("static", "templates") for path in (web / folder).rglob("*") if path.is_file()}
    assert {path.suffix for path in files} >= {".css", ".html", ".js", ".svg"}
    assert {str(path.relative_to(ROOT)) for path in files} - set(wheel.namelist()) == set()


def test_all_names_at_the_top_begin_with_hub_and_no_test_is_shipped(wheel: zipfile.ZipFile) -> None:
    names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert {name.partition("/")[0] for name in names if not name.startswith("hub")} == set()
    assert [name for name in names if "/tests/" in name or "/test_" in name or "conftest" in name] == []


def test_the_entry_points_are_those_of_setup_cfg(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    found = configparser.ConfigParser()
    found.read_string(wheel.read(name).decode())
    assert found["console_scripts"]["hub"] == "hub.cli.main:main"
    plugins = {path.parent.name for path in (ROOT / "plugins").glob("*/plugin.py")}
    assert set(found["hub.plugins"].values()) == {f"{plugin}.plugin" for plugin in plugins}


def test_the_licence_and_the_readme_go_with_it(wheel: zipfile.ZipFile) -> None:
    assert [name for name in wheel.namelist() if name.endswith("/LICENSE")]
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = wheel.read(name).decode()
    assert re.search(r"^License(-Expression)?: Apache-2.0$", metadata, re.MULTILINE)
    assert "# Frontdesk" in metadata
