from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.app import close_hub, create_hub
from hub.cli.provider import command
from hub.core.errors import InputError, UnknownId
from hub.settings import load_settings

SECRET = "canary-client-secret"
PLUGIN = """
from hub.plugin import CALENDAR_PURPOSES, ConnectLevel, Provider, Revocation, SettingField, hookimpl

@hookimpl
def hub_provider():
    fields = (
        SettingField("client_id", "Client id"),
        SettingField("client_secret", "Client secret", secret=True),
        SettingField("api", "Address", required=False, default="https://api.example.test"),
    )
    level = ConnectLevel("all", "All", CALENDAR_PURPOSES)
    return Provider("shop", "Shop", (), (level,), Revocation.NONE, "Nothing.", settings=fields)
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "hub_shop.py").write_text(PLUGIN)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_PLUGINS_DIR", str(plugins))
    monkeypatch.setenv("HUB_PLUGINS_OFF", "google,microsoft")
    monkeypatch.setenv("HUB_PUBLIC_URL", "https://hub.example.com")


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(command, arguments, input=given)


def test_the_operator_enters_an_application_and_its_secret_is_never_shown() -> None:
    assert run("list").output == "shop          not set up: client_id, client_secret\n"
    done = run("set", "shop", "client_id=app-1", "--secret-stdin", "client_secret", given=f"{SECRET}\n")
    assert done.output == "Stored. Accounts can be connected now.\n"
    assert run("list").output == "shop          set up\n"
    assert run("show", "shop").output.splitlines() == [
        "client_id         app-1",
        "client_secret     (entered, and not shown)",
        "api               https://api.example.test (default)",
        "Redirect address, to register there: https://hub.example.com/connect/return",
        "It is made of HUB_PUBLIC_URL.",
    ]
    hub = create_hub(load_settings())
    assert hub.broker._keys._settings("shop")["client_secret"] == SECRET  # type: ignore[attr-defined]
    close_hub(hub)
    assert run("set", "shop", "client_id=").output == "Stored. Still missing: client_id.\n"


def test_a_redirect_address_that_only_this_shell_knows_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_PUBLIC_URL")
    monkeypatch.setenv("HUB_WEB_PORT", "8799")
    *_settings, address, said = run("show", "shop").output.splitlines()
    assert address.endswith("http://127.0.0.1:8799/connect/return")
    assert "HUB_WEB_PORT as this shell has them" in said
    assert "the running hub shows its own" in said


def test_a_secret_is_not_taken_from_the_command_line_nor_a_setting_that_there_is_not() -> None:
    result = run("set", "shop", f"client_secret={SECRET}")
    assert isinstance(result.exception, InputError)
    assert SECRET not in str(result.exception)
    assert isinstance(run("set", "shop", "colour=red").exception, InputError)
    assert isinstance(run("set", "shop", "colour").exception, InputError)
    assert isinstance(run("set", "shop").exception, InputError)
    assert isinstance(run("show", "caldav").exception, UnknownId)
