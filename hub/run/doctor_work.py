"""What `hub doctor` says of the work: queue, clock, outbox, plugins, connections, calendars, mail."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection as Conn
from sqlalchemy import select

from hub.actions.watch import is_reachable
from hub.core.ended import EndState
from hub.core.errors import PluginBroken
from hub.core.role import Role
from hub.registry import Status
from hub.run.finding import Finding, bad, ok, warn
from hub.run.patient import Patient
from hub.store.business import AGENCY
from hub.store.connection import DISCONNECTED, Connection
from hub.store.ending import count_end_states
from hub.store.figures import Counts, calendar_counts, connection_counts, figures, outbox_counts
from hub.store.guard import Across
from hub.store.outbox import DEAD, UNKNOWN
from hub.store.user import any_user, second_factors

_LONG = 120
"""Seconds for which a due effect may wait before somebody should look."""

_MIGHTY = frozenset({Role.OWNER, Role.ADMIN})
_SEND = "hub_send_message"


def check_queue(patient: Patient) -> Iterator[Finding]:
    """Look whether the queue answers."""
    settings = patient.settings
    if settings.queue_is_embedded and not patient.is_supervised:
        return  # it starts and ends with the hub
    problem = ""
    try:
        with Redis.from_url(settings.queue, socket_timeout=2, socket_connect_timeout=2, retry=None) as queue:
            queue.ping()
    except (RedisError, OSError, ValueError) as error:
        problem = type(error).__name__
    if not problem:
        yield ok("queue", "It answers.")
    elif settings.queue_is_embedded:
        yield bad(
            "queue", f"The embedded Valkey does not answer ({problem}).", "See valkey/valkey.log in the data folder."
        )
    else:
        yield bad("queue", f"It cannot be reached ({problem}); effects wait.", "Start it, or correct HUB_QUEUE_URL.")


def check_broker(patient: Patient) -> Iterator[Finding]:
    """Look whether the broker listens, where it is a process of its own."""
    if not patient.settings.broker_is_apart:
        return
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(patient.settings.broker_socket))
        yield ok("broker", "It listens.")
    except OSError as error:
        what = f"It does not answer ({error.strerror or type(error).__name__}): no provider can be called."
        yield bad("broker", what, "Start it: hub work broker; see that HUB_BROKER_SOCKET is the same everywhere.")


def check_clock(patient: Patient) -> Iterator[Finding]:
    """Look whether a clock runs: without one, nothing that is due happens."""
    if patient.data is None:
        return
    if not patient.has_clock and patient.is_supervised:
        time.sleep(1)  # one that was just started waits for the lease of the last
        del patient.__dict__["has_clock"]
        patient.now = int(time.time())
    if patient.has_clock:
        yield ok("clock", "A clock runs.")
    elif patient.is_supervised:
        yield bad(
            "clock",
            "The hub runs, but no clock holds its lease: nothing due happens.",
            "See what its log says of clock.",
        )
    elif patient.settings.queue_is_embedded:
        yield warn("clock", "The hub does not run.", "Start it: hub up.")
    else:
        yield bad("clock", "No clock runs: nothing due happens.", "Start one: hub work clock.")


def check_outbox(patient: Patient) -> Iterator[Finding]:
    """Look for effects that were given up, and for such that nobody performs."""
    if patient.data is None:
        return
    with patient.data.reading() as conn:
        counts = outbox_counts(conn)
        found = figures(conn, now=patient.now, calendar_max_age=patient.settings.calendar_max_age)
    ended = {state: sum(count for (one, _), count in counts.items() if one == state) for state in (DEAD, UNKNOWN)}
    if ended[DEAD]:
        yield warn(
            "outbox", f"{_many(ended[DEAD], 'effect')} given up.", "See hub outbox list; then hub outbox replay."
        )
    if ended[UNKNOWN]:
        what = f"{_many(ended[UNKNOWN], 'effect')} left with an unknown outcome."
        yield warn("outbox", what, "Look at the provider, then hub outbox replay.")
    if found.oldest_waiting > _LONG:
        what = f"An effect has been due for {found.oldest_waiting} s."
        if patient.has_clock:
            yield bad("outbox", what, "See that a worker runs and that the queue answers; more workers: HUB_WORKERS.")
        else:
            yield warn("outbox", what, "Start the hub.")
    elif not any(ended.values()):
        yield ok("outbox", "Nothing failed, and nothing waits for long.")


def check_users(patient: Patient) -> Iterator[Finding]:
    """Look whether somebody may sign in."""
    if patient.data is None:
        return
    with patient.data.reading() as conn:
        owned = any_user(conn)
    if owned:
        yield ok("users", "The hub has its owner.")
    else:
        way_out = f"Open {patient.settings.base_url}/first-run, or invite the owner: hub user add."
        yield warn("users", "Nobody may sign in yet.", way_out)


def check_second_step(patient: Patient) -> Iterator[Finding]:
    """Count who signs in with a second step: a stolen password alone opens nothing then."""
    if patient.data is None:
        return
    with patient.data.reading() as conn:
        found = second_factors(conn)
    if not found:
        return
    users, safe = (sum(pair[place] for pair in found.values()) for place in (0, 1))
    what = f"{safe} of {users} users sign in with a second step."
    bare = {role: count - with_one for role, (count, with_one) in found.items() if role in _MIGHTY and count > with_one}
    if bare:
        missing = " and ".join(f"{count} of the role {role}" for role, count in sorted(bare.items()))
        yield warn(
            "second step", f"{what} Without: {missing}.", "Let them add one under Your account: an app or a passkey."
        )
    else:
        yield ok("second step", what)


def check_plugins(patient: Patient) -> Iterator[Finding]:
    """Look for plugins that cannot be used."""
    records = patient.registry.records
    for record in records:
        if record.status is Status.BROKEN:
            yield bad(
                "plugins",
                f"{record.name} is broken: {record.reason}.",
                f"Mend or remove it, or switch it off: HUB_PLUGINS_OFF={record.name}.",
            )
    on = [record.name for record in records if record.status is Status.ON]
    if on:
        yield ok("plugins", f"On: {', '.join(on)}.")
    else:
        yield warn("plugins", "None is on, so no account can be connected.", "Install one: docs/writing-a-plugin.md.")


def check_connections(patient: Patient) -> Iterator[Finding]:
    """Look for accounts that their owners must connect again, that fail, or whose plugin is gone."""
    if patient.data is None:
        return
    with patient.data.reading() as conn:
        counts = connection_counts(conn)
    live = {names: count for names, count in counts.items() if names[1] != DISCONNECTED}
    found = []
    for provider in sorted({provider for provider, _ in live}):
        try:
            patient.registry.provider(provider)
        except PluginBroken as error:
            found.append(bad("connections", error.message, "Install or mend that plugin; its accounts cannot be used."))
    if count := _of(live, 1, "needs_reconnect"):
        what = f"{_many(count, 'account')} no longer let in."
        found.append(
            warn("connections", what, "Ask their owners to connect them again; until then no times are offered.")
        )
    if count := _of(live, 1, "failing"):
        what = f"{_many(count, 'account')} failing."
        found.append(warn("connections", what, "See whether that server answers: hub probe."))
    with patient.data.reading() as conn:
        ended = count_end_states(conn)
    if count := ended.get(EndState.FAILED, 0):
        what = f"{_many(count, 'permission')} not ended at the provider after a disconnect, and given up."
        found.append(warn("connections", what, "See the receipt of each in the console, and ask the provider again."))
    if count := ended.get(EndState.OPEN, 0):
        what = f"{_many(count, 'permission')} not ended at the provider yet after a disconnect; the hub goes on."
        found.append(warn("connections", what, "See that a worker and the broker run, and that the provider answers."))
    yield from found or [ok("connections", f"{sum(live.values())} accounts, none with a problem.")]


def check_calendars(patient: Patient) -> Iterator[Finding]:
    """Look for calendars that were not read lately: their times are withheld."""
    if patient.data is None or not patient.has_clock:
        return
    with patient.data.reading() as conn:
        ages = patient.settings.calendar_max_age, patient.settings.push_max_age
        counts = calendar_counts(conn, now=patient.now, max_age=ages[0], push_max_age=ages[1])
        polled = _polled_in_vain(patient, conn)
    if polled:
        what = f"{_many(polled, 'account')} only polled: no provider can tell {patient.settings.base_url} of changes."
        way_out = "Set HUB_PUBLIC_URL to an https address that they can reach; or HUB_PUSH=false, if it is to be so."
        yield warn("calendars", what, way_out)
    late = sum(count for (state,), count in counts.items() if state != "fresh")
    if late:
        what = f"{late} of {sum(counts.values())} calendars are not fresh, so nothing is offered from them by itself."
        yield warn("calendars", what, "See the connections, and that workers run.")
    else:
        yield ok("calendars", f"{sum(counts.values())} calendars, all fresh.")


def _polled_in_vain(patient: Patient, conn: Conn) -> int:
    """Count the live accounts whose providers would tell of changes, if they could reach the hub."""
    if not patient.settings.push:
        return 0
    live = select(Connection.provider, Connection.origins).where(Connection.health != DISCONNECTED)
    rows = conn.execute(live.execution_options(across=Across.OPERATOR)).all()
    telling = {name for name in {row.provider for row in rows} if _offers(patient, name, "hub_watch")}
    return sum(row.provider in telling and not is_reachable(patient.settings.base_url, row.origins) for row in rows)


def check_mail(patient: Patient) -> Iterator[Finding]:
    """Look whether mails can be sent, and what became of the last ones."""
    if patient.data is None:
        return
    with patient.data.reading() as conn:
        live = select(Connection.provider).where(Connection.business_id == AGENCY, Connection.health != DISCONNECTED)
        providers = list(conn.scalars(live))
        mails = figures(conn, now=patient.now, calendar_max_age=patient.settings.calendar_max_age).mails
    if any(_offers(patient, provider, _SEND) for provider in providers):
        yield ok("mail", "A mail server is connected.")
    else:
        kept = _of(mails, 1, "kept")
        what = f"No mail server is connected, so mails are kept and not sent{f': {kept} so far' if kept else ''}."
        yield warn("mail", what, "Connect one for the agency in the console.")
    if count := _of(mails, 1, "refused") + _of(mails, 1, "bounced"):
        yield warn("mail", f"{_many(count, 'mail')} refused or sent back.", "See the outbox page of the console.")


def _offers(patient: Patient, provider: str, hook: str) -> bool:
    try:
        return patient.registry.offers(provider, hook)
    except PluginBroken:
        return False


def _of(counts: Counts, place: int, word: str) -> int:
    return sum(count for names, count in counts.items() if names[place] == word)


def _many(count: int, what: str) -> str:
    return f"{count} {what} was" if count == 1 else f"{count} {what}s were"
