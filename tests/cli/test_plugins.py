"""`hub plugins`: one line for each, whatever its state. What the states mean is tried in tests/test_registry.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import plugins
from hub.cli.plugins import command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUB_PLUGINS_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def run() -> Result:
    return CliRunner().invoke(command)


def lines(result: Result) -> dict[str, list[str]]:
    assert result.exit_code == 0
    return {line.split()[0]: line.split() for line in result.output.splitlines()}


def test_each_plugin_is_a_line_with_its_state_its_source_and_the_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "hub_listens_well.py").write_text("from hub.plugin import hookimpl\n")
    (folder / "hub_half_there.py").write_text("import a_library_that_is_not_there\n")
    monkeypatch.setenv("HUB_PLUGINS_OFF", "caldav")
    found = lines(run())
    assert found["caldav"][1] == "off"
    assert found["listens_well"][1:3] == ["on", str(folder / "hub_listens_well.py")]
    assert found["half_there"][1] == "broken"
    assert "a_library_that_is_not_there" in " ".join(found["half_there"])


def test_without_a_folder_the_installed_ones_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_PLUGINS_DIR", raising=False)
    assert lines(run())["caldav"][1:3] == ["on", "frontdesk-hub"]


def test_without_any_plugin_it_says_where_to_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "installed", lambda folder: [])
    result = run()
    assert result.output == "No plugins are installed. See docs/writing-a-plugin.md.\n"
    assert (Path(__file__).parents[2] / "docs" / "writing-a-plugin.md").is_file()


def test_looking_makes_no_data_folder(folder: Path) -> None:
    run()
    assert not (folder / "data").exists()
