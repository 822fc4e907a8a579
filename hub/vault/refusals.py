"""Count the calls that are refused, before the refusal is answered; the ledger takes each minute of them."""

from __future__ import annotations

import logging

from hub.core.ledger import machine_word
from hub.store.business import AGENCY
from hub.store.database import Database
from hub.store.ids import is_id
from hub.store.key_use import add_refusal

_log = logging.getLogger("hub.vault.refusals")


def record_refusal(
    database: Database, business: str, connection: str, *, hook: str, purpose: str, reason: str, now: int
) -> None:
    """Count a refused call of a connection. Never raises: where the store is down the call is refused all the same.

    What names no connection by an id that might exist is not counted; a reason that is no machine word, as a plugin may
    give one, is ``other``.
    """
    if not is_id(connection) or not (is_id(business) or business == AGENCY):
        return
    what = {"hook": machine_word(hook), "purpose": machine_word(purpose), "reason": machine_word(reason)}
    try:
        with database.writing() as conn:
            add_refusal(conn, business, connection, now // 60, **what)
    except Exception as error:
        _log.error("a refused call of %s is not recorded: %s", connection, type(error).__name__)
