"""Open a connection for a work hook, and throw its result away when a call failed on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hub.account import Account
from hub.core.consent_record import permits
from hub.core.errors import HubError, NeedsReconnect, Refused
from hub.core.purpose import Purpose
from hub.core.trouble import SAID_BY_PROVIDER
from hub.store.connection import DISCONNECTED, find_for_account
from hub.store.database import Database
from hub.vault.border import Handle, Request, Result
from hub.vault.keys import Keyring
from hub.vault.names import open_account_names
from hub.vault.session import BorderError, Marked, account_session, error_of

_T = TypeVar("_T")
_log = logging.getLogger("hub.vault.accounts")


class Sender(Protocol):
    """The broker, as an account needs it."""

    def send(self, handle: Handle, request: Request) -> Result:
        """Send a request of a work hook; every outcome is a value."""


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """An account that is open for one hook. Call the hook by `call`, or call it and then `check`."""

    account: Account
    provider: str
    handle: Handle
    marked: Marked

    def check(self) -> None:
        """Raise what the first failed call means (Retry, NeedsReconnect, Refused, Unavailable), if there was one."""
        self.marked.check()

    def call(self, hook: Callable[[Account], _T]) -> _T:
        """Return what the hook returns, if every call of it was answered.

        A failed call wins over what the hook made of it, but for why a permission is lost, which the plugin reads in
        the provider's own words. An error that is not of the hub becomes
        Refused("plugin_error"), without its text: parsers quote what they read.
        """
        problem: HubError | None = None
        try:
            result = hook(self.account)
        except HubError as error:
            problem = error
        except BorderError as error:
            problem = error_of(error.failure)
        except Exception as error:
            _log.error("plugin %s failed in %s: %s", self.provider, self.handle.hook, type(error).__name__)
            problem = Refused("plugin_error", f"The plugin of {self.provider!r} failed ({type(error).__name__}).")
        try:
            self.check()
        except NeedsReconnect:
            if not isinstance(problem, NeedsReconnect) or problem.code not in SAID_BY_PROVIDER:
                raise
        if problem is not None:
            raise problem
        return result


def open_account(
    database: Database,
    keyring: Keyring,
    broker: Sender,
    business: str,
    connection: str,
    purpose: Purpose,
    hook: str = "",
) -> OpenAccount:
    """Return a connection's account for one hook and purpose, under the epoch that it is in now.

    Raises UnknownId, and Refused when the connection is disconnected or its owner did not agree to the purpose,
    or there is no consent to it.
    """
    with database.reading() as conn:
        row = find_for_account(conn, business, connection)
        names = open_account_names(conn, keyring, row)
    if row.health == DISCONNECTED:
        raise Refused("disconnected", "This account is disconnected; connect it again.")
    if purpose not in row.purposes:
        raise Refused("purpose", f"The owner of this account did not agree to the purpose {purpose}.")
    # Whether it is over by now is for the broker, which has the clock and looks again at each call.
    if not permits(row.consent_state, row.consent_purposes, None, purpose, 0):
        raise Refused("consent", "There is no consent to this use of the account; connect it again to give one.")
    handle, marked = Handle(business, connection, row.epoch, purpose, hook), Marked()
    session = account_session(lambda request: broker.send(handle, request), marked)
    return OpenAccount(Account(names.name, dict(names.settings), session), row.provider, handle, marked)
