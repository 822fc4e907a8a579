"""A plugin is on, off or broken with a reason, and the hub runs whatever a plugin does."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.core.errors import PluginBroken
from hub.core.provider import ConnectLevel, Provider, Revocation
from hub.core.purpose import CALENDAR_PURPOSES
from hub.plugin import hookimpl
from hub.registry import Candidate, Registry, Status, installed


def provider(name: str) -> Provider:
    return Provider(name, name.title(), (), (ConnectLevel("all", "All", CALENDAR_PURPOSES),), Revocation.NONE, "-")


def plugin(name: str, **hooks: Callable[..., Any]) -> Candidate:
    module = types.ModuleType(f"hub_{name}")
    for hook, function in hooks.items():
        function.__name__ = hook
        setattr(module, hook, hookimpl(function))
    return Candidate(name, "tests", lambda: module)


def calendar(name: str) -> Candidate:
    return plugin(
        name,
        hub_provider=lambda: provider(name),
        hub_list_calendars=lambda account: [f"{name} of {account}"],
    )


def broken(error: BaseException) -> Candidate:
    def load() -> types.ModuleType:
        raise error

    return Candidate("sick", "tests", load)


def status_of(*found: Candidate, name: str = "sick", **options: Any) -> tuple[Status, str]:
    records = {record.name: record for record in Registry(found, **options).records}
    return records[name].status, records[name].reason


def test_a_plugin_that_cannot_be_imported_is_broken_and_the_others_are_on() -> None:
    registry = Registry([broken(ModuleNotFoundError("No module named 'missing_sdk'")), calendar("well")])
    assert [(record.name, record.status) for record in registry.records] == [
        ("sick", Status.BROKEN),
        ("well", Status.ON),
    ]
    assert "missing_sdk" in registry.records[0].reason
    assert registry.ask("well", "hub_list_calendars", account="ada") == ["well of ada"]


def test_a_plugin_that_exits_at_import_does_not_take_the_hub_with_it() -> None:
    assert status_of(broken(SystemExit(3))) == (Status.BROKEN, "SystemExit: 3")


def test_a_misspelt_hook_is_refused_by_name() -> None:
    status, reason = status_of(plugin("sick", hub_providr=lambda: provider("sick")))
    assert status is Status.BROKEN
    assert "hub_providr" in reason


def test_an_argument_that_the_hook_does_not_have_is_refused() -> None:
    status, reason = status_of(plugin("sick", hub_list_calendars=lambda account, tenant: []))
    assert status is Status.BROKEN
    assert "tenant" in reason


@pytest.mark.parametrize("how", ["wrapper", "hookwrapper"])
def test_a_hook_that_would_wrap_those_of_others_is_refused(how: str) -> None:
    def spying(account: Any) -> Iterator[None]:
        yield

    module = types.ModuleType("hub_sick")
    spying.__name__ = "hub_list_calendars"
    module.hub_list_calendars = hookimpl(**{how: True})(spying)  # type: ignore[attr-defined]
    registry = Registry([calendar("well"), Candidate("sick", "tests", lambda: module)])
    (spy,) = [one for one in registry.records if one.name == "sick"]
    assert spy.status is Status.BROKEN
    assert "hub_list_calendars is a wrapper" in spy.reason
    assert registry.ask("well", "hub_list_calendars", account="ada") == ["well of ada"]


def test_a_plugin_that_raises_when_it_declares_is_broken() -> None:
    def declare() -> Provider:
        raise RuntimeError("no configuration")

    assert status_of(plugin("sick", hub_provider=declare)) == (Status.BROKEN, "RuntimeError: no configuration")


def test_a_declaration_of_another_kind_is_refused() -> None:
    status, reason = status_of(plugin("sick", hub_provider=lambda: {"name": "sick"}))
    assert (status, reason) == (Status.BROKEN, "TypeError: hub_provider returned dict, not a Provider")


def test_the_second_plugin_of_one_provider_is_broken() -> None:
    second = plugin("sick", hub_provider=lambda: provider("well"))
    status, reason = status_of(calendar("well"), second)
    assert status is Status.BROKEN
    assert "'well'" in reason


def test_key_hooks_outside_the_keys_module_are_refused() -> None:
    status, reason = status_of(plugin("sick", hub_revoke=lambda setup, grant: None))
    assert status is Status.BROKEN
    assert "hub_revoke" in reason


def test_a_plugin_that_is_switched_off_is_not_even_imported() -> None:
    status, reason = status_of(broken(AssertionError("it was imported")), off=("sick",))
    assert status is Status.OFF
    assert "plugins_off" in reason


def test_only_the_plugin_of_the_provider_is_asked() -> None:
    def never(account: object) -> list[str]:
        raise AssertionError("asked for another's account")

    other = plugin("other", hub_provider=lambda: provider("other"), hub_list_calendars=never)
    registry = Registry([other, calendar("well")])
    assert registry.ask("well", "hub_list_calendars", account="ada") == ["well of ada"]


def test_an_answer_of_none_is_none() -> None:
    asked = plugin("well", hub_provider=lambda: provider("well"), hub_read_event=lambda account, written: None)
    assert Registry([asked]).ask("well", "hub_read_event", account="a", calendar="c", written="w") is None


def test_what_a_plugin_raises_reaches_the_caller() -> None:
    def fail(account: object) -> list[str]:
        raise ZeroDivisionError

    registry = Registry([plugin("sick", hub_provider=lambda: provider("sick"), hub_list_calendars=fail)])
    with pytest.raises(ZeroDivisionError):
        registry.ask("sick", "hub_list_calendars", account="ada")


def test_asking_for_a_hook_that_the_plugin_lacks_says_so() -> None:
    registry = Registry([calendar("well")])
    assert not registry.offers("well", "hub_free_busy")
    with pytest.raises(PluginBroken, match="does not implement hub_free_busy"):
        registry.ask("well", "hub_free_busy", account="ada", calendars=(), window=None)


def test_asking_for_a_broken_provider_gives_its_reason() -> None:
    registry = Registry([broken(ImportError("half installed"))])
    with pytest.raises(PluginBroken, match="half installed"):
        registry.provider("sick")


def test_a_listener_that_raises_does_not_keep_the_fact_from_the_next(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    def fails(business: str, connection: str, health: str) -> None:
        raise RuntimeError("secret of a customer")

    def hears(connection: str, health: str) -> None:
        heard.append(f"{connection} {health}")

    registry = Registry([plugin("a", hub_connection_changed=fails), plugin("b", hub_connection_changed=hears)])
    registry.tell("hub_connection_changed", business="b1", connection="c1", health="failing")
    assert heard == ["c1 failing"]
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_tracing_gives_names_and_times_but_never_values(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Registry([calendar("well")], trace=True).ask("well", "hub_list_calendars", account="ada@example.com")
    assert "hook hub_list_calendars plugins=well ms=" in caplog.text
    assert "ada@example.com" not in caplog.text


def test_the_keys_of_a_plugin_are_asked_through_their_module(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = types.ModuleType("hub_well.keys")

    def connect(setup: object, answer: object) -> str:
        return f"{setup} {answer}"

    connect.__name__ = "hub_connect"
    keys.hub_connect = hookimpl(connect)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hub_well", types.ModuleType("hub_well"))
    monkeypatch.setitem(sys.modules, "hub_well.keys", keys)
    asked = Registry([calendar("well")]).keys("well")
    assert asked.hub_connect(setup="s", answer=None) == "s None"
    assert not hasattr(asked, "hub_revoke")


def test_a_provider_without_a_keys_module_cannot_be_connected() -> None:
    with pytest.raises(PluginBroken, match="keys module"):
        Registry([calendar("well")]).keys("well")


def test_plugins_are_found_in_a_drop_in_folder(tmp_path: Path) -> None:
    (tmp_path / "hub_dropped.py").write_text("from hub.plugin import hookimpl\n")
    (tmp_path / "hub_torn.py").write_text("import a_library_that_is_not_there\n")
    (tmp_path / "notes.txt").write_text("not a plugin")
    found = [one for one in installed(tmp_path) if one.source.startswith(str(tmp_path))]
    records = {record.name: record for record in Registry(found).records}
    assert records["dropped"].status is Status.ON
    assert records["torn"].status is Status.BROKEN
    assert "a_library_that_is_not_there" in records["torn"].reason
    assert set(records) == {"dropped", "torn"}


def test_a_drop_in_folder_that_is_missing_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    records = {record.name: record for record in Registry(installed(folder)).records}
    assert records["plugins"].status is Status.BROKEN
    assert "does not exist" in records["plugins"].reason


def test_a_broken_distribution_of_somebody_else_shows_as_broken_and_the_hub_runs(tmp_path: Path) -> None:
    """Installed for real, as a distribution with an entry point, and seen through the command line."""
    (tmp_path / "hub_acme").mkdir()
    (tmp_path / "hub_acme" / "__init__.py").write_text("import acme_sdk_that_is_missing\n")
    metadata = tmp_path / "hub_acme-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[hub.plugins]\nacme = hub_acme\n")
    run = subprocess.run(
        [sys.executable, "-m", "hub.cli", "plugins"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "HUB_DATA_DIR": str(tmp_path / "data")},
    )
    assert run.returncode == 0, run.stderr
    lines = {line.split()[0]: line for line in run.stdout.splitlines() if line.strip()}
    assert "broken" in lines["acme"]
    assert "acme_sdk_that_is_missing" in run.stdout
    assert " on " in lines["caldav"]
