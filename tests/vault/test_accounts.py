import pytest
import requests

from hub.account import Account
from hub.core.errors import NeedsReconnect, NotFound, Refused, Retry, UnknownId
from hub.core.purpose import Purpose
from hub.store.connection import end_connection
from hub.vault.accounts import open_account
from tests.vault.conftest import NOW, PASSWORD, Reply, Server, Vault


def test_an_account_shows_its_settings_and_signs_in_unseen(vault: Vault, server: Server) -> None:
    opened = vault.open(vault.connect(server.origin, settings={"home": "/cal/"}))
    assert (opened.account.name, opened.account.settings, opened.provider) == (
        "ada@example.test",
        {"home": "/cal/"},
        "dav",
    )
    assert opened.call(lambda account: account.http.get(server.origin + "/a").text) == "ok"
    assert PASSWORD not in repr(opened)


def test_an_account_is_opened_for_a_purpose_of_its_own_business_only(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin, level="busy")
    with pytest.raises(UnknownId):
        open_account(vault.database, vault.keyring, vault.broker, vault.other, connection, Purpose.CHECK_AVAILABILITY)
    with pytest.raises(Refused) as caught:
        vault.open(connection, Purpose.CREATE_EVENT)
    assert caught.value.reason == "purpose"
    with vault.database.writing() as conn:
        end_connection(conn, vault.business, connection, NOW)
    with pytest.raises(Refused) as caught:
        vault.open(connection)
    assert caught.value.reason == "disconnected"


def swallowing(account: Account, *urls: str) -> list[str]:
    """Behave like a library that takes every error for "nothing there"."""
    found = []
    for url in urls:
        try:
            found.append(account.http.get(url).text)
        except Exception:
            continue
    return found


def test_a_disconnect_in_the_middle_throws_the_result_away(vault: Vault, server: Server) -> None:
    connection = vault.connect(server.origin)
    opened = vault.open(connection)

    def hook(account: Account) -> list[str]:
        found = swallowing(account, server.origin + "/1")
        with vault.database.writing() as conn:
            end_connection(conn, vault.business, connection, NOW)
        return found + swallowing(account, server.origin + "/2")

    with pytest.raises(Refused) as caught:
        opened.call(hook)
    assert caught.value.reason == "disconnected"
    assert len(server.seen) == 1


def test_a_401_that_the_library_swallows_needs_a_reconnect(vault: Vault, server: Server) -> None:
    server.answer = lambda seen: Reply(401)
    with pytest.raises(NeedsReconnect):
        vault.open(vault.connect(server.origin)).call(lambda account: swallowing(account, server.origin + "/1"))


@pytest.mark.parametrize(("said", "told"), [("claims", "claims"), ("anything", "needs_reconnect")])
def test_a_401_is_lost_for_the_reason_that_the_plugin_knows(vault: Vault, server: Server, said: str, told: str) -> None:
    server.answer = lambda seen: Reply(401)

    def hook(account: Account) -> None:
        account.http.get(server.origin + "/1")
        raise NeedsReconnect("Sign in once more.", code=said)

    with pytest.raises(NeedsReconnect) as caught:
        vault.open(vault.connect(server.origin)).call(hook)
    assert caught.value.code == told


def test_a_404_is_an_answer(vault: Vault, server: Server) -> None:
    server.answer = lambda seen: Reply(404, body=b"no")
    opened = vault.open(vault.connect(server.origin))
    assert opened.call(lambda account: swallowing(account, server.origin + "/1")) == ["no"]


def test_a_failed_call_wins_over_what_the_plugin_made_of_it(vault: Vault, server: Server) -> None:
    server.answer = lambda seen: Reply(503, [("Retry-After", "77")])

    def hook(account: Account) -> None:
        account.http.get(server.origin + "/1")
        raise NotFound("the calendar is gone")

    with pytest.raises(Retry) as caught:
        vault.open(vault.connect(server.origin)).call(hook)
    assert caught.value.after == 77


def test_what_a_plugin_raises_on_purpose_goes_through(vault: Vault, server: Server) -> None:
    def hook(account: Account) -> None:
        raise NotFound("the calendar is gone")

    with pytest.raises(NotFound):
        vault.open(vault.connect(server.origin)).call(hook)


def test_an_error_of_a_library_is_refused_without_its_text(
    vault: Vault, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(account: Account) -> None:
        raise ValueError("SUMMARY:Ada's operation")

    with pytest.raises(Refused) as caught:
        vault.open(vault.connect(server.origin)).call(hook)
    assert caught.value.reason == "plugin_error"
    assert "operation" not in str(caught.value) + caplog.text
    assert caught.value.__context__ is None


def test_an_uncaught_failure_becomes_what_it_means(vault: Vault, server: Server) -> None:
    opened = vault.open(vault.connect(server.origin))
    with pytest.raises(Refused) as caught:
        opened.call(lambda account: account.http.delete(server.origin + "/1"))
    assert caught.value.reason == "undeclared"
    assert not isinstance(caught.value.__context__, requests.RequestException)
