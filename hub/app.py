"""The one place where the parts meet: make a hub, and close it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from hub.actions.agency import ensure_agency
from hub.parts import Hub
from hub.registry import Candidate, Registry, installed
from hub.settings import Settings
from hub.store.database import open_database
from hub.store.schema import migrate
from hub.vault.broker import Broker
from hub.vault.door import BrokerDoor
from hub.vault.keys import Keyring
from hub.vault.remote import RemoteBroker
from hub.vault.roots import BOTH, Root, check_roots, load_roots, make_roots
from hub.vault.seal_names import seal_old_names
from hub.vault.wire import user_ids


def now() -> int:
    """Return the time in UTC seconds."""
    return int(time.time())


def create_hub(
    settings: Settings,
    *,
    clock: Callable[[], int] = now,
    plugins: Iterable[Candidate] | None = None,
    broker_here: bool = False,
) -> Hub:
    """Return a hub whose databases are up to date and whose keys are there.

    Where the settings name a broker's socket, the broker is asked over it, and the credential root is neither made nor
    read; ``broker_here`` is for the one process that answers there. ``plugins`` are what is installed, unless given.
    Raises Sealed when a root key is missing, wrong or readable by others.
    """
    apart = settings.broker_is_apart and not broker_here
    need = frozenset({Root.DATA}) if apart else BOTH
    with ExitStack() as opened:
        database = opened.enter_context(closing(open_database(settings.database)))
        keystore = opened.enter_context(closing(open_database(settings.keystore)))
        migrate(database, keystore)
        make_roots(settings, database, need)
        roots = load_roots(settings, need)
        check_roots(database, roots)
        opened.pop_all()  # nothing went wrong: they stay open with the hub
    drop_ins = settings.plugins_dir if settings.plugins_dir != Path("") else None
    found = installed(drop_ins) if plugins is None else plugins
    registry = Registry(found, off=settings.plugins_off, trace=settings.trace_hooks)
    keyring = Keyring(database, keystore, roots, clock=clock, reload=lambda: load_roots(settings, need))
    ensure_agency(database, keyring, clock())
    seal_old_names(database, keyring)
    broker: BrokerDoor
    if apart:
        limits: dict[str, Any] = {"timeout": settings.egress_timeout, "max_bytes": settings.egress_max_bytes}
        broker = RemoteBroker(settings.broker_socket, **limits, users=user_ids(settings.broker_users))
    else:
        broker = Broker(settings=settings, database=database, keyring=keyring, registry=registry, clock=clock)
    return Hub(settings, registry, database, keystore, keyring, broker, clock)


def close_hub(hub: Hub) -> None:
    """Close what the hub holds open."""
    hub.callers.close()
    hub.broker.close()
    hub.database.close()
    hub.keystore.close()
