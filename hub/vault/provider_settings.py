"""Settings of providers for this installation, entered once by the operator: sealed as one text under the credential
root, opened by the broker alone, and shown without their secrets.

They are read anew at each step that needs them: connecting and refreshing are rare, and another process may have
changed them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.core.errors import InputError, PluginBroken, Tampered
from hub.core.ledger import Content, EntryKind, machine_word
from hub.core.provider import SettingField
from hub.ledger.append import append
from hub.store.business import AGENCY
from hub.store.database import Database
from hub.store.ids import LENGTH
from hub.store.provider_setting import find_provider_setting, put_provider_setting
from hub.vault.cipher import Place
from hub.vault.keys import Keyring
from hub.vault.refresh import Plugins
from hub.vault.roots import Root

LONGEST = 4000
"""Signs that a setting may have: enough for a key in PEM."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What may be known of a provider's settings outside the broker.

    ``values`` are those in effect, defaults included, without secrets; ``given`` names what somebody entered, secrets
    included, ``missing`` what must be entered and was not. ``changed_at`` is in UTC seconds, 0 for never.
    """

    values: Mapping[str, str]
    given: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    changed_at: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether accounts of the provider can be connected."""
        return not self.missing


class ProviderSettings:
    """Reads and changes the settings of providers that ``plugins`` declare."""

    def __init__(self, database: Database, keyring: Keyring, plugins: Plugins, clock: Callable[[], int]) -> None:
        self._database = database
        self._keyring = keyring
        self._plugins = plugins
        self._clock = clock

    def values(self, provider: str) -> Mapping[str, str]:
        """Return the settings in effect, secrets included, as key hooks get them. Raises Tampered, Sealed.

        Older ones that were put back are noticed as for a credential (`credentials`).
        """
        try:
            fields = self._plugins.provider(provider).settings
        except PluginBroken:
            return {}  # its hooks will say so
        return _in_effect(fields, self._given(provider)[0]) if fields else {}

    def show(self, provider: str) -> Configuration:
        """Return what may be shown of the settings. Raises PluginBroken, Tampered, Sealed."""
        fields = self._plugins.provider(provider).settings
        return _shown(fields, *self._given(provider)) if fields else Configuration({})

    def change(self, provider: str, changes: Mapping[str, str], *, user: str = "") -> Configuration:
        """Store the settings that are in ``changes``, leave all others as they are, and record that it was done.

        An empty value takes what was entered away. Raises InputError for one that is not declared, too long or not
        among its choices, StateError when somebody else changed them at this moment, PluginBroken.
        """
        fields = self._plugins.provider(provider).settings
        checked = {name: _check(fields, name, value.strip()) for name, value in changes.items()}
        with self._database.writing() as conn:
            row, now = find_provider_setting(conn, provider, locked=True), self._clock()
            before = 0 if row is None else int(row.version)
            given = {name: value for name, value in {**self._before(provider, row), **checked}.items() if value}
            version = max(before, self._keyring.watermark(*_mark(provider))) + 1
            above = self._keyring.roots.sealing(conn, Root.CREDENTIAL)
            wrapped = above.seal(json.dumps(given).encode(), settings_place(provider), version)
            put_provider_setting(conn, provider, version, wrapped, now, before=before)
            names = sorted(machine_word(name) for name in checked)
            said: Content = {"provider": machine_word(provider), "version": version, "settings": names}
            append(conn, AGENCY, EntryKind.PROVIDER_CONFIGURED, said, at=now, user_id=user)
        self._keyring.raise_watermark(*_mark(provider), version)
        return _shown(fields, given, now)

    def _given(self, provider: str) -> tuple[dict[str, str], int]:
        with self._database.reading() as conn:
            row = find_provider_setting(conn, provider)
        return ({}, 0) if row is None else (self._open(provider, row.version, row.wrapped), row.changed_at)

    def _before(self, provider: str, row: sa.Row[Any] | None) -> dict[str, str]:
        try:
            return {} if row is None else self._open(provider, row.version, row.wrapped)
        except Tampered:
            return {}  # nobody can use it as it is: what is entered now takes its place

    def _open(self, provider: str, version: int, wrapped: bytes) -> dict[str, str]:
        if version < self._keyring.watermark(*_mark(provider)):
            raise Tampered(
                f"The settings of {provider!r} are older than the newest ones stored: they were put back. Enter them "
                "again (hub provider set)."
            )
        above = self._keyring.roots.opening(Root.CREDENTIAL, wrapped)
        found: dict[str, str] = json.loads(above.open(wrapped, settings_place(provider), version))
        return found


def settings_place(provider: str) -> Place:
    """Return where a provider's settings are sealed for."""
    return Place("", "provider_setting", provider, "wrapped")


def _mark(provider: str) -> tuple[str, str]:
    """Return by what the newest version is kept in the key store: a name in the form of an id."""
    return "", hashlib.sha256(f"provider_setting {provider}".encode()).hexdigest()[:LENGTH]


def _in_effect(fields: tuple[SettingField, ...], given: Mapping[str, str]) -> dict[str, str]:
    return {one.name: given.get(one.name, one.default) for one in fields}


def _shown(fields: tuple[SettingField, ...], given: Mapping[str, str], changed_at: int) -> Configuration:
    values = _in_effect(fields, given)
    return Configuration(
        {one.name: values[one.name] for one in fields if not one.secret},
        tuple(one.name for one in fields if one.name in given),
        tuple(one.name for one in fields if one.required and not values[one.name]),
        changed_at,
    )


def _check(fields: tuple[SettingField, ...], name: str, value: str) -> str:
    field = next((one for one in fields if one.name == name), None)
    if field is None:
        known = ", ".join(one.name for one in fields) or "none"
        raise InputError("setting", f"The provider has no setting of this name; those that it has: {known}.")
    if len(value) > LONGEST or not value.replace("\n", "").replace("\r", "").isprintable():
        raise InputError(name, f"It has at most {LONGEST} signs that can be printed.")
    if value and field.choices and value not in dict(field.choices):
        raise InputError(name, f"Choose one of: {', '.join(dict(field.choices))}.")
    return value
