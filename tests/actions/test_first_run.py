from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from hub.actions.agency import agency_name
from hub.actions.first_run import first_run_needed, make_owner, setup_code
from hub.core.errors import HubError, InputError, StateError, Unavailable
from hub.core.role import Role
from hub.store.user import ConsoleUser
from tests.accounts import ADA, BEN, PASSWORD, VISIT, enter, own, written
from tests.world import World

GOOD = {"agency": "Engine Agency", "name": "Ada", "email": ADA, "password": PASSWORD, "zone": "Europe/London"}


def test_the_first_owner_names_the_agency_and_can_sign_in(world: World) -> None:
    assert first_run_needed(world.hub)
    with written(world.hub, "owner_made"):
        own(world.hub)
    assert not first_run_needed(world.hub)
    assert agency_name(world.hub.database) == "Engine Agency"
    user = enter(world.hub).user
    assert (user.name, user.role, user.everywhere, user.zone) == ("Ada Lovelace", Role.OWNER, True, "Europe/London")


def test_the_code_is_the_same_for_every_process_and_readable_by_its_user_alone(world: World) -> None:
    code = setup_code(world.hub)
    assert code == setup_code(world.hub)
    file = world.hub.settings.data_dir / "setup-code"
    assert file.read_text() == f"{code}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.glob("setup-code*")] == ["setup-code"]


def test_many_processes_that_want_the_code_first_get_the_same(world: World) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(setup_code(world.hub))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_code_ends_with_its_use(world: World) -> None:
    code = setup_code(world.hub)
    own(world.hub)
    assert not (world.hub.settings.data_dir / "setup-code").exists()
    with pytest.raises(StateError) as caught:
        make_owner(world.hub, VISIT, code=code, **{**GOOD, "email": BEN})
    assert caught.value.code == "owned"


def test_the_code_may_be_typed_as_people_type(world: World) -> None:
    code = setup_code(world.hub).upper().replace("-", " ").replace("0", "O").replace("1", "L")
    make_owner(world.hub, VISIT, code=f" {code}\n", **GOOD)


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "\ud800", "x" * 100_000])
def test_without_the_code_nobody_becomes_the_owner(world: World, code: str) -> None:
    for _ in ("with a file", "without one"):
        with written(world.hub, ("owner_made", "failed")), pytest.raises(InputError) as caught:
            make_owner(world.hub, VISIT, code=code, **GOOD)
        assert caught.value.field == "code"
        setup_code(world.hub)
    assert first_run_needed(world.hub)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("agency", ""), ("agency", "Google Security"), ("name", "\0"), ("name", "ada@example.com"),
        ("email", "ada"), ("email", "ada@example.com\r\nBcc: x@example.com"),
        ("password", "short"), ("password", "EngineAgency1234"), ("zone", "Mars"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_named_and_makes_nobody(world: World, field: str, value: str) -> None:
    code = setup_code(world.hub)
    given: dict[str, Any] = {**GOOD, field: value}
    with pytest.raises(InputError) as caught:
        make_owner(world.hub, VISIT, code=code, **given)
    assert caught.value.field == field
    assert first_run_needed(world.hub)
    assert setup_code(world.hub) == code


def test_of_two_at_once_one_wins(world: World) -> None:
    code, results = setup_code(world.hub), []
    gate = threading.Barrier(4)

    def attempt(number: int) -> None:
        gate.wait()
        try:
            make_owner(world.hub, VISIT, code=code, **{**GOOD, "email": f"ada{number}@example.com"})
            results.append("made")
        except HubError as error:
            results.append(error.code)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert results.count("made") == 1
    with world.hub.database.reading() as conn:
        assert conn.scalar(select(func.count()).select_from(ConsoleUser)) == 1


def test_a_link_in_place_of_the_file_is_not_followed(world: World) -> None:
    (world.hub.settings.data_dir / "elsewhere").write_text("a-code-that-is-known")
    (world.hub.settings.data_dir / "setup-code").symlink_to("elsewhere")
    with pytest.raises(Unavailable):
        setup_code(world.hub)
    with pytest.raises(InputError):
        make_owner(world.hub, VISIT, code="a-code-that-is-known", **GOOD)
