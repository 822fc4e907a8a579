"""Try a provider's server before a client is connected: the contract's checks, through the real broker.

A hub of its own in a temporary folder connects the account, a scratch calendar is made, every check is run in it, and
both are gone afterwards.
"""

from __future__ import annotations

import contextlib
import secrets
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

from hub.actions.ask import try_provider
from hub.actions.businesses import create_business
from hub.actions.connect import connect
from hub.app import close_hub, create_hub
from hub.core.calendar import Calendar
from hub.core.declared import normal_origin
from hub.core.errors import HubError, InputError, PluginBroken, ProviderError, Refused, Retry
from hub.core.provider import Form
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.settings import Settings, load_settings
from hub.testing import foreign
from hub.testing.checks.catalogue import CHECKS
from hub.testing.checks.check import Check, Failed, Limit
from hub.testing.subject import DAY, PURPOSES, Ask, Stranger, Subject
from hub.vault.accounts import open_account
from hub.vault.keycalls import Connected

_LONGEST_PAUSE = 90.0


class Verdict(StrEnum):
    """How a check ended."""

    WORKS = "works"
    LIMIT = "limit"  # it does not hold, and booking is safe without it
    UNSAFE = "unsafe"  # it does not hold, and booking needs it


@dataclass(frozen=True, slots=True)
class Result:
    """One check's verdict; ``seen`` says what was seen when it does not hold."""

    check: Check
    verdict: Verdict
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried. ``calendar`` names an empty existing calendar, for servers that let none be made.

    ``answers`` are further fields of the connect form; ``allow`` further private origins that may be reached.
    """

    provider: str
    url: str
    username: str
    password: str
    calendar: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    allow: Sequence[str] = ()


def verdict_of(check: Check, subject: Subject) -> Result:
    """Run one check. A server that asks for a pause gets it, once."""
    try:
        try:
            check.run(subject)
        except Retry as pause:
            time.sleep(min(pause.after, _LONGEST_PAUSE))
            check.run(subject)
    except Limit as limit:
        return Result(check, Verdict.LIMIT, str(limit))
    except (Failed, HubError) as error:
        seen = str(error)
    except Exception as error:  # a plugin's fault is a verdict, not the end of the probe
        seen = f"the plugin failed: {type(error).__name__}"
    else:
        return Result(check, Verdict.WORKS)
    return Result(check, Verdict.UNSAFE if check.needed else Verdict.LIMIT, seen)


def results(subject: Subject) -> Iterator[Result]:
    """Run the checks that harm no real server: those that need no more than the hooks and a stranger.

    One after the other. Raises ProviderError when the server is gone: that is no verdict on it.
    """
    for check in CHECKS:
        if check.missing(subject):
            continue
        result = verdict_of(check, subject)
        if result.verdict is not Verdict.WORKS:
            subject.ask("hub_list_calendars")  # it could be asked before
        yield result


@contextlib.contextmanager
def probing(trial: Trial) -> Iterator[Subject]:
    """Connect, give a subject with a scratch calendar, and clean up, whatever happens.

    Raises InputError or ProviderError when it cannot be tried: unreachable, wrong password, no calendar to try in.
    """
    with tempfile.TemporaryDirectory(prefix="hub-probe-") as folder, _hub(trial, Path(folder)) as hub:
        business = create_business(hub, "Probe", "UTC")
        connection = _connected(hub, business, trial)
        opened = open_account(hub.database, hub.keyring, hub.broker, business, connection, Purpose.SHOW_CALENDARS)
        stranger = _stranger(trial, opened.account.settings, hub.settings.ca_file)
        with contextlib.closing(stranger):
            ask = _asking(hub, business, connection)
            with _calendar(trial, ask, stranger) as calendar:
                subject = Subject(ask, calendar, stranger, start=(hub.clock() // DAY + 30) * DAY)
                try:
                    _write_once(subject)
                    yield subject
                finally:
                    _clean(subject, kept=bool(trial.calendar))


@contextlib.contextmanager
def _hub(trial: Trial, folder: Path) -> Iterator[Hub]:
    hub = create_hub(_settings(trial, folder))
    try:
        yield hub
    finally:
        close_hub(hub)


def _settings(trial: Trial, folder: Path) -> Settings:
    """Return settings of a hub of its own: nothing of the installation but its plugins and where it may go."""
    own = load_settings()
    address = trial.url if "://" in trial.url else f"https://{trial.url.rpartition('@')[2]}"
    scheme, _, rest = address.partition("://")
    host = rest.partition("/")[0]
    if "@" in host:
        raise InputError("url", "An address holds no user name and no password: give them apart from it.")
    try:
        origin = normal_origin(f"{scheme}://{host}")
    except Refused:
        raise InputError(
            "url", f"{trial.url!r} is not an address of a server, like https://dav.example.com/."
        ) from None
    return load_settings(
        {},
        data_dir=folder,
        egress_allow=(*own.egress_allow, *trial.allow, origin),
        egress_ca_file=_readable(own),
        egress_timeout=own.egress_timeout,
        plugins_dir=own.plugins_dir,
    )


def _readable(own: Settings) -> Path:
    """Return the file of further authorities. Raises InputError when it holds none, which ends a hub at its start."""
    if own.ca_file is not None:
        try:
            ssl.create_default_context(cafile=own.ca_file)
            return own.ca_file
        except OSError:
            pass
        raise InputError("egress_ca_file", f"{own.ca_file} is not a readable PEM file of certificates.")
    return own.egress_ca_file


def _connected(hub: Hub, business: str, trial: Trial) -> str:
    level = hub.registry.provider(trial.provider).levels[0].name
    answer = {**trial.answers, "url": trial.url, "username": trial.username, "password": trial.password}
    step = connect(hub, business, trial.provider, level, answer)
    if isinstance(step, Connected):
        return step.connection
    if isinstance(step, Form):
        more = [field.name for field in step.fields if field.name not in answer and field.required]
        hint = f" Add --answer {more[0]}=…" if more else ""
        raise Refused("connect", f"{step.problem or 'The form asks for more.'}{hint}")
    raise InputError("provider", f"{trial.provider!r} is connected in a browser and cannot be probed from here.")


def _stranger(trial: Trial, settings: Mapping[str, str], ca_file: Path | None) -> Stranger:
    """Return the plugin's second program; the naming rule of plugins leads to it."""
    make: Callable[..., Stranger] | None = None
    with contextlib.suppress(ImportError, AttributeError):
        make = import_module(f"hub_{trial.provider}.trial").stranger
    if make is None:
        raise PluginBroken(f"The plugin of {trial.provider!r} has no module 'trial', so it cannot be probed.")
    return make(settings, trial.username, trial.password, **({"ca_file": ca_file} if ca_file else {}))


def _asking(hub: Hub, business: str, connection: str) -> Ask:
    def ask(hook: str, **arguments: Any) -> Any:
        return try_provider(hub, business, connection, PURPOSES[hook], hook, **arguments)

    return ask


@contextlib.contextmanager
def _calendar(trial: Trial, ask: Ask, stranger: Stranger) -> Iterator[Calendar]:
    """Give a calendar to write in: the named one if it is empty, else a new one that is removed in the end."""
    before: list[Calendar] = list(ask("hub_list_calendars"))
    if trial.calendar:
        yield _named(trial.calendar, before, stranger)
        return
    ref = stranger.make_calendar(f"frontdesk-probe-{secrets.token_hex(4)}")
    try:
        yield _new(ref, before, ask)
    finally:
        _remove(stranger, ref)


def _named(name: str, calendars: Sequence[Calendar], stranger: Stranger) -> Calendar:
    found = [one for one in calendars if name in (one.ref, one.name, one.ref.rstrip("/").rpartition("/")[2])]
    if len(found) != 1:
        names = ", ".join(sorted(one.name for one in calendars)) or "none"
        raise InputError("calendar", f"{name!r} is not the name of one calendar there. There are: {names}.")
    if not found[0].writable:
        raise InputError("calendar", f"{name!r} is read-only for this user, so nothing could be booked in it.")
    if not stranger.is_empty(found[0].ref):
        raise InputError("calendar", f"{name!r} is not empty. Name one without events: tests are written into it.")
    return found[0]


def _new(ref: str, before: Sequence[Calendar], ask: Ask) -> Calendar:
    """Return the new calendar as it is listed. Some servers show it a moment later, or under another address."""
    known = {one.ref for one in before}
    for pause in (0, 1, 3):
        time.sleep(pause)
        added: list[Calendar] = [one for one in ask("hub_list_calendars") if one.ref not in known]
        if len(added) == 1 or any(one.ref == ref for one in added):
            return next((one for one in added if one.ref == ref), added[0])
    return Calendar(ref, "probe")


def _write_once(subject: Subject) -> None:
    """Raise Refused with one sentence where nothing may be written, rather than let each check fail by it."""
    day, problem = subject.start - DAY, ""
    try:
        subject.foreign(lambda uid: foreign.event(uid, day, day + 3600))
        subject.clean()
    except ProviderError as error:
        problem = error.message
    if problem:
        name = subject.calendar.name
        raise Refused("read_only", f"The calendar {name!r} cannot be written, so nothing could be booked: {problem}")


def _clean(subject: Subject, *, kept: bool) -> None:
    """Remove what was written. It only matters where the calendar itself is ``kept``."""
    problem = ""
    try:
        subject.clean()
    except Exception as error:
        problem = _why(error)
    if problem and kept:
        what = "Events of the probe, named frontdesk-…, could not be removed from the calendar"
        raise Refused("left_behind", f"{what} {subject.calendar.name!r}; please delete them by hand. {problem}")


def _remove(stranger: Stranger, ref: str) -> None:
    problem = ""
    try:
        stranger.remove_calendar(ref)
    except Exception as error:
        problem = _why(error)
    if problem:
        text = f"The scratch calendar could not be removed; please delete it by hand: {ref} {problem}"
        raise Refused("left_behind", text)


def _why(error: Exception) -> str:
    return f"({error.message if isinstance(error, HubError) else type(error).__name__})"
