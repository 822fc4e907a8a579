"""The bursts of `tests.bench.race` over HTTP, against any hub that runs.

``python -m tests.bench.race --url URL --key KEY``. The key must be for every business, with the scopes set_up,
view_bookings and book: each case makes a business of its own, which stays, named after the case and the time. Clients
come at once from two processes. Cases that need the hub's clock are left out, and so is the naive control, which the
product does not offer.
"""

from __future__ import annotations

import itertools
import multiprocessing
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import requests

from tests.bench.race import HALF_HOUR, HOUR, PROCESSES, Row

_WEEK = [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)]
_CUSTOMER = {"name": "Ada Lovelace", "email": "ada@example.com"}
_A_MINUTE = 1000
"""Requests in a minute after which a pause is made: a key may make 1200."""

Starts = Callable[[int, int], int]
CASES: dict[str, tuple[Starts, int, dict[str, int]]] = {
    "same start": (lambda start, client: start, 1, {}),
    "overlapping starts": (lambda start, client: start + client % 6 * 300, 1, {}),
    "clash through a buffer": (lambda start, client: start + client % 2 * HALF_HOUR, 1, {"after": 600}),
    "any of 5 staff": (lambda start, client: start, 5, {"staff": 5}),
    "3 staff, 1 room": (lambda start, client: start, 1, {"staff": 3, "rooms": 1}),
    "swaps": (lambda start, client: start + (client // 2 + client) % 3 * HOUR, 2, {"pair": 1}),
}
"""Which start each client asks for, how many of them can win, and what the business has."""


class Hub:
    """A running hub, asked by its key."""

    def __init__(self, url: str, key: str) -> None:
        self._root = f"{url.rstrip('/')}/api/v1/businesses"
        self._local = threading.local()
        self._key = key

    def ask(self, method: str, path: str = "", body: Any = None, **options: Any) -> requests.Response:
        """Ask for something below the businesses."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
            self._local.session.headers["Authorization"] = f"Bearer {self._key}"
        found: requests.Response = self._local.session.request(
            method, f"{self._root}{path}", json=body, timeout=60, **options
        )
        return found

    def make(self, path: str, body: Any) -> dict[str, Any]:
        """Make something, or raise what was wrong with that."""
        answer = self.ask("POST", path, body)
        if answer.status_code != 201:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json())


def rows(url: str, key: str, rounds: int = 5, clients: int = 50) -> list[Row]:
    """Return the outcome of every case."""
    hub = Hub(url, key)
    return [_race(hub, (url, key), name, rounds, clients) for name in CASES]


def _race(hub: Hub, where: tuple[str, str], name: str, rounds: int, clients: int) -> Row:
    _, expected, has = CASES[name]
    business = "/" + hub.make("", {"name": f"Burst {name} {datetime.now(UTC):%H %M %S}", "zone": "UTC"})["id"]
    staff = [
        hub.make(f"{business}/staff", {"name": f"Staff {n}", "hours": _WEEK})["id"] for n in range(has.get("staff", 1))
    ]
    rooms = [hub.make(f"{business}/resources", {"name": f"Room {n}"})["id"] for n in range(has.get("rooms", 0))]
    given = {"duration": HALF_HOUR, "step": 300, "after": has.get("after", 0), "staff": staff}
    given |= {"name": "Burst", "horizon": 300 * 86_400, "resources": [rooms] if rooms else []}
    service = hub.make(f"{business}/services", given)["id"]
    midnight = (int(time.time()) // 86_400 + 2) * 86_400
    booked, errors, doubles, took = [], 0, 0, []
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        for number in range(rounds):
            start = midnight + number * 12 * HOUR
            pair = [_book(hub, business, service, start + at).json() for at in (0, HOUR)] if "pair" in has else []
            half = clients // PROCESSES
            tasks = [(where, business, service, name, start, pair, first, half) for first in range(0, clients, half)]
            answers: Counter[str] = Counter()
            for told, spent in pool.starmap(_clients, tasks):
                answers.update(told)
                took += spent
            errors += sum(n for answer, n in answers.items() if answer.startswith("error"))
            count, double = _judge(hub, business, start - HOUR, start + 12 * HOUR - HOUR)
            booked.append(count)
            doubles += double
            time.sleep(60 * (2 * clients + 10) / _A_MINUTE)
    return Row(
        name,
        "over HTTP",
        rounds,
        clients,
        expected,
        tuple(booked),
        errors,
        doubles,
        statistics.median(took) * 1000,
        statistics.quantiles(took, n=100)[98] * 1000,
    )


def _clients(
    where: tuple[str, str],
    business: str,
    service: str,
    name: str,
    start: int,
    pair: list[dict[str, Any]],
    first: int,
    count: int,
) -> tuple[list[str], list[float]]:
    hub, barrier = Hub(*where), threading.Barrier(count)
    told: list[str] = []
    took: list[float] = []

    def client(number: int) -> None:
        wanted = CASES[name][0](start, number)
        hub.ask("GET", business)  # a connection that is open already
        barrier.wait()
        began = time.perf_counter()
        try:
            if pair:
                mine = pair[number % 2]
                body = {"version": mine["version"], "start": _iso(wanted)}
                answer = hub.ask("PATCH", f"{business}/bookings/{mine['id']}", body)
            else:
                answer = _book(hub, business, service, wanted)
            fine = {200: "booked", 201: "booked", 409: "refused", 422: "refused"}
            found = fine.get(answer.status_code, f"error {answer.status_code}")
            if pair and answer.status_code == 503:
                found = "refused"  # others keep changing it: an answer, not an error, but only for moves
        except requests.RequestException as error:
            found = f"error {type(error).__name__}"
        took.append(time.perf_counter() - began)
        told.append(found)

    threads = [threading.Thread(target=client, args=(first + number,)) for number in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return told, took


def _book(hub: Hub, business: str, service: str, start: int) -> requests.Response:
    body = {"service_id": service, "start": _iso(start), "zone": "UTC", "customer": _CUSTOMER}
    return hub.ask("POST", f"{business}/bookings", body, headers={"Idempotency-Key": uuid.uuid4().hex})


def _judge(hub: Hub, business: str, start: int, end: int) -> tuple[int, bool]:
    """Return how many bookings stand in a span, and whether somebody or something has two at one time."""
    asked = {"from": _iso(start), "until": _iso(end), "limit": 200}
    answer = hub.ask("GET", f"{business}/bookings", params=asked).json()
    standing = [one for one in answer["items"] if one["state"] in ("confirmed", "requested")]
    taken = sorted(
        (holder["id"], one["start"], one["end"]) for one in standing for holder in (*one["staff"], *one["resources"])
    )
    clash = any(a[0] == b[0] and b[1] < a[2] for a, b in itertools.pairwise(taken))
    return len(standing), clash


def _iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}Z"
