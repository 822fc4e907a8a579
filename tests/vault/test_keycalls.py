from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from hub.core.errors import InputError, PluginBroken, Refused, Retry, UnknownId
from hub.core.provider import AuthScheme, Form, Grant, Redirect, Revocation, SettingField
from hub.store.connection import Credential, end_connection, find_connection
from hub.store.keys import ConnectionKey
from hub.vault.border import Answer, Failure, Outcome, Request, RoundTrip
from hub.vault.guard import Guard
from hub.vault.keycalls import MOST_CALLS, Connected
from tests.vault.conftest import PASSWORD, Reply, Seen, Server, Vault


class Hooks:
    """The key hooks of a CalDAV-like plugin: asks for an address and a password, and tries them."""

    def __init__(self) -> None:
        self.revoked: list[str] = []
        self.error: Exception | None = None

    def hub_connect(self, setup: Any, answer: Mapping[str, str] | None) -> Form | Grant:
        field = SettingField("password", "Password", secret=True)
        if answer is None:
            return Form((field,))
        tried = setup.http.request("PROPFIND", answer["url"], auth=("ada", answer["password"]))
        if tried.is_redirect:
            tried = setup.http.request("PROPFIND", tried.headers["Location"], auth=("ada", answer["password"]))
        if tried.status_code == 401:
            return Form((field,), problem="The password is wrong.")
        secret = {"username": "ada", "password": answer["password"]}
        return Grant(AuthScheme.BASIC, secret, (answer["url"].upper().replace("HTTP", "http"),), "ada@example.test")

    def hub_revoke(self, setup: Any, grant: Grant) -> None:
        if self.error:
            raise self.error
        self.revoked.append(grant.secret["password"])


def counted(vault: Vault, table: Any) -> int:
    statement = select(func.count()).select_from(table).where(table.business_id == vault.business)
    with vault.database.reading() as conn:
        return int(conn.execute(statement).scalar_one())


def test_connecting_asks_tries_and_stores_without_showing_the_grant(vault: Vault, server: Server) -> None:
    vault.plugins.hooks = Hooks()
    server.answer = lambda seen: Reply(207 if "Authorization" in seen.headers else 401, [("Set-Cookie", "a=b")])
    assert isinstance(vault.broker.connect(vault.business, "dav", "busy", None), Form)
    made = vault.broker.connect(vault.business, "dav", "busy", {"url": server.origin, "password": PASSWORD})
    assert isinstance(made, Connected)
    assert PASSWORD not in repr(made)
    assert made.origins == (server.origin,)
    with vault.database.reading() as conn:
        row = find_connection(conn, vault.business, made.connection)
        with pytest.raises(UnknownId):
            find_connection(conn, vault.other, made.connection)
    assert (row.epoch, row.health, row.purposes, row.origins) == (1, "ok", ["check_availability"], [server.origin])
    assert counted(vault, Credential) == counted(vault, ConnectionKey) == 1


def test_a_wrong_password_asks_again_and_stores_nothing(vault: Vault, server: Server) -> None:
    vault.plugins.hooks = Hooks()
    server.answer = lambda seen: Reply(401, [("WWW-Authenticate", "Basic")])
    given = vault.broker.connect(vault.business, "dav", "full", {"url": server.origin, "password": "wrong"})
    assert isinstance(given, Form)
    assert given.problem
    assert counted(vault, Credential) == 0


def test_a_redirect_is_handed_to_the_key_hook_which_decides(vault: Vault, server: Server, make_server: Any) -> None:
    vault.plugins.hooks, home = Hooks(), make_server()
    vault.broker = vault.new_broker(Guard([server.origin, home.origin]))
    server.answer = lambda seen: Reply(301, [("Location", home.origin + "/dav/")])
    made = vault.broker.connect(vault.business, "dav", "full", {"url": server.origin, "password": PASSWORD})
    assert isinstance(made, Connected)
    assert [(seen.method, seen.path) for seen in home.seen] == [("PROPFIND", "/dav/")]
    vault.broker.close()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://10.0.0.1/", "https://169.254.169.254/", "http://x.test/"]
)
def test_a_typed_address_inside_the_network_is_refused(url: str, vault: Vault) -> None:
    vault.plugins.hooks = Hooks()
    with pytest.raises(Refused) as caught:
        vault.broker.connect(vault.business, "dav", "full", {"url": url, "password": PASSWORD})
    assert caught.value.reason in {"address", "scheme"}
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_key_hook_is_held_to_the_declared_operations_and_to_a_number_of_calls(vault: Vault, server: Server) -> None:
    def send(method: str, path: str) -> Any:
        return vault.broker.setup_send("dav", Request(method, server.origin + path))

    assert isinstance(send("PROPFIND", "/"), Answer)
    assert send("DELETE", "/") == Failure(Outcome.REFUSED, "undeclared")
    assert send("PUT", "/cal/a") == Failure(Outcome.REFUSED, "purpose")

    class Scanning:
        def hub_connect(self, setup: Any, answer: object) -> None:
            for number in range(1000):
                setup.http.get(f"{server.origin}/{number}")

    server.seen.clear()
    vault.plugins.hooks = Scanning()
    with pytest.raises(Refused) as caught:
        vault.broker.connect(vault.business, "dav", "full", {})
    assert caught.value.reason == "too_many_calls"
    assert len(server.seen) == MOST_CALLS


def test_the_client_authentication_of_a_key_hook_stays_and_its_answer_is_not_scrubbed(
    vault: Vault, server: Server
) -> None:
    def answer(seen: Seen) -> Reply:
        return Reply(200, body=f"{seen.headers['Authorization']} {PASSWORD}".encode())

    server.answer = answer
    result = vault.broker.setup_send(
        "dav", Request("POST", server.origin + "/token", (("Authorization", "Basic client"),))
    )
    assert isinstance(result, Answer)
    assert result.body.decode() == f"Basic client {PASSWORD}"


@pytest.mark.parametrize("given", [None, "grant", {"secret": "x"}])
def test_a_key_hook_that_returns_something_else_is_broken(given: object, vault: Vault) -> None:
    vault.plugins.hooks = type("Odd", (), {"hub_connect": lambda self, setup, answer: given})()
    with pytest.raises(PluginBroken):
        vault.broker.connect(vault.business, "dav", "full", {})


@pytest.mark.parametrize("origin", ["https://dav.example.test/path", "ftp://x.test", "https://a:b@x.test"])
def test_a_grant_for_something_that_is_no_origin_is_not_stored(origin: str, vault: Vault) -> None:
    vault.plugins.grant = Grant(AuthScheme.BASIC, {"password": "x"}, (origin,), "ada")
    with pytest.raises(Refused):
        vault.broker.connect(vault.business, "dav", "full", {})
    assert counted(vault, Credential) == 0


@pytest.mark.parametrize(("raised", "kind"), [(Retry("later"), Retry), (RuntimeError(PASSWORD), Refused)])
def test_what_a_key_hook_raises_comes_without_its_frames(
    raised: Exception, kind: type[Exception], vault: Vault
) -> None:
    class Failing:
        def hub_connect(self, setup: Any, answer: Mapping[str, str]) -> None:
            password = answer["password"]
            try:
                raise KeyError(password)
            except KeyError as error:
                raise raised from error

    vault.plugins.hooks = Failing()
    with pytest.raises(kind) as caught:
        vault.broker.connect(vault.business, "dav", "full", {"password": PASSWORD})
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert PASSWORD not in str(caught.value)
    files = [str(entry.path).rpartition("/")[2] for entry in caught.traceback]
    assert files == ["test_keycalls.py", "broker.py", "keycalls.py"]


def test_a_redirect_of_the_owner_is_handed_out(vault: Vault) -> None:
    there = Redirect("https://accounts.example.test/", {"state": "s"})
    vault.plugins.hooks = type("Going", (), {"hub_connect": lambda self, setup, answer: there})()
    assert vault.broker.connect(vault.business, "dav", "full", None) is there


def test_a_plugin_gets_what_goes_there_and_back_and_what_the_account_was_before(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin, settings={"api": "one"}, scopes=("read",), limits=("Not " + "x" * 400,))
    with vault.database.reading() as conn:
        row = find_connection(conn, vault.business, connection)
    assert (row.scopes, len(row.limits[0])) == (["read"], 300)
    seen: list[Any] = []
    hooks = type("Going", (), {"hub_connect": lambda self, setup, answer: seen.append(setup) or Form(())})()
    vault.plugins.hooks, trip = hooks, RoundTrip("https://hub.test/connect/return", "s" * 43, {"verifier": "v"})
    vault.broker.connect(vault.business, "dav", "full", {"code": "c"}, connection=connection, trip=trip)
    (setup,) = seen
    assert (setup.redirect_url, setup.state, dict(setup.keep)) == (trip.redirect_url, trip.state, {"verifier": "v"})
    assert dict(setup.before) == {"api": "one"}
    assert "verifier" not in repr(trip)


def test_another_account_does_not_take_the_place_of_the_one_that_is_connected_again(
    vault: Vault, server: Server
) -> None:
    connection = vault.connect(server.origin, account_id="one")
    with pytest.raises(Refused) as caught:
        vault.connect(server.origin, again=connection, account_id="other")
    assert caught.value.reason == "other_account"
    with vault.database.reading() as conn:
        assert find_connection(conn, vault.business, connection).epoch == 1
    assert vault.connect(server.origin, again=connection, account_id="one") == connection


def test_an_unknown_level_or_business_is_refused(vault: Vault, server: Server) -> None:
    with pytest.raises(InputError):
        vault.broker.connect(vault.business, "dav", "everything", None)
    vault.plugins.grant = Grant(AuthScheme.BASIC, {"password": "x"}, (server.origin,), "ada")
    with pytest.raises(UnknownId):
        vault.broker.connect("nobody", "dav", "full", {})


def test_reconnecting_begins_a_new_epoch_in_the_same_connection(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin, level="busy")
    opened = vault.open(connection)
    assert vault.connect(server.origin, again=connection) == connection
    with vault.database.reading() as conn:
        row = find_connection(conn, vault.business, connection)
    assert (row.epoch, row.level) == (2, "full")
    with pytest.raises(Refused):
        opened.call(lambda account: account.http.get(server.origin + "/a"))
    assert vault.open(connection).call(lambda account: account.http.get(server.origin + "/a").text) == "ok"


def test_another_businesss_connection_cannot_be_renewed(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    with pytest.raises(UnknownId):
        vault.broker.connect(vault.other, "dav", "full", {}, connection=connection)


def test_a_disconnect_destroys_the_credential_where_there_is_nothing_to_revoke(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    opened = vault.open(connection)
    assert vault.broker.disconnect(vault.business, connection)
    assert counted(vault, Credential) == counted(vault, ConnectionKey) == 0
    with pytest.raises(Refused):
        opened.call(lambda account: account.http.get(server.origin + "/a"))
    assert server.seen == []
    assert vault.broker.revoke(vault.business, connection).is_over
    with pytest.raises(UnknownId):
        vault.broker.disconnect(vault.other, connection)


def test_a_revocation_that_fails_stays_open_and_the_connection_stays_ended(vault: Vault, server: Server) -> None:
    vault.plugins.revocation = Revocation.TOKEN
    connection = vault.connect(server.origin)
    with pytest.raises(Refused):
        vault.broker.revoke(vault.business, connection)
    hooks = vault.plugins.hooks = Hooks()
    hooks.error = Retry("the provider is down")
    assert not vault.broker.disconnect(vault.business, connection)
    with pytest.raises(Refused):
        vault.open(connection)
    assert counted(vault, Credential) == 1
    hooks.error = None
    assert vault.broker.revoke(vault.business, connection).is_over
    assert hooks.revoked == [PASSWORD]
    assert counted(vault, Credential) == counted(vault, ConnectionKey) == 0


def test_an_ended_connection_without_anything_to_revoke_needs_no_hook_for_it(vault: Vault, server: Server) -> None:
    """It ended here by another way than the broker's own, as an owner's disconnect does."""
    connection = vault.connect(server.origin)
    with vault.database.writing() as conn:
        end_connection(conn, vault.business, connection, 1)
    assert counted(vault, Credential) == 1
    assert vault.broker.revoke(vault.business, connection).is_over
    assert counted(vault, Credential) == counted(vault, ConnectionKey) == 0


def test_a_grant_that_is_stored_while_the_old_one_is_revoked_stays(vault: Vault, server: Server) -> None:
    vault.plugins.revocation = Revocation.TOKEN
    connection = vault.connect(server.origin)
    hooks = vault.plugins.hooks = Hooks()
    hooks.error = Retry("the provider is down")
    assert not vault.broker.disconnect(vault.business, connection)
    answer = {"url": server.origin, "password": PASSWORD}

    class Meanwhile(Hooks):
        def hub_revoke(self, setup: Any, grant: Grant) -> None:
            vault.plugins.hooks = Hooks()
            vault.broker.connect(vault.business, "dav", "full", answer, connection=connection)

    vault.plugins.hooks = Meanwhile()
    assert vault.broker.revoke(vault.business, connection).is_over
    assert counted(vault, Credential) == counted(vault, ConnectionKey) == 1
    with vault.database.reading() as conn:
        assert find_connection(conn, vault.business, connection).health == "ok"
