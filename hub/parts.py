"""The parts of a running hub as one value, handed to every action. Made in `hub.app` and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hub.registry import Registry
from hub.settings import Settings
from hub.store.database import Database
from hub.vault.callers import Callers
from hub.vault.door import BrokerDoor
from hub.vault.keys import Keyring


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub. ``clock`` gives the time in UTC seconds; tests hand in their own."""

    settings: Settings
    registry: Registry
    database: Database
    keystore: Database
    keyring: Keyring
    broker: BrokerDoor
    clock: Callable[[], int]
    callers: Callers = field(default_factory=Callers)
