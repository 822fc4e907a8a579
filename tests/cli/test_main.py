"""The command line as a whole: every command is found, and what goes wrong is one sentence and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from hub.cli import main as module
from hub.cli.main import COMMANDS, cli
from hub.core.errors import HubError, InputError, Sealed
from hub.testing.servers import free_port

ROOT = Path(__file__).parents[2]


def typed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `hub` as it is typed, in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    command = [sys.executable, "-m", "hub.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60)


def test_the_help_lists_every_command_with_what_it_does() -> None:
    result = CliRunner().invoke(cli, ["--help"], terminal_width=200)
    assert result.exit_code == 0
    for name, sentence in COMMANDS.items():
        assert any(line.split()[:1] == [name] and sentence in line for line in result.output.splitlines()), name


def test_every_file_of_a_command_is_listed_and_every_listed_command_has_its_file() -> None:
    files = {path.stem for path in (ROOT / "hub" / "cli").glob("*.py")}
    assert files - {"__init__", "__main__", "main"} == {name.replace("-", "_") for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_says_the_same_in_the_list(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"], terminal_width=200)
    assert result.exit_code == 0
    assert COMMANDS[name] in " ".join(result.output.split())


def test_a_command_that_does_not_exist_is_refused() -> None:
    result = CliRunner().invoke(cli, ["teleport"])
    assert result.exit_code == 2
    assert "No such command 'teleport'" in result.output


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert version("frontdesk-hub") in CliRunner().invoke(cli, ["--version"]).output


def test_help_loads_no_part_of_the_hub_that_is_not_needed() -> None:
    """`hub --help` answers at once: commands are loaded when they are called."""
    program = "import sys, hub.cli.main; sys.exit(bool({'sqlalchemy', 'flask', 'hub.app'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60).returncode == 0


@pytest.mark.parametrize(
    "error",
    [
        HubError("The thing, the rule, the way out."),
        InputError("setting workers", "at least 1; set HUB_WORKERS."),
        Sealed("The root is missing."),
    ],
)
def test_an_error_of_the_hub_is_one_line_and_exit_code_one(
    error: HubError, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def command() -> None:
        raise error

    failing = ModuleType("hub.cli.failing")
    failing.command = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hub.cli.failing", failing)
    monkeypatch.setitem(COMMANDS, "failing", "Fail.")
    monkeypatch.setattr(sys, "argv", ["hub", "failing"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{error.message}\n")
    assert ended.value.__context__ is None


def test_typed_for_real_a_wrong_setting_is_one_line_on_the_error_stream(tmp_path: Path) -> None:
    ended = typed("migrate", HUB_DATA_DIR=str(tmp_path), HUB_WORKERS="none")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("setting workers: ")
    assert list(tmp_path.iterdir()) == []


def test_typed_for_real_a_database_that_is_not_there_is_one_line_without_its_password(tmp_path: Path) -> None:
    address = f"postgresql://ada:hunter2@127.0.0.1:{free_port()}/hub"
    ended = typed("migrate", HUB_DATA_DIR=str(tmp_path), HUB_DATABASE_URL=address)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "hunter2" not in ended.stdout + ended.stderr
