from __future__ import annotations

from collections.abc import Mapping

import pytest

from hub.actions.receipt import disconnection_receipt
from hub.web.api.receipts import write_ms
from tests.web.api.conftest import Program
from tests.world import MONDAY, World


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_program_reads_how_an_account_ended(world: World, program: Program, things: Mapping[str, str]) -> None:
    path = f"connections/{things['connection_id']}"
    never = program.get(f"{path}/receipt")
    assert (never.status_code, never.json["code"]) == (409, "connected")  # type: ignore[index]
    program.post(f"{path}/disconnect")
    found = disconnection_receipt(world.hub, world.business, things["connection_id"])
    shown = program.get(f"{path}/receipt")
    assert shown.status_code == 200
    said = shown.json
    assert said is not None
    assert (said["connection_id"], said["account_name"]) == (things["connection_id"], found.account_name)
    assert (said["stopped_at"], said["calls_later"], said["live"]) == (write_ms(found.stopped_ms), 0, False)
    steps = [(one.what, write_ms(one.at_ms)) for one in found.steps]
    assert [(one["what"], one["at"]) for one in said["steps"]] == steps
    assert [one["what"] for one in said["kept"]] == [one.what for one in found.kept]
    assert said["kept"]


def test_milliseconds_are_written_out() -> None:
    assert write_ms(MONDAY * 1000 + 7) == "2027-03-15T07:00:00.007Z"
