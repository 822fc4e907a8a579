"""The shape of the house: every package listed, every room explained, files of a readable size."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for top in ("hub", "plugins") for path in (ROOT / top).rglob("*.py") if "__pycache__" not in path.parts
)
SHOWN = sorted(path for kind in ("css", "html", "js") for path in (ROOT / "hub" / "web").rglob(f"*.{kind}"))
LONGEST = 300
FORBIDDEN = {"utils", "helpers", "common", "base", "misc", "manager"}


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_setup_cfg_lists_every_package() -> None:
    listed = set(setup_cfg()["options"]["packages"].split())
    found = {short(path.parent).replace("/", ".").removeprefix("plugins.") for path in SOURCES}
    assert found | {"hub.migrations", "hub.migrations.versions"} == listed


def test_every_plugin_is_mapped_and_has_its_entry_point() -> None:
    options = setup_cfg()
    for plugin in sorted((ROOT / "plugins").iterdir()):
        if (plugin / "plugin.py").is_file():
            name = plugin.name.removeprefix("hub_")
            assert f"{plugin.name} = plugins/{plugin.name}" in options["options"]["package_dir"]
            assert f"{name} = {plugin.name}.plugin" in options["options.entry_points"]["hub.plugins"]


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=short)
def test_an_init_file_holds_one_sentence_and_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "a room says its reason"
    assert len(tree.body) == 1


@pytest.mark.parametrize("path", [*SOURCES, *SHOWN], ids=short)
def test_no_file_is_too_long_or_has_a_name_that_says_nothing(path: Path) -> None:
    assert path.stem not in FORBIDDEN
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


ACROSS = {
    "tests/testing/lab/microsoft/test_documented.py": "what Microsoft documents goes through the whole stand-in",
    "tests/vault/test_leaks.py": "one credential is looked for in everything that the room lets out",
}
"""Tests of something that no single file holds, each with its reason."""


def test_tests_mirror_the_code() -> None:
    """Each test file of a room, or of a room in it, stands for a file of that room."""
    rooms = [path for path in (ROOT / "tests").iterdir() if (ROOT / "hub" / path.name).is_dir()]
    assert rooms
    strays = [
        short(test)
        for room in rooms
        for test in room.rglob("test_*.py")
        for name in [test.stem.removeprefix("test_")]
        if short(test) not in ACROSS
        and not any(
            (top / f"{name}.py").is_file() or (top / name).is_dir()
            for top in (ROOT / "hub" / test.parent.relative_to(ROOT / "tests"), ROOT / "tests" / "bench")
        )
    ]
    assert strays == []
