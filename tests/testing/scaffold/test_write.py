"""A new plugin: its name is checked, nothing is overwritten, its tests fail where something is left, and then pass."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from hub.cli.plugin import command
from hub.core.errors import InputError
from hub.testing.scaffold.write import MARK, left_to_fill_in, new_plugin

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "hub-acme" / "hub_acme"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_plugin("zeta_cal", tmp_path_factory.mktemp("new"), title="Zeta Cal")


def test_all_that_a_distribution_needs_is_there(written: Path) -> None:
    assert written.name == "hub-zeta-cal"
    there = {str(one.relative_to(written)) for one in written.rglob("*") if one.is_file()}
    package = {f"hub_zeta_cal/{name}.py" for name in ("__init__", "provider", "keys", "plugin", "trial")}
    assert package | {"setup.cfg", "pyproject.toml", "README.md", "tests/fake.py", "tests/test_contract.py"} <= there
    assert "zeta_cal = hub_zeta_cal.plugin" in (written / "setup.cfg").read_text()
    for one in written.rglob("*.*"):
        if one.suffix != ".pyc" and one.is_file():
            assert not re.search(r"@(name|title|package|distribution)@", one.read_text()), one.name


@pytest.mark.parametrize(
    "name", ["", "Zeta", "zeta-cal", "../zeta", "1st", "a__b", "x" * 31, "caldav", "import", "tests", "zeta\n"]
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        new_plugin(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("title", ['Ze"ta', "Ze\\ta", "@name@", "{x}", "x" * 61, "a\nb"])
def test_a_title_that_would_break_the_code_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(InputError):
        new_plugin("zeta", tmp_path, title=title)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hub-zeta").mkdir()
    with pytest.raises(InputError) as caught:
        new_plugin("zeta", tmp_path)
    assert "nothing is overwritten" in caught.value.message
    assert list((tmp_path / "hub-zeta").iterdir()) == []


def test_the_command_lists_what_is_left(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["new", "zeta", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "hub_zeta/plugin.py:" in result.output
    assert "pytest" in result.output


def test_the_tests_run_at_once_and_fail_only_where_it_is_to_be_filled_in(written: Path, tmp_path: Path) -> None:
    places = left_to_fill_in(written)
    assert len(places) == 9
    results = outcomes(written, tmp_path / "report.xml")
    failed = [one for one in results if one.find("failure") is not None or one.find("error") is not None]
    assert len(failed) > 50
    for one in failed:
        assert f"{MARK}: " in ElementTree.tostring(one, "unicode"), one.get("name")


def test_once_filled_in_everything_passes(tmp_path: Path) -> None:
    """What fills it in are the functions of the example, which speaks to the same made-up interface."""
    folder = new_plugin("zeta", tmp_path)
    for name in ("keys.py", "plugin.py"):
        file = folder / "hub_zeta" / name
        file.write_text(filled(file.read_text(), (EXAMPLE / name).read_text()))
    assert left_to_fill_in(folder) == []
    results = outcomes(folder, tmp_path / "report.xml")
    assert [
        one.get("name") for one in results if one.find("failure") is not None or one.find("error") is not None
    ] == []
    skipped = [one.get("name", "") for one in results if one.find("skipped") is not None]
    assert len(results) - len(skipped) > 55


def outcomes(folder: Path, report: Path) -> list[ElementTree.Element]:
    """Run a distribution's own tests and return what became of each."""
    options = ("-q", "-n0", "-p", "no:cacheprovider", "--tb=short", f"--junitxml={report}")
    subprocess.run(
        (sys.executable, "-m", "pytest", *options),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        timeout=100,
        check=False,
    )
    return list(ElementTree.parse(report).iter("testcase"))


def filled(text: str, example: str) -> str:
    """Return the module with each open function, and all that it lacks, as the example has them."""
    functions = dict(blocks(example))
    for name, block in blocks(text):
        if f"{MARK}: " in block:
            text = text.replace(block, functions[name])
    missing = [block for name, block in functions.items() if name not in dict(blocks(text)) and name.startswith("_")]
    imports = [ast.unparse(one) for one in ast.parse(example).body if isinstance(one, ast.Import | ast.ImportFrom)]
    head, future, rest = text.partition("from __future__ import annotations\n")
    constants = 'CALENDARS = "/v1/calendars"\n'
    return "\n".join([head + future, *imports[1:], rest, constants, *missing])


def blocks(source: str) -> Iterator[tuple[str, str]]:
    """Give the name and the text of each function at the top of a module."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield node.name, "".join(lines[first - 1 : node.end_lineno])
