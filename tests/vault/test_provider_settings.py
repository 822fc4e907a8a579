"""What the operator enters once for a provider: sealed for the broker alone, and never shown again."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from hub.core.errors import InputError, StateError, Tampered
from hub.core.provider import ConnectLevel, Provider, Revocation, SettingField
from hub.core.purpose import Purpose
from hub.store.ledger import LedgerEntry
from hub.store.provider_setting import ProviderSetting, put_provider_setting
from hub.vault.provider_settings import Configuration, ProviderSettings
from tests.vault.conftest import Vault

SECRET = "canary-client-secret"
FIELDS = (
    SettingField("client_id", "Client id"),
    SettingField("client_secret", "Client secret", secret=True),
    SettingField("api", "Address", required=False, default="https://api.example.test"),
    SettingField("kind", "Kind", required=False, choices=(("work", "Work"), ("home", "Home"))),
)


@pytest.fixture
def declared(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Vault:
    """A vault whose plugin asks the operator for settings."""
    level = ConnectLevel("full", "Full", frozenset({Purpose.CHECK_AVAILABILITY}))
    provider = Provider("dav", "DAV", (), (level,), Revocation.NONE, "Nothing.", settings=FIELDS)
    monkeypatch.setattr(vault.plugins, "provider", lambda name: provider)
    return vault


def settings_of(vault: Vault) -> ProviderSettings:
    """What another process has: nothing in common but the database and the root."""
    return ProviderSettings(vault.database, vault.new_keyring(), vault.plugins, vault.clock)


def test_what_is_entered_is_in_effect_in_every_process_at_once(declared: Vault) -> None:
    here, there = settings_of(declared), settings_of(declared)
    assert there.values("dav")["client_secret"] == ""
    here.change("dav", {"client_id": " app-1 ", "client_secret": SECRET})
    expected = {"client_id": "app-1", "client_secret": SECRET, "api": "https://api.example.test", "kind": ""}
    assert there.values("dav") == expected


def test_a_secret_is_never_shown_and_stands_nowhere_in_the_clear(declared: Vault) -> None:
    broker = declared.broker
    assert broker.configuration("dav").missing == ("client_id", "client_secret")
    shown = broker.configure("dav", {"client_id": "app-1", "client_secret": SECRET}, user="u" * 26)
    assert shown == broker.configuration("dav")
    assert shown == Configuration(
        {"client_id": "app-1", "api": "https://api.example.test", "kind": ""},
        ("client_id", "client_secret"),
        (),
        declared.now,
    )
    assert SECRET not in repr(shown)
    with declared.database.reading() as conn:
        row = conn.execute(select(ProviderSetting.__table__)).one()
        entry = conn.execute(select(LedgerEntry.__table__).where(LedgerEntry.business_id == "agency")).one()
    assert SECRET.encode() not in row.wrapped
    assert entry.kind == "provider_configured"


def test_a_change_leaves_the_other_settings_and_an_empty_one_takes_away(declared: Vault) -> None:
    settings = settings_of(declared)
    settings.change("dav", {"client_id": "app-1", "client_secret": SECRET})
    settings.change("dav", {"client_id": "app-2", "kind": "home"})
    assert settings.values("dav")["client_secret"] == SECRET
    shown = settings.change("dav", {"client_secret": "", "kind": ""})
    assert shown.missing == ("client_secret",)
    assert not shown.is_complete
    assert settings.values("dav") == {"client_id": "app-2", "client_secret": "", "api": FIELDS[2].default, "kind": ""}


@pytest.mark.parametrize("changes", [{"nothing": "x"}, {"kind": "other"}, {"client_id": "a\0b"}, {"api": "x" * 4001}])
def test_what_is_not_declared_or_cannot_be_is_refused(changes: dict[str, str], declared: Vault) -> None:
    with pytest.raises(InputError):
        declared.broker.configure("dav", {"client_secret": SECRET, **changes})
    assert declared.broker.configuration("dav").given == ()


def test_settings_that_were_put_back_or_moved_do_not_open_and_are_entered_anew(declared: Vault) -> None:
    settings = settings_of(declared)
    settings.change("dav", {"client_id": "app-1", "client_secret": SECRET})
    settings.change("dav", {"client_id": "app-2"})
    with declared.database.writing() as conn:
        conn.execute(update(ProviderSetting).values(version=1))
    with pytest.raises(Tampered):
        settings.values("dav")
    with pytest.raises(Tampered):
        settings.show("dav")
    assert settings.change("dav", {"client_id": "app-3"}).missing == ("client_secret",)


def test_a_whole_older_row_that_was_put_back_is_noticed_and_entered_anew(declared: Vault) -> None:
    settings_of(declared).change("dav", {"client_id": "app-1", "client_secret": "leaked", "api": "https://old.test"})
    with declared.database.reading() as conn:
        older = conn.execute(select(ProviderSetting.__table__)).one()._asdict()
    settings_of(declared).change("dav", {"client_secret": SECRET, "api": ""})
    with declared.database.writing() as conn:
        conn.execute(update(ProviderSetting).values(**older))
    for look in (settings_of(declared).values, settings_of(declared).show):
        with pytest.raises(Tampered, match="put back"):
            look("dav")
    settings_of(declared).change("dav", {"client_id": "app-2", "client_secret": SECRET})
    assert settings_of(declared).values("dav")["api"] == "https://api.example.test"
    with declared.database.writing() as conn:
        conn.execute(update(ProviderSetting).values(**older))
    with pytest.raises(Tampered, match="put back"):
        settings_of(declared).values("dav")


def test_two_who_change_at_once_do_not_overwrite_each_other(declared: Vault) -> None:
    for version in (1, 2):
        settings_of(declared).change("dav", {"client_id": f"app-{version}"})
        with pytest.raises(StateError), declared.database.writing() as conn:
            put_provider_setting(conn, "dav", version, b"", 1, before=version - 1)


def test_a_plugin_without_settings_of_its_own_gets_none_and_nothing_is_asked(vault: Vault) -> None:
    assert settings_of(vault).values("dav") == {}
    assert vault.broker.configuration("dav") == Configuration({})
    with pytest.raises(InputError, match="none"):
        vault.broker.configure("dav", {"client_id": "x"})
