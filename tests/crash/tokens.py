"""A second broker on the same databases, which calls a provider or is killed: ``python -m tests.crash.tokens``."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from hub.core.purpose import Purpose
from hub.settings import load_settings
from hub.store.database import open_database
from hub.vault.border import Answer, Handle, Request
from hub.vault.broker import Broker
from tests.tokens import NOW, TokenPlugin, token_broker

ABOUT = json.loads(os.environ.get("TOKENS", "{}"))


def _call(broker: Broker) -> int | str:
    handle = Handle(ABOUT["business"], ABOUT["connection"], 1, Purpose.CHECK_AVAILABILITY, "test")
    told = broker.send(handle, Request("GET", ABOUT["origin"] + "/events"))
    return told.status if isinstance(told, Answer) else told.reason


def _calls(broker: Broker) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(25) as pool:
        found = [job.result() for job in [pool.submit(_call, broker) for _ in range(25)]]
    print(json.dumps(found), flush=True)


def _revoke(broker: Broker) -> None:
    broker.revoke(ABOUT["business"], ABOUT["connection"])


if __name__ == "__main__":
    settings = load_settings()
    both = open_database(settings.database), open_database(settings.keystore)
    made = token_broker(*both, ABOUT["origin"], TokenPlugin(), lambda: NOW)
    {"call": _call, "calls": _calls, "revoke": _revoke}[sys.argv[1]](made)
