"""A world whose provider revokes what it granted, or says that it does, and can be down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from hub.actions.connect import choose_calendar, connect, list_calendars
from hub.core.provider import AuthScheme, Grant, Provider, Revocation
from hub.plugin import hookimpl
from hub.registry import Candidate
from hub.store.database import Database
from hub.vault.keycalls import Connected
from tests.seed import Sow
from tests.world import Calendars, World, _Plugin


class Keys:
    """The keys module of a provider that revokes: it grants what is asked for, and can be down."""

    def __init__(self) -> None:
        self.problem: Exception | None = None
        self.revoked: list[str] = []
        self.meanwhile: Any = lambda: None

    @hookimpl
    def hub_connect(self, setup: Any, answer: Any) -> Grant:
        return Grant(AuthScheme.BEARER, {"access_token": answer["token"]}, (), answer["name"])

    @hookimpl
    def hub_revoke(self, setup: Any, grant: Grant) -> None:
        if self.problem is not None:
            raise self.problem
        self.revoked.append(grant.secret["access_token"])
        self.meanwhile()


class _RevokingPlugin(_Plugin):
    __name__ = "tests.revoker.plugin"

    @hookimpl
    def hub_provider(self) -> Provider:
        revocation = cast(_Revoking, self.calendars).revocation
        return replace(super().hub_provider(), revocation=revocation, keeps="a copy of the events")


class _Revoking(Calendars):
    revocation = Revocation.TOKEN

    def candidate(self) -> Candidate:
        return Candidate("fake", "tests", lambda: cast(ModuleType, _RevokingPlugin(self)))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    made = Keys()
    monkeypatch.setitem(sys.modules, "tests.revoker", ModuleType("tests.revoker"))
    monkeypatch.setitem(sys.modules, "tests.revoker.keys", cast(ModuleType, made))
    return made


@pytest.fixture
def revoking(
    database: Database, keystore: Database, tmp_path: Path, sow: Sow, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A world whose provider revokes what it granted."""
    monkeypatch.setattr("tests.world.Calendars", _Revoking)
    made = sow(database, keystore, tmp_path)
    yield made
    made.hub.broker.close()


@pytest.fixture
def grants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider end whole grants, those of other connections of the account included."""
    monkeypatch.setattr(_Revoking, "revocation", Revocation.GRANT)


def connected(world: World, name: str, token: str = "token-1", **options: Any) -> str:
    step = connect(world.hub, world.business, "fake", "all", {"name": name, "token": token}, **options)
    assert isinstance(step, Connected)
    for one in list_calendars(world.hub, world.business, step.connection):
        choose_calendar(world.hub, world.business, one.id, name, checked=True, written=True)
    return step.connection
