"""What keys cost: ``python -m tests.bench.keys``.

Envelopes that are opened in a second, beside plain AES-GCM on the same bytes in the same run; and a rotation of many
people's keys on SQLite (synchronous FULL) while other threads read, write and open credentials without a pause.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert

from hub.actions.businesses import create_business
from hub.actions.people import Customer, check_customer, find_or_add_person, open_person
from hub.actions.rotate import SETTLE, Keys, rotate, settle_rotations
from hub.app import close_hub, create_hub
from hub.core.provider import AuthScheme, Grant
from hub.parts import Hub
from hub.settings import load_settings
from hub.store.connection import Granted, add_connection, find_for_call
from hub.store.ids import new_id
from hub.store.keys import PersonKey
from hub.store.person import Person
from hub.vault.cipher import KEY_BYTES, Cipher, Place
from hub.vault.credentials import open_credential, store_credential
from hub.vault.keys import person_place
from hub.vault.people import PersonFields, keyed_hash
from hub.vault.secret_versions import USED_AFTER

RECORDS = 100_000
_PLACE = Place("b" * 26, "person", "p" * 26, "name")


class Opening(NamedTuple):
    """How often something was opened in a second, and the part of the control's rate."""

    name: str
    size: int
    rate: float
    part: float


class Rotated(NamedTuple):
    """A rotation while the hub served."""

    keys: str
    records: int
    seconds: float
    calls: int
    failed: int
    slowest_ms: float


def opening(seconds: float = 0.6, rounds: int = 31) -> list[Opening]:
    """Open envelopes and plain ciphertexts in turn, and return the medians of the rounds.

    So is the part: of what each round measured beside its own control, for others use the machine too.
    """
    found = []
    for size in (32, 1024, 16_384):
        ways = _ways(size)
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, open_one in ways.items():
                rates[name].append(_rate(open_one, seconds / rounds))
        medians = {name: statistics.median(some) for name, some in rates.items()}
        for name, rate in medians.items():
            parts = [one / control for one, control in zip(rates[name], rates[CONTROL], strict=True)]
            found.append(Opening(name, size, rate, statistics.median(parts)))
    return found


CONTROL = "control: plain AES-GCM, a key for each record"


def _ways(size: int) -> dict[str, Callable[[], bytes]]:
    content, key, nonce = os.urandom(size), os.urandom(KEY_BYTES), os.urandom(12)
    one, cipher = AESGCM(key), Cipher(os.urandom(KEY_BYTES))
    plain, envelope = one.encrypt(nonce, content, b"context"), cipher.seal(content, _PLACE, 1)
    return {
        CONTROL: lambda: AESGCM(key).decrypt(nonce, plain, b"context"),
        "control: plain AES-GCM, one key for all": lambda: one.decrypt(nonce, plain, b"context"),
        "envelope, with a key for each record": lambda: cipher.open(envelope, _PLACE, 1),
    }


def _rate(work: Callable[[], bytes], seconds: float) -> float:
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for _ in range(50):
            work()
        count += 50
    return count / (time.perf_counter() - began)


def rotating(records: int = RECORDS) -> list[Rotated]:
    """Rotate the keys of a hub with many people, while it serves."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        ahead = [0]
        settings = load_settings({}, data_dir=Path(folder))
        hub = create_hub(settings, clock=lambda: int(time.time()) + ahead[0])
        try:
            business, connection, people = _fill(hub, records)
            ahead[0] = 10
            found = []
            for keys in (Keys.BUSINESS, Keys.DATA_ROOT, Keys.CONNECTION, Keys.CREDENTIAL_ROOT, Keys.INDEX):
                if keys is Keys.INDEX:  # until every process writes by the new key
                    rotate(hub, keys)
                    ahead[0] += 2 * USED_AFTER
                found.append(_rotate(hub, keys, business, connection, people))
                ahead[0] += SETTLE + 10
                settle_rotations(hub)
            return found
        finally:
            close_hub(hub)


def _rotate(hub: Hub, keys: Keys, business: str, connection: str, people: list[str]) -> Rotated:
    took: list[float] = []
    failed: list[str] = []
    over = threading.Event()

    def read(turn: int) -> None:
        assert open_person(hub, business, people[turn % len(people)]).name.startswith("Ada")

    def write(turn: int) -> None:
        checked = check_customer(Customer("Cyd", email=f"cyd{keys}{turn}@example.com"))
        with hub.database.writing() as conn:
            find_or_add_person(hub, conn, business, checked)

    def call(_: int) -> None:
        with hub.database.reading() as conn:
            row = find_for_call(conn, business, connection)
        assert row is not None
        assert open_credential(hub.keyring, business, connection, row).secret["password"] == "canary"

    def serve(work: Callable[[int], None]) -> None:
        turn = 0
        while not over.is_set():
            began = time.perf_counter()
            try:
                work(turn)
            except Exception as error:
                failed.append(type(error).__name__)
            took.append(time.perf_counter() - began)
            turn += 1
            time.sleep(0.005)

    threads = [threading.Thread(target=serve, args=(work,)) for work in (read, write, call)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    done = rotate(hub, keys)
    seconds = time.perf_counter() - began
    over.set()
    for thread in threads:
        thread.join()
    assert done is not None
    return Rotated(keys.value, done.done, seconds, len(took), len(failed), max(took) * 1000)


def _fill(hub: Hub, records: int) -> tuple[str, str, list[str]]:
    """Make a business with so many people, and an account."""
    business, connection = create_business(hub, "Bench", "UTC"), new_id()
    people = []
    with hub.database.writing() as conn:
        for number in range(50):
            checked = check_customer(Customer(f"Ada {number}", email=f"ada{number}@example.com"))
            people.append(find_or_add_person(hub, conn, business, checked))
        above = hub.keyring.business_key(conn, business)
        grant = Grant(AuthScheme.BASIC, {"username": "ada", "password": "canary"}, (), "ada")
        add_connection(conn, business, connection, "caldav", Granted("calendar", (), ()), hub.clock())
        store_credential(conn, hub.keyring, business, connection, grant, hub.clock())
    key = os.urandom(KEY_BYTES)
    sealing = Cipher(key)
    for first in range(0, records - len(people), 2000):
        rows, known = [], []
        for number in range(first, min(first + 2000, records - len(people))):
            person, email = new_id(), f"eve{number}@example.com"
            fields = PersonFields(business, person, sealing)
            sealed = {"name": fields.seal("name", "Eve", 1), "email": fields.seal("email", email, 1)}
            hashed = {"email_hash": keyed_hash(hub.keyring, business, "email", email)}
            known.append({"id": person, "business_id": business, "version": 1, "made_at": 1, **sealed, **hashed})
            wrapped = above.seal(key, person_place(business, person), above.version)
            own = {"business_id": business, "person_id": person, "business_key_version": above.version}
            rows.append({**own, "wrapped": wrapped, "made_at": hub.clock()})
        with hub.keystore.writing() as keys:
            keys.execute(insert(PersonKey), rows)
        with hub.database.writing() as conn:
            conn.execute(insert(Person), known)
    return business, connection, people


def show(opened: list[Opening], rotated: list[Rotated]) -> str:
    """Return the figures as two Markdown tables."""
    lines = ["| opened | bytes | each second | part of the first control's rate |", "|---|---|---|---|"]
    lines += [f"| {row.name} | {row.size} | {row.rate:.0f} | {row.part:.0%} |" for row in opened]
    lines += ["", "| rotated while serving | records | seconds | calls meanwhile | failed | slowest call ms |"]
    lines += ["|---|---|---|---|---|---|"]
    lines += [
        f"| {row.keys} | {row.records} | {row.seconds:.1f} | {row.calls} | {row.failed} | {row.slowest_ms:.0f} |"
        for row in rotated
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        print(show(opening(), rotating(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)))
