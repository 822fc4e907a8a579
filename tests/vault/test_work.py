import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from hub.core.consent_record import ConsentState
from hub.core.errors import NeedsReconnect, PluginBroken, Retry, Unavailable
from hub.core.ledger import EntryKind
from hub.core.provider import AuthScheme, Grant
from hub.core.purpose import Purpose
from hub.ledger.collect import collect
from hub.ledger.read import entries_about
from hub.store.connection import Connection, Credential, end_connection, find_connection
from hub.store.key_use import CallRefusal, KeyUse
from hub.vault.border import Answer, Failure, Handle, Outcome, Request
from hub.vault.credentials import open_credential, store_credential
from tests.consents import then
from tests.vault.conftest import NOW, PAIR, PASSWORD, TOKEN, Reply, Seen, Server, Vault


def handle(vault: Vault, connection: str, purpose: Purpose = Purpose.CHECK_AVAILABILITY, epoch: int = 1) -> Handle:
    return Handle(vault.business, connection, epoch, purpose, "test")


def send(vault: Vault, connection: str, url: str, method: str = "GET", **about: Any) -> Any:
    body, headers = about.pop("body", b""), about.pop("headers", ())
    return vault.broker.send(handle(vault, connection, **about), Request(method, url, headers, body))


def test_a_call_goes_out_signed_and_comes_back_clean(vault: Vault, server: Server) -> None:
    server.answer = lambda seen: Reply(
        207, [("Set-Cookie", "s=1"), ("X-Echo", seen.headers["Authorization"])], b"<multistatus/>"
    )
    connection = vault.connect(server.origin)
    answer = send(vault, connection, server.origin + "/cal/?x=1", "PROPFIND", body=b"<p/>", headers=(("Depth", "1"),))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (207, b"<multistatus/>")
    assert answer.header("Set-Cookie") is None
    assert PAIR not in repr(answer)
    assert server.seen[0].headers["Authorization"] == f"Basic {PAIR}"
    assert server.seen[0].headers["Depth"] == "1"


def test_the_plugins_own_authorization_host_and_length_do_not_count(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    forged = (("Authorization", "Basic xyz"), ("Host", "other.test"), ("Content-Length", "3"), ("Cookie", "a=b"))
    send(vault, connection, server.origin + "/cal/", "PROPFIND", body=b"GET / HTTP/1.1\r\n\r\n", headers=forged)
    seen = server.seen[0]
    assert seen.headers["Host"] == server.origin.removeprefix("http://")
    assert seen.headers["Content-Length"] == "18"
    assert seen.headers["Authorization"] == f"Basic {PAIR}"
    assert "Cookie" not in seen.headers
    assert len(server.seen) == 1


def test_each_use_of_the_key_is_written_before_the_call(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    uses: list[int] = []

    def count(seen: Seen) -> Reply:
        statement = select(func.coalesce(func.sum(KeyUse.uses), 0)).where(KeyUse.business_id == vault.business)
        with vault.database.reading() as conn:
            uses.append(int(conn.execute(statement).scalar_one()))
        return Reply()

    server.answer = count
    for _ in range(3):
        send(vault, connection, server.origin + "/a")
    vault.now += 60
    send(vault, connection, server.origin + "/a", "REPORT")
    assert uses == [1, 2, 3, 4]
    statement = select(KeyUse.minute, KeyUse.operation, KeyUse.purpose, KeyUse.uses).where(
        KeyUse.business_id == vault.business
    )
    with vault.database.reading() as conn:
        rows = sorted(tuple(row) for row in conn.execute(statement))
    assert rows == [
        (NOW // 60, "read", "check_availability", 3),
        (NOW // 60 + 1, "report", "check_availability", 1),
    ]


def refused(result: object) -> str:
    assert isinstance(result, Failure)
    assert result.outcome is Outcome.REFUSED
    return result.reason


def test_what_is_not_declared_agreed_to_or_known_is_not_sent(vault: Vault, server: Server, make_server: Any) -> None:
    connection, busy_only = vault.connect(server.origin), vault.connect(server.origin, level="busy")
    other = make_server()
    url = server.origin + "/cal/a"
    assert refused(send(vault, connection, url, "DELETE")) == "undeclared"
    assert refused(send(vault, connection, other.origin + "/cal/a")) == "undeclared"
    assert refused(send(vault, connection, server.origin + "/cal/%2e%2e/a")) == "address"
    assert refused(send(vault, connection, url, "PUT")) == "purpose"
    assert refused(send(vault, connection, url, purpose=Purpose.CREATE_EVENT)) == "purpose"
    assert refused(send(vault, busy_only, url, "PUT", purpose=Purpose.CREATE_EVENT)) == "purpose"
    assert refused(send(vault, busy_only, url, "PROPFIND", purpose=Purpose.SHOW_CALENDARS)) == "purpose"
    assert refused(send(vault, "unknown", url)) == "disconnected"
    assert refused(send(vault, connection, url, epoch=2)) == "disconnected"
    assert refused(vault.broker.send(Handle(vault.other, connection, 1, Purpose.PROTECT), Request("GET", url))) == (
        "disconnected"
    )
    assert refused(send(vault, connection, url, "PROPFIND", body=b"x" * 300_000)) == "too_large"
    assert refused(send(vault, connection, url, headers=(("X", "a\r\nb"),))) == "header"
    assert server.seen == other.seen == []
    with vault.database.reading() as conn:
        statement = select(func.count()).select_from(KeyUse).where(KeyUse.business_id == vault.business)
        assert conn.execute(statement).scalar_one() == 0
    assert isinstance(send(vault, connection, url, "PUT", purpose=Purpose.CREATE_EVENT), Answer)


def refusals(vault: Vault) -> list[tuple[Any, ...]]:
    statement = select(CallRefusal.connection_id, CallRefusal.minute, CallRefusal.reason, CallRefusal.calls).where(
        CallRefusal.business_id == vault.business, CallRefusal.hook == "test"
    )
    with vault.database.reading() as conn:
        return sorted(tuple(row) for row in conn.execute(statement))


def test_a_refused_call_is_recorded_before_it_is_answered(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    url, minute = server.origin + "/cal/a", NOW // 60
    for _ in range(3):
        assert refused(send(vault, connection, url, "DELETE")) == "undeclared"
    assert refused(send(vault, connection, url, purpose=Purpose.CREATE_EVENT)) == "purpose"
    assert refused(send(vault, connection, url, epoch=2)) == "disconnected"
    vault.now += 60
    assert refused(send(vault, connection, "http://127.0.0.1:1/")) == "undeclared"
    assert refusals(vault) == [
        (connection, minute, "disconnected", 1),
        (connection, minute, "purpose", 1),
        (connection, minute, "undeclared", 3),
        (connection, minute + 1, "undeclared", 1),
    ]
    assert server.seen == []


def test_a_credential_that_was_tampered_with_or_is_gone_is_recorded_as_refused(vault: Vault, server: Server) -> None:
    connection, other = vault.connect(server.origin), vault.connect(server.origin)
    with vault.database.writing() as conn:
        mine = Credential.business_id == vault.business
        sealed = update(Credential).where(mine, Credential.connection_id == connection)
        was = conn.execute(select(Credential.sealed).where(mine, Credential.connection_id == connection)).scalar_one()
        conn.execute(sealed.values(sealed=was[:-1] + bytes([was[-1] ^ 1])))
        conn.execute(delete(Credential).where(mine, Credential.connection_id == other))
    assert refused(send(vault, connection, server.origin + "/a")) == "tampered"
    assert refused(send(vault, other, server.origin + "/a")) == "reconnect"
    assert sorted(row[2] for row in refusals(vault)) == ["reconnect", "tampered"]


def test_the_provider_sees_as_many_calls_as_the_ledger_counts(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    for n in range(7):
        send(vault, connection, f"{server.origin}/{n}", "GET" if n % 2 else "DELETE")
    vault.now += 60
    collect(vault.database, vault.now)
    with vault.database.reading() as conn:
        found = {one.kind: one.content for one in entries_about(conn, vault.business, connection_id=connection)}
    assert found[EntryKind.KEY_USED]["count"] == len(server.seen) == 3  # type: ignore[index]
    assert found[EntryKind.CALL_REFUSED]["calls"] == ["test:check_availability:undeclared:4"]  # type: ignore[index]


def test_where_a_use_cannot_be_written_no_call_is_made(
    vault: Vault, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = vault.connect(server.origin)

    def full(*_: object, **__: object) -> None:
        raise Unavailable("full")

    monkeypatch.setattr("hub.vault.work.add_use", full)
    assert send(vault, connection, server.origin + "/a") == Failure(Outcome.UNREACHABLE, "store")
    monkeypatch.setattr("hub.vault.refusals.add_refusal", full)
    assert refused(send(vault, connection, server.origin + "/a", "DELETE")) == "undeclared"
    assert server.seen == []


def test_after_the_end_of_a_connection_no_call_starts(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    assert isinstance(send(vault, connection, server.origin + "/a"), Answer)
    with vault.database.writing() as conn:
        epoch = end_connection(conn, vault.business, connection, NOW)
    for old_or_new in (1, epoch):
        assert refused(send(vault, connection, server.origin + "/a", epoch=old_or_new)) == "disconnected"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/",
        "https://other.test/",
        "//other.test/",
        "file:///etc/passwd",
        "http://[::1]/",
        "/a\\b",
    ],
)
def test_a_redirect_to_another_origin_is_refused(location: str, vault: Vault, server: Server) -> None:
    server.answer = lambda seen: Reply(302, [("Location", location)])
    assert refused(send(vault, vault.connect(server.origin), server.origin + "/a")) == "redirect"
    assert len(server.seen) == 1


def test_a_redirect_to_another_port_or_scheme_is_refused(vault: Vault, server: Server, make_server: Any) -> None:
    other = make_server()
    connection = vault.connect(server.origin)
    for location in (other.origin + "/", server.origin.replace("http:", "https:") + "/"):
        server.answer = lambda seen, to=location: Reply(307, [("Location", to)])
        assert refused(send(vault, connection, server.origin + "/a")) == "redirect"
    assert other.seen == []


def test_a_redirect_within_the_origin_comes_back(vault: Vault, server: Server) -> None:
    server.answer = lambda seen: Reply(301, [("Location", "../b/")])
    assert send(vault, vault.connect(server.origin), server.origin + "/a/c").status == 301


def test_an_echoed_password_is_refused_in_data_and_taken_out_of_errors(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    server.answer = lambda seen: Reply(200, body=f"you are {PASSWORD}".encode())
    assert refused(send(vault, connection, server.origin + "/a")) == "echo"
    server.answer = lambda seen: Reply(500, body=f"you are {PASSWORD}".encode())
    assert send(vault, connection, server.origin + "/a").body == b"you are [credential]"


def test_a_tampered_credential_is_refused_loudly(
    vault: Vault, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    connection = vault.connect(server.origin)
    with vault.database.writing() as conn:
        conn.execute(update(Credential).where(Credential.business_id == vault.business).values(sealed=b"x" * 200))
    assert refused(send(vault, connection, server.origin + "/a")) == "tampered"
    assert any(record.levelno == logging.ERROR and "tampered" in record.message for record in caplog.records)
    assert server.seen == []


def test_a_digest_server_is_answered_in_the_broker(vault: Vault, server: Server) -> None:
    def answer(seen: Seen) -> Reply:
        if 'nonce="n"' in seen.headers.get("Authorization", ""):
            return Reply()
        return Reply(401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256')])

    server.answer = answer
    connection = vault.connect(server.origin, AuthScheme.DIGEST)
    for _ in range(3):
        assert send(vault, connection, server.origin + "/a").status == 200
    assert len(server.seen) == 4
    assert not any("Basic" in seen.headers.get("Authorization", "") for seen in server.seen)


class Refresher:
    """Key hooks of a provider with tokens: each refresh gives the next one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.error = error
        self.meanwhile: Any = None

    def hub_refresh(self, setup: Any, grant: Grant) -> Grant:
        self.calls += 1
        if self.meanwhile:
            self.meanwhile()
        if self.error:
            raise self.error
        secret = {"access_token": f"fresh-token-{self.calls}", "refresh_token": grant.secret["refresh_token"]}
        return Grant(AuthScheme.BEARER, secret, (), "ada", expires_at=NOW + 3600)


def bearer(vault: Vault, server: Server, hooks: object, **about: Any) -> str:
    connection = vault.connect(server.origin, AuthScheme.BEARER, **about)
    vault.plugins.hooks = hooks
    server.answer = lambda seen: Reply(200 if "fresh-token-1" in seen.headers["Authorization"] else 401)
    return connection


def test_a_401_refreshes_the_token_once_and_stores_it(vault: Vault, server: Server) -> None:
    hooks = Refresher()
    connection = bearer(vault, server, hooks)
    for _ in range(3):
        assert send(vault, connection, server.origin + "/a").status == 200
    assert hooks.calls == 1
    sent = [seen.headers["Authorization"] for seen in server.seen]
    assert sent == [f"Bearer {TOKEN}"] + ["Bearer fresh-token-1"] * 3


def test_a_token_that_is_about_to_end_is_renewed_before_the_call(vault: Vault, server: Server) -> None:
    hooks = Refresher()
    connection = bearer(vault, server, hooks, expires_at=NOW + 10)
    assert send(vault, connection, server.origin + "/a").status == 200
    assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer fresh-token-1"]


def test_a_refresh_that_ends_after_a_disconnect_writes_nothing_back(vault: Vault, server: Server) -> None:
    hooks = Refresher()
    connection = bearer(vault, server, hooks)

    def disconnect() -> None:
        with vault.database.writing() as conn:
            end_connection(conn, vault.business, connection, NOW)

    hooks.meanwhile = disconnect
    assert refused(send(vault, connection, server.origin + "/a")) == "disconnected"
    with vault.database.reading() as conn:
        statement = select(Credential.version).where(Credential.business_id == vault.business)
        assert conn.execute(statement).scalar_one() == 1


@pytest.mark.parametrize(
    ("hooks", "outcome"),
    [
        (Refresher(NeedsReconnect("gone")), "refresh_refused"),
        (Refresher(Retry("later")), "refresh"),
        (Refresher(RuntimeError("tok")), "plugin_error"),
        (object(), 401),
    ],
)
def test_a_refresh_that_fails_leaves_an_honest_outcome(
    hooks: object, outcome: int | str, vault: Vault, server: Server
) -> None:
    result = send(vault, bearer(vault, server, hooks), server.origin + "/a")
    assert outcome == (result.status if isinstance(result, Answer) else result.reason)


def test_a_broken_plugin_and_a_database_out_of_reach_are_values_too(
    vault: Vault, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = vault.connect(server.origin)

    def broken(name: str) -> None:
        raise PluginBroken("off")

    with monkeypatch.context() as patched:
        patched.setattr(vault.broker._work._operations, "_provider", broken)
        assert refused(send(vault, connection, server.origin + "/a")) == "plugin_broken"

    def unreachable() -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("hub.store.database.Database.writing", lambda self: unreachable())
    assert send(vault, connection, server.origin + "/a") == Failure(Outcome.UNREACHABLE, "store")


def test_no_transaction_is_held_while_the_provider_is_asked(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)

    def write(seen: Seen) -> Reply:
        with vault.database.writing() as conn:  # would wait for ever behind a held transaction
            end_connection(conn, vault.business, connection, NOW)
        return Reply()

    server.answer = write
    assert send(vault, connection, server.origin + "/a").status == 200


def test_what_is_sent_a_second_time_is_looked_at_again(vault: Vault, server: Server) -> None:
    """A challenge comes after the account was disconnected: it is not answered (a call that starts too late)."""
    connection = vault.connect(server.origin, AuthScheme.DIGEST)

    def answer(seen: Seen) -> Reply:
        with vault.database.writing() as conn:
            end_connection(conn, vault.business, connection, NOW)
        return Reply(401, [("WWW-Authenticate", 'Digest realm="a", nonce="b", qop="auth"')])

    server.answer = answer
    assert refused(send(vault, connection, server.origin + "/a")) == "disconnected"
    assert len(server.seen) == 1


def test_a_call_that_waited_after_it_was_let_through_is_looked_at_again(
    vault: Vault, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.vault.work.FRESH", -1.0)
    connection = vault.connect(server.origin)

    def slow(*given: Any) -> Any:
        with vault.database.writing() as conn:
            end_connection(conn, vault.business, connection, NOW)
        return real(*given)

    real = open_credential
    monkeypatch.setattr("hub.vault.work.open_credential", slow)
    assert refused(send(vault, connection, server.origin + "/a")) == "disconnected"
    assert server.seen == []


# Consent: what a call goes by, looked at anew for each


def consent_of(vault: Vault, connection: str) -> str:
    with vault.database.reading() as conn:
        return str(find_connection(conn, vault.business, connection).consent_id)


def add(vault: Vault, connection: str, number: int = 2, **values: Any) -> None:
    with vault.database.writing() as conn:
        then(conn, vault.business, consent_of(vault, connection), number, **values)


@pytest.mark.parametrize("state", [one for one in ConsentState if one is not ConsentState.GIVEN])
def test_only_a_consent_that_is_given_lets_a_call_out(vault: Vault, server: Server, state: ConsentState) -> None:
    connection = vault.connect(server.origin)
    assert send(vault, connection, server.origin + "/a").status == 200
    add(vault, connection, state=state, purposes=["check_availability"])
    assert refused(send(vault, connection, server.origin + "/a")) == "consent"
    add(vault, connection, 3, state="given", purposes=["check_availability"])
    assert send(vault, connection, server.origin + "/a").status == 200
    assert len(server.seen) == 2


def test_without_the_record_of_a_consent_the_stored_credential_is_of_no_use(vault: Vault, server: Server) -> None:
    """Promise P08: the record alone is taken away, and the token left."""
    connection = vault.connect(server.origin)
    with vault.database.writing() as conn:
        mine = Connection.business_id == vault.business, Connection.id == connection
        conn.execute(update(Connection).where(*mine).values(consent_id=None))
    assert refused(send(vault, connection, server.origin + "/a")) == "consent"
    assert server.seen == []


def test_a_purpose_that_was_withdrawn_is_refused_and_the_others_go_on(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    add(vault, connection, state="given", purposes=["check_availability"])
    url = server.origin + "/cal/one"
    assert refused(send(vault, connection, url, "PUT", purpose=Purpose.CREATE_EVENT)) == "consent"
    assert send(vault, connection, url).status == 200
    assert [seen.method for seen in server.seen] == ["GET"]


def test_a_consent_ends_by_itself_in_the_second_that_it_names(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    add(vault, connection, state="given", purposes=["check_availability"], expires_at=NOW + 10)
    vault.now = NOW + 9
    assert send(vault, connection, server.origin + "/a").status == 200
    vault.now = NOW + 10
    assert refused(send(vault, connection, server.origin + "/a")) == "consent"


def test_of_any_calls_and_purposes_only_those_agreed_to_go_out(vault: Vault, server: Server) -> None:
    """Promise P17, for every purpose and every set of them that a consent may name."""
    connection, number = vault.connect(server.origin), 2
    for agreed in ([], ["connect"], ["check_availability", "protect"], [str(one) for one in Purpose]):
        add(vault, connection, number, state="given", purposes=agreed)
        number += 1
        for purpose in Purpose:
            before = len(server.seen)
            result = send(vault, connection, server.origin + "/a", purpose=purpose)
            went_out = len(server.seen) > before
            assert went_out is (purpose in agreed and purpose is not Purpose.CREATE_EVENT), (agreed, purpose, result)


def test_of_fifty_handles_that_were_open_none_calls_after_a_withdrawal(vault: Vault, server: Server) -> None:
    connection, over = vault.connect(server.origin), threading.Event()
    late: list[Any] = []

    def job(_: int) -> None:
        for _ in range(3):
            ended = over.is_set()
            result = send(vault, connection, server.origin + "/a")
            if ended:
                late.append(result)

    with ThreadPoolExecutor(50) as pool:
        jobs = [pool.submit(job, number) for number in range(50)]
        add(vault, connection)
        over.set()
        seen = [one.result() for one in jobs]
    assert len(seen) == 50
    assert {refused(one) for one in late} == {"consent"}


def test_no_token_is_refreshed_after_a_withdrawal(vault: Vault, server: Server) -> None:
    """The withdrawal comes while the provider is asked; the 401 that it answers leads to nothing more."""
    hooks = Refresher()
    connection = bearer(vault, server, hooks)
    usual = server.answer

    def answer(seen: Seen) -> Reply:
        add(vault, connection)
        return usual(seen)

    server.answer = answer
    assert refused(send(vault, connection, server.origin + "/a")) == "consent"
    assert hooks.calls == 0
    assert len(server.seen) == 1


def test_a_token_that_another_process_refreshed_in_between_is_no_roll_back(
    vault: Vault, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was read just before another process stored the next one, and the watermark is that one's already."""
    connection = bearer(vault, server, Refresher())
    once = [True]

    def late(keyring: Any, business: str, name: str, row: Any) -> Grant:
        if once and once.pop():
            fresh = {"access_token": "fresh-token-1", "refresh_token": "2//canary-refresh-token"}
            with vault.database.writing() as conn:
                version = store_credential(
                    conn, keyring, business, name, Grant(AuthScheme.BEARER, fresh, (server.origin,), "ada"), NOW
                )
            keyring.raise_watermark(business, name, version)
        return open_credential(keyring, business, name, row)

    monkeypatch.setattr("hub.vault.work.open_credential", late)
    assert send(vault, connection, server.origin + "/a").status == 200
