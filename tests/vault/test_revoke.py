"""Ending a grant at its provider: not while others need it, not believed without a try, and never half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.core.ended import Ended, EndState, Probe
from hub.core.errors import Refused
from hub.core.ledger import EntryKind
from hub.core.provider import AuthScheme, Grant, Revocation
from hub.core.purpose import Purpose
from hub.ledger.read import entries_about
from hub.store.business import add_business
from hub.store.connection import Credential, end_connection, find_connection
from hub.store.crash import CrashPoint
from hub.store.database import Database
from hub.store.keys import ConnectionKey
from hub.vault.border import Answer, Handle, Request
from hub.vault.broker import Broker
from hub.vault.revoke import account_hash
from tests.crash.harness import run_until_killed
from tests.tokens import NOW, TokenPlugin, TokenServer, connect_tokens, token_broker, token_server


@dataclass
class Scene:
    """A provider that ends whole grants, or tokens, and two businesses."""

    server: TokenServer
    database: Database
    broker: Broker
    plugin: TokenPlugin
    ada: str
    ben: str
    clock: list[int] = field(default_factory=lambda: [NOW])

    def connect(self, business: str, account: str = "ada@example.test", **more: Any) -> str:
        return connect_tokens(self.broker, self.database, business, self.server.sign_in(account), **more)

    def ends(self, revocation: Revocation) -> None:
        self.plugin._provider = TokenPlugin(revocation)._provider
        self.server.ends_all = revocation is Revocation.GRANT

    def end(self, business: str, connection: str) -> Ended:
        with self.database.writing() as conn:
            end_connection(conn, business, connection, self.clock[0])
        return self.broker.revoke(business, connection)

    def state(self, business: str, connection: str) -> str:
        with self.database.reading() as conn:
            return str(find_connection(conn, business, connection).end_state)

    def sealed(self, business: str) -> int:
        with self.database.reading() as conn:
            tables: tuple[Any, ...] = (Credential, ConnectionKey)
            return sum(len(conn.execute(select(one).where(one.business_id == business)).all()) for one in tables)

    def works(self, business: str, connection: str) -> bool:
        handle = Handle(business, connection, 1, Purpose.CHECK_AVAILABILITY, "test")
        told = self.broker.send(handle, Request("GET", self.server.origin + "/events"))
        return isinstance(told, Answer) and told.status == 200

    def said(self, business: str, connection: str) -> list[tuple[EntryKind, dict[str, Any]]]:
        with self.database.reading() as conn:
            found = entries_about(conn, business, connection_id=connection)
        return [(one.kind, dict(one.content or {})) for one in reversed(found) if one.kind != EntryKind.CONNECTED]


@pytest.fixture
def scene(database: Database, keystore: Database) -> Iterator[Scene]:
    with token_server() as server:
        with database.writing() as conn:
            ada, ben = (add_business(conn, name, "Europe/Berlin", NOW) for name in ("Ada's salon", "Ben's bar"))
        plugin = TokenPlugin()
        made = Scene(server, database, None, plugin, ada, ben)  # type: ignore[arg-type]
        made.broker = token_broker(database, keystore, server.origin, plugin, lambda: made.clock[0])
        made.ends(Revocation.GRANT)
        yield made
        made.broker.close()


def test_a_revoked_grant_is_tried_once_more_and_then_nothing_of_it_is_left(scene: Scene) -> None:
    one = scene.connect(scene.ada)
    assert scene.end(scene.ada, one) == Ended(EndState.DONE, Probe.REFUSED)
    assert (scene.server.accounts, scene.sealed(scene.ada)) == ({}, 0)
    ((kind, said),) = scene.said(scene.ada, one)
    assert (kind, said["at_provider"], said["probe"], said["epoch"]) == (EntryKind.REVOKED, 1, "refused", 2)
    calls = len(scene.server.calls)
    assert scene.broker.revoke(scene.ada, one) == Ended(EndState.DONE)  # a second time asks nobody
    assert len(scene.server.calls) == calls


def test_a_grant_that_another_business_needs_stays_and_ends_with_the_last(scene: Scene) -> None:
    """P49: the other one works on, our copy of this one is gone, and nobody learns whose the other one is."""
    mine, other = scene.connect(scene.ada), scene.connect(scene.ben)
    assert scene.end(scene.ada, mine) == Ended(EndState.KEPT)
    assert (scene.state(scene.ada, mine), scene.sealed(scene.ada)) == (EndState.KEPT, 0)
    assert scene.server.count("/revoke") == 0
    assert scene.works(scene.ben, other)
    ((kind, said),) = scene.said(scene.ada, mine)
    assert (kind, said["own"]) == (EntryKind.REVOCATION_KEPT, 0)
    assert scene.ben not in json.dumps(said)
    assert other not in json.dumps(said)
    assert scene.end(scene.ben, other) == Ended(EndState.DONE, Probe.REFUSED)
    assert scene.server.accounts == {}
    assert (scene.state(scene.ada, mine), scene.state(scene.ben, other)) == (EndState.DONE, EndState.DONE)
    assert [kind for kind, _ in scene.said(scene.ada, mine)] == [EntryKind.REVOCATION_KEPT, EntryKind.REVOKED]


def test_another_account_or_another_connection_that_ended_holds_nothing_up(scene: Scene) -> None:
    mine, gone, other = scene.connect(scene.ada), scene.connect(scene.ben), scene.connect(scene.ben, "cyd")
    with scene.database.writing() as conn:
        end_connection(conn, scene.ben, gone, NOW)
    assert scene.end(scene.ada, mine).state is EndState.DONE
    assert scene.works(scene.ben, other)


def test_where_only_the_token_ends_the_others_of_the_account_go_on(scene: Scene) -> None:
    scene.ends(Revocation.TOKEN)
    mine, other = scene.connect(scene.ada), scene.connect(scene.ada)
    assert scene.end(scene.ada, mine) == Ended(EndState.DONE, Probe.REFUSED)
    assert scene.works(scene.ada, other)


def test_a_provider_that_lies_is_not_believed_and_what_it_gave_out_is_revoked_too(scene: Scene) -> None:
    one = scene.connect(scene.ada)
    scene.server.lies = True
    assert scene.end(scene.ada, one) == Ended(EndState.OPEN, Probe.WORKS, "still_works")
    assert scene.state(scene.ada, one) == EndState.OPEN
    assert [said["reason"] for _, said in scene.said(scene.ada, one)] == ["still_works"]
    scene.server.lies = False
    assert scene.broker.revoke(scene.ada, one) == Ended(EndState.DONE, Probe.REFUSED)
    assert (scene.server.accounts, scene.sealed(scene.ada)) == ({}, 0)


@pytest.mark.parametrize(
    ("told", "reason"), [((503, b"down"), "retry"), ((400, b"<html>"), "retry"), ((200, b"x" * 300_000), "too_large")]
)
def test_a_revocation_that_fails_stays_open_and_no_call_is_made_with_it(
    scene: Scene, told: tuple[int, bytes], reason: str
) -> None:
    one = scene.connect(scene.ada)
    scene.server.before = lambda path: told if path == "/revoke" else None
    ended = scene.end(scene.ada, one)
    assert (ended.state, ended.reason) == (EndState.OPEN, reason)
    assert not scene.works(scene.ada, one)
    assert scene.sealed(scene.ada) > 0
    scene.server.before = lambda path: None
    assert scene.broker.revoke(scene.ada, one).state is EndState.DONE


def test_one_that_the_provider_knows_no_more_is_over(scene: Scene) -> None:
    one = scene.connect(scene.ada)
    scene.server.accounts.clear()
    assert scene.end(scene.ada, one) == Ended(EndState.DONE, Probe.REFUSED)
    assert scene.sealed(scene.ada) == 0


def test_one_that_was_connected_again_meanwhile_keeps_its_new_grant(scene: Scene) -> None:
    one = scene.connect(scene.ada)

    def again(path: str) -> None:
        scene.server.before = lambda path: None
        scene.connect(scene.ada, connection=one)

    scene.server.before = again
    scene.end(scene.ada, one)
    assert (scene.state(scene.ada, one), scene.sealed(scene.ada) > 0) == ("", True)
    assert [kind for kind, _ in scene.said(scene.ada, one)] == []


def refused_to_swap(scene: Scene, mine: str, account: str) -> str:
    with pytest.raises(Refused) as caught:
        scene.connect(scene.ada, account, connection=mine)
    assert caught.value.reason == "other_account"
    return caught.value.message


def test_the_permission_of_another_account_that_is_not_taken_is_ended(scene: Scene) -> None:
    mine = scene.connect(scene.ada)
    ended = scene.connect(scene.ben, "cyd")
    with scene.database.writing() as conn:
        end_connection(conn, scene.ben, ended, NOW)
    assert "still stands" not in refused_to_swap(scene, mine, "cyd")
    assert {account for account, _ in scene.server.accounts.values()} == {"ada@example.test"}
    assert scene.works(scene.ada, mine)


def test_it_is_left_alone_where_a_connection_of_another_business_needs_it(scene: Scene) -> None:
    mine, other = scene.connect(scene.ada), scene.connect(scene.ben, "cyd")
    assert "still stands" not in refused_to_swap(scene, mine, "cyd")  # ending it there would end the other one
    assert scene.server.count("/revoke") == 0
    assert scene.works(scene.ben, other)


def test_where_it_cannot_be_ended_now_its_owner_is_told(scene: Scene) -> None:
    mine = scene.connect(scene.ada)
    scene.server.before = lambda path: (503, b"down") if path == "/revoke" else None
    assert "still stands" in refused_to_swap(scene, mine, "cyd")
    scene.server.before = lambda path: None
    scene.ends(Revocation.NONE)
    assert "still stands" in refused_to_swap(scene, mine, "ben")
    scene.ends(Revocation.TOKEN)
    assert "still stands" not in refused_to_swap(scene, mine, "dee")
    assert "dee" not in {account for account, _ in scene.server.accounts.values()}


def test_accounts_are_known_by_their_id_under_one_client_alone(scene: Scene) -> None:
    def known(client: str = "", **about: Any) -> str:
        grant = Grant(AuthScheme.BEARER, {"access_token": "a"}, ("https://a.example",), **about)
        return account_hash(scene.broker._keys._keyring, "tokens", client, grant)

    assert known(account_name="Ada@x.test") == known(account_name=" ada@x.test")
    assert known(account_name="ada", account_id="7") == known(account_name="renamed", account_id="7")
    different = {known(account_name="ada"), known(account_name="ben"), known("client", account_name="ada")}
    assert len(different) == 3
    assert all(len(one) == 64 for one in different)


@pytest.mark.crash
@pytest.mark.parametrize(
    "point",
    [
        CrashPoint.REVOKE_BEFORE_CALL,
        CrashPoint.REVOKE_AFTER_CALL,
        CrashPoint.REVOKE_BEFORE_COMMIT,
        CrashPoint.REVOKE_AFTER_COMMIT,
    ],
)
def test_a_revocation_that_is_killed_at_any_step_is_finished_by_the_next(
    scene: Scene, tmp_path: Path, database_url: str, point: CrashPoint
) -> None:
    scene.ends(Revocation.TOKEN)
    one = scene.connect(scene.ada)
    with scene.database.writing() as conn:
        end_connection(conn, scene.ada, one, NOW)
    environment = {
        "TOKENS": json.dumps({"origin": scene.server.origin, "business": scene.ada, "connection": one}),
    }
    where = {"data_dir": tmp_path, "database_url": database_url, "environment": environment}
    run_until_killed("revoke", point, module="tests.crash.tokens", **where)  # type: ignore[arg-type]
    assert not scene.works(scene.ada, one)
    assert scene.broker.revoke(scene.ada, one).state is EndState.DONE
    assert (scene.server.accounts, scene.sealed(scene.ada)) == ({}, 0)
    assert [kind for kind, _ in scene.said(scene.ada, one)] == [EntryKind.REVOKED]
