from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli.outbox import command
from hub.core.errors import InputError
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.settings import load_settings
from hub.store.outbox import WAITING, entries
from tests.crash.outbox import EFFECTS, add, plain_hub


@pytest.fixture
def hub(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    hub = plain_hub(load_settings())
    yield hub
    hub.database.close()
    hub.keystore.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_what_failed_is_listed_with_its_reason(hub: Hub) -> None:
    dead, unknown = add(hub, "refused", key="1"), add(hub, "never_mistake", key="2")
    add(hub, "safe", key="3")
    drain(hub, EFFECTS)
    lines = run("list").output.splitlines()
    assert len(lines) == 3
    assert lines[1].split()[:5] == [dead, "b" * 26, "refused", "dead", "1"]
    assert lines[1].rstrip().endswith("Refused: no_such_number")
    assert lines[2].split()[:5] == [unknown, "b" * 26, "never_mistake", "unknown", "1"]


def test_nothing_that_failed_is_said_so(hub: Hub) -> None:
    assert run("list").output == "Nothing failed.\n"
    assert run("list", "--all").output == "The outbox is empty.\n"


def test_what_waits_is_listed_on_request(hub: Hub) -> None:
    row = add(hub, "safe")
    assert row not in run("list").output
    assert row in run("list", "--all").output


def test_one_or_all_are_tried_again(hub: Hub) -> None:
    rows = [add(hub, "refused", key=str(n)) for n in range(3)]
    drain(hub, EFFECTS)
    assert run("replay", rows[1]).output == "1 will be tried again.\n"
    assert run("replay", "--all").output == "2 will be tried again.\n"
    with hub.database.reading() as conn:
        assert [entry.id for entry in entries(conn, (WAITING,))] == rows


def test_a_row_that_did_not_fail_is_not_tried_again(hub: Hub) -> None:
    row = add(hub, "safe")
    for wrong in (row, "nonsense"):
        result = run("replay", wrong)
        assert isinstance(result.exception, InputError)
        assert wrong in result.exception.message


@pytest.mark.parametrize("arguments", [[], ["0" * 26, "--all"]])
def test_it_must_be_said_which(hub: Hub, arguments: list[str]) -> None:
    assert isinstance(run("replay", *arguments).exception, InputError)
