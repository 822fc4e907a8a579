"""What a provider says of an account is acted upon once, in all businesses, and by nobody else's word (A24)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, cast

import pytest
from sqlalchemy import select

from hub.actions.account_notice import KEPT, forget_heard_notices, take_account_notices
from hub.actions.ask import ask_provider
from hub.actions.connections import get_connection
from hub.actions.disconnect import disconnect
from hub.actions.sessions import find_session
from hub.actions.sign_in import sign_in
from hub.actions.staff_links import find_staff_link, make_staff_link
from hub.core.account_notice import AccountNotice, AccountNoticeKind
from hub.core.errors import InputError, NeedsReconnect
from hub.core.purpose import Purpose
from hub.core.push import Incoming
from hub.core.security import OPERATOR, Kind, Visit
from hub.plugin import AuthScheme, Grant, hookimpl
from hub.store.account_notice import GrantMark
from hub.store.connection import set_user
from hub.store.guard import Across
from hub.store.key_use import CallRefusal
from hub.store.security import SecurityEvent
from hub.vault.accounts import open_account
from tests.accounts import BEN, PASSWORD, VISIT, join
from tests.revoking import Keys, connected
from tests.world import World

DANGER, ENDED = AccountNoticeKind.DANGER, AccountNoticeKind.ENDED


class Speaking(Keys):
    """The keys module of a provider that says things of accounts."""

    said: Sequence[AccountNotice] = ()

    @hookimpl
    def hub_connect(self, setup: Any, answer: Any) -> Grant:
        about = {"account_id": f"provider {answer['name']}", "marks": (f"mark {answer['token']}",)}
        return Grant(AuthScheme.BEARER, {"access_token": answer["token"]}, (), answer["name"], **about)

    @hookimpl
    def hub_verify(self, setup: Any, request: Incoming) -> Sequence[AccountNotice]:
        if request.body == b"forged":
            raise InputError("token", "It is forged.", code="invalid_key")
        return self.said


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Speaking:
    made = Speaking()
    monkeypatch.setitem(sys.modules, "tests.revoker", ModuleType("tests.revoker"))
    monkeypatch.setitem(sys.modules, "tests.revoker.keys", cast(ModuleType, made))
    return made


def hear(world: World, body: bytes = b"signed") -> int:
    return take_account_notices(world.hub, Visit(actor="provider"), "fake", Incoming("POST", {}, {}, body))


def health(world: World, connection: str) -> tuple[str, str]:
    found = get_connection(world.hub, world.business, connection)
    return found.health, found.reason


def test_an_ended_permission_is_lost_in_every_connection_of_the_account_and_in_no_other(
    revoking: World, keys: Speaking
) -> None:
    ada, ben = revoking.staff(connected=False), revoking.staff(connected=False)
    first, second = connected(revoking, ada), connected(revoking, ada, "token-2")
    other = connected(revoking, ben, "token-3")
    keys.said = [AccountNotice("j1", ENDED, f"provider {ada}")]
    assert hear(revoking) == 1
    assert health(revoking, first) == health(revoking, second) == ("needs_reconnect", "revoked")
    assert health(revoking, other)[0] == "ok"


def test_one_grant_is_known_by_its_mark_which_goes_with_the_credential(revoking: World, keys: Speaking) -> None:
    ada = revoking.staff(connected=False)
    first, second = connected(revoking, ada), connected(revoking, ada, "token-2")
    keys.said = [AccountNotice("j1", ENDED, mark="mark token-2")]
    assert hear(revoking) == 1
    assert (health(revoking, first)[0], health(revoking, second)[0]) == ("ok", "needs_reconnect")
    disconnect(revoking.hub, OPERATOR, revoking.business, second)
    revoking.hub.broker.revoke(revoking.business, second)
    with revoking.hub.database.reading() as conn:
        left = conn.execute(select(GrantMark).execution_options(across=Across.OPERATOR)).all()
    assert [row.connection_id for row in left] == [first]
    assert "token-1" not in str(left)


def test_in_danger_nothing_is_asked_any_more_until_it_is_connected_again(revoking: World, keys: Speaking) -> None:
    ada = revoking.staff(connected=False)
    connection = connected(revoking, ada)
    ask = (revoking.hub, revoking.business, connection, Purpose.SHOW_CALENDARS, "hub_list_calendars")
    assert ask_provider(*ask)
    keys.said = [AccountNotice("j1", DANGER, f"provider {ada}")]
    hear(revoking)
    assert health(revoking, connection) == ("needs_reconnect", "danger")
    opened = open_account(revoking.hub.database, revoking.hub.keyring, revoking.hub.broker, *ask[1:])
    with pytest.raises(NeedsReconnect):
        opened.call(lambda account: account.http.get("https://fake.example/anything"))
    with revoking.hub.database.reading() as conn:
        refused = conn.execute(select(CallRefusal.reason).execution_options(across=Across.OPERATOR)).scalars().all()
    assert list(refused) == ["danger"]
    connected(revoking, ada, "token-9", connection_id=connection)
    assert health(revoking, connection)[0] == "ok"


def test_a_warning_counts_for_an_account_that_was_lost_already(revoking: World, keys: Speaking) -> None:
    ada = revoking.staff(connected=False)
    connection = connected(revoking, ada)
    keys.said = [AccountNotice("j1", ENDED, f"provider {ada}")]
    hear(revoking)
    keys.said = [AccountNotice("j2", DANGER, f"provider {ada}")]
    hear(revoking)
    assert health(revoking, connection) == ("needs_reconnect", "danger")


def test_in_danger_the_links_of_its_staff_member_and_the_sign_ins_of_who_connected_it_end(
    revoking: World, keys: Speaking
) -> None:
    hub, ada = revoking.hub, revoking.staff(connected=False)
    user = join(hub, BEN)
    token = sign_in(hub, VISIT, BEN, PASSWORD).token
    _, secret = make_staff_link(hub, OPERATOR, revoking.business, ada)
    connected(revoking, ada, holder_id=ada)
    of_the_business = connected(revoking, ada, "token-2")
    with hub.database.writing() as conn:
        set_user(conn, revoking.business, of_the_business, user)
    keys.said = [AccountNotice("j1", DANGER, f"provider {ada}")]
    hear(revoking)
    assert find_staff_link(hub, secret) is None
    assert find_session(hub, token) is None


def test_what_is_sent_again_or_of_nobody_we_know_changes_nothing(revoking: World, keys: Speaking) -> None:
    ada = revoking.staff(connected=False)
    connection = connected(revoking, ada)
    keys.said = [AccountNotice("j1", ENDED, f"provider {ada}")]
    assert (hear(revoking), hear(revoking)) == (1, 0)
    connected(revoking, ada, "token-2", connection_id=connection)
    assert hear(revoking) == 0
    keys.said = [AccountNotice("j2", ENDED, "provider nobody"), AccountNotice("j2", DANGER)]
    assert hear(revoking) == 2
    assert health(revoking, connection)[0] == "ok"


def test_a_forged_message_is_refused_and_noted(revoking: World, keys: Speaking) -> None:
    ada = revoking.staff(connected=False)
    connection = connected(revoking, ada)
    keys.said = [AccountNotice("j1", DANGER, f"provider {ada}")]
    with pytest.raises(InputError):
        hear(revoking, b"forged")
    assert health(revoking, connection)[0] == "ok"
    with revoking.hub.database.reading() as conn:
        (event,) = conn.execute(select(SecurityEvent).where(SecurityEvent.kind == Kind.PROVIDER_WARNED)).all()
    assert (event.outcome, event.detail) == ("refused", "invalid_key")


def test_a_message_is_forgotten_after_no_copy_of_it_would_be_believed(revoking: World, keys: Speaking) -> None:
    keys.said = [AccountNotice("j1", AccountNoticeKind.TEST)]
    assert hear(revoking) == 1
    forget_heard_notices(revoking.hub)
    assert hear(revoking) == 0
    revoking.clock.now += KEPT + 1
    forget_heard_notices(revoking.hub)
    assert hear(revoking) == 1
