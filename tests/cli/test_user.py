from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.actions.account_mail import LinkKind, find_link
from hub.actions.businesses import create_business
from hub.actions.invite import accept_invitation
from hub.actions.reset import reset
from hub.actions.sessions import Stage, find_session
from hub.actions.sign_in import sign_in
from hub.app import close_hub, create_hub
from hub.cli.user import command
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.role import Role
from hub.parts import Hub
from hub.settings import load_settings
from tests.accounts import ADA, BEN, OTHER_PASSWORD, PASSWORD, VISIT, enter, join, own, turn_on_totp, written


@pytest.fixture
def hub(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_PASSWORD_MEMORY", "1024")
    monkeypatch.setenv("HUB_PUBLIC_URL", "https://hub.example.com")
    hub = create_hub(load_settings())
    yield hub
    close_hub(hub)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def token_in(result: Result, kind: LinkKind) -> str:
    assert result.exit_code == 0, result.exception
    url = result.output.splitlines()[-1]
    assert url.startswith(f"https://hub.example.com/{kind}/")
    return url.rpartition("/")[2]


def test_the_operator_invites_the_first_owner(hub: Hub) -> None:
    assert run("list").output == "Nobody may sign in yet: hub user add invites the first owner.\n"
    with written(hub, "invited"):
        result = run("add", ADA)
    accept_invitation(hub, VISIT, token_in(result, LinkKind.INVITATION), "Ada", PASSWORD)
    user = enter(hub).user
    assert (user.role, user.everywhere) == (Role.OWNER, True)


def test_an_invitation_may_be_limited_to_businesses(hub: Hub) -> None:
    business = create_business(hub, "Practice", "UTC")
    result = run("add", BEN, "--role", "agent", "--business", business)
    link = find_link(hub, token_in(result, LinkKind.INVITATION), LinkKind.INVITATION)
    assert link is not None
    assert (link.role, link.everywhere, link.businesses) == (Role.AGENT, False, {business})
    assert isinstance(run("add", BEN, "--role", "agent", "--business", "x" * 26).exception, UnknownId)
    assert run("add", BEN, "--role", "king").exit_code == 2
    assert isinstance(run("add", "nobody").exception, InputError)


def test_users_are_listed_in_whole_lines_and_without_a_secret(hub: Hub) -> None:
    own(hub)
    join(hub, BEN, "viewer")
    turn_on_totp(hub, enter(hub, BEN))
    lines = run("list").output.splitlines()
    assert len(lines) == 3
    assert lines[1].split()[:5] == [ADA, "Ada", "Lovelace", "owner", "all"]
    assert lines[2].split()[3:6] == ["viewer", "all", "yes"]
    assert "argon2" not in "".join(lines)


def test_a_reset_link_lets_somebody_back_in_and_keeps_the_second_factor(hub: Hub) -> None:
    own(hub)
    turn_on_totp(hub, enter(hub))
    with written(hub, "reset_asked"):
        result = run("reset", ADA.upper())
    reset(hub, VISIT, token_in(result, LinkKind.RESET), OTHER_PASSWORD)
    assert enter(hub, password=OTHER_PASSWORD).stage is Stage.HALF


def test_a_lost_second_factor_is_turned_off_when_the_operator_says_so(hub: Hub) -> None:
    own(hub)
    turn_on_totp(hub, enter(hub))
    with written(hub, "reset_asked", "totp_off", "session_ended"):
        run("reset", ADA, "--without-second-factor")
    assert enter(hub).stage is Stage.FULL


def test_dismissing_ends_the_sessions_and_the_last_owner_stays(hub: Hub) -> None:
    own(hub)
    join(hub, BEN)
    made = sign_in(hub, VISIT, BEN, PASSWORD)
    assert run("dismiss", BEN).exit_code == 0
    assert find_session(hub, made.token) is None
    assert isinstance(run("dismiss", ADA).exception, StateError)
    for command_name in ("dismiss", "reset"):
        assert isinstance(run(command_name, BEN).exception, InputError)
