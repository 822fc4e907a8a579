"""The end of the demonstration: an account is disconnected while calls are made with it, and the watch is read."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hub.actions.connect import list_calendars
from hub.actions.disconnect import disconnect
from hub.actions.receipt import Receipt, disconnection_receipt
from hub.core.errors import HubError, Refused
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.web.words import to_the_ms

CALLERS = 4
"""How many threads ask the account for its calendars, as fast as they are answered."""

_ENOUGH, _WAIT = 20, 20.0


def end_under_load(hub: Hub, business: str, connection: str, zone: str, say: Callable[[str], None]) -> Receipt:
    """Disconnect an account under load, say when it stopped, and return the receipt.

    ``say`` is told line by line. Raises TimeoutError when a caller is not refused in time.
    """
    logging.getLogger("hub.vault.work").setLevel(logging.ERROR)  # each refusal is told here, and meant
    answered, over = [0] * CALLERS, threading.Event()

    def call(number: int) -> str:
        while not over.is_set():
            try:
                list_calendars(hub, business, connection)
                answered[number] += 1
            except Refused as error:
                return error.reason
            except HubError as error:
                return error.code
        return ""

    with ThreadPoolExecutor(CALLERS) as pool:
        callers = [pool.submit(call, number) for number in range(CALLERS)]
        began = time.monotonic()
        while sum(answered) < _ENOUGH and time.monotonic() - began < _WAIT:
            time.sleep(0.01)
        before = sum(answered)
        try:
            disconnect(hub, OPERATOR, business, connection)
            reasons = {caller.result(_WAIT) for caller in callers}
        finally:
            over.set()
    say(f"{CALLERS} callers were asking the account without a pause; {before} calls had been answered.")
    receipt = disconnection_receipt(hub, business, connection)
    say(f"Disconnected at {to_the_ms(receipt.stopped_ms, zone)}, {receipt.took_ms} ms after it was asked for.")
    say(f"The last call started {receipt.last_before} ms before that. Calls that started later: {receipt.later}.")
    say(f"The callers were told: {', '.join(sorted(reasons))}.")
    say(f"A call that is made now is refused: {_refusal(hub, business, connection)}.")
    receipt = disconnection_receipt(hub, business, connection)
    say(f"Calls refused since: {receipt.refused}.")
    say(f"At the provider: {receipt.state_sentence}")
    return receipt


def _refusal(hub: Hub, business: str, connection: str) -> str:
    try:
        list_calendars(hub, business, connection)
    except Refused as error:
        return error.reason
    return "no, it was answered"
