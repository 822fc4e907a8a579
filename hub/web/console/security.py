"""The security events: listed with filters, exported; and everybody's own history."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import request
from werkzeug.wrappers import Response

from hub.actions.security_events import Wanted, export_events, list_events, list_own_events, names_in
from hub.core.errors import InputError
from hub.core.redact import one_line
from hub.core.role import Right
from hub.core.security import Kind, Outcome
from hub.core.zones import local_day
from hub.web.console.event_words import OUTCOMES, WORDS
from hub.web.console.frame import console_page
from hub.web.console.reach import business_names
from hub.web.current import session, the_hub
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route

PAGE = 50
_NAMES = ("kind", "outcome", "user", "business", "from", "until")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. ``problem`` says what could not be taken of it."""

    values: dict[str, str]
    wanted: Wanted
    problem: str = ""


def security() -> Response:
    """Show what happened at the doors, newest first."""
    asked, after = _asked(), request.args.get("after", "")
    try:
        found = list_events(the_hub(), session().user, asked.wanted, after=after, limit=PAGE)
    except InputError:
        return see_other("console.security", **_carried(asked))
    names = names_in(the_hub(), found.items)
    return console_page(
        "console/security.html",
        422 if asked.problem else 200,
        events=found,
        names=names,
        user_name=names.get(asked.values.get("user", ""), "somebody"),
        businesses=business_names(),
        asked=asked,
        carried=_carried(asked),
        after=after,
        kinds=WORDS,
        outcomes=OUTCOMES,
        literal=one_line,
    )


def security_export() -> Response:
    """Give the events that the address asks for as CSV (RFC 4180)."""
    lines = export_events(the_hub(), session().user, _asked().wanted)
    answer = Response(lines, mimetype="text/csv")
    day = datetime.fromtimestamp(the_hub().clock(), UTC).date()
    answer.headers.set("Content-Disposition", "attachment", filename=f"security-events-{day.isoformat()}.csv")
    return answer


def history() -> Response:
    """Show one's own sign-ins, and what was tried at one's account."""
    after = request.args.get("after", "")
    try:
        found = list_own_events(the_hub(), session().user, after=after, limit=PAGE)
    except InputError:
        return see_other("console.history")
    return console_page(
        "console/security_own.html",
        events=found,
        names=names_in(the_hub(), found.items),
        after=after,
        kinds=WORDS,
        outcomes=OUTCOMES,
        literal=one_line,
    )


def _asked() -> Asked:
    given = {name: request.args.get(name, "").strip()[:60] for name in _NAMES}
    values = {name: value for name, value in given.items() if value}
    since = until = None
    problem = ""
    try:
        since = _day_start(values["from"]) if "from" in values else None
        until = _day_start(values["until"], 1) if "until" in values else None
    except ValueError:
        problem = "Give days as the calendar knows them, such as 2027-03-15."
    kind, outcome = None, None
    with suppress(ValueError):
        kind = Kind(values.get("kind", ""))
    with suppress(ValueError):
        outcome = Outcome(values.get("outcome", ""))
    who = {"user_id": _plain(values.get("user", "")), "business_id": _plain(values.get("business", ""))}
    return Asked(values, Wanted(kind, outcome, since=since, until=until, **who), problem)


def _carried(asked: Asked) -> dict[str, str]:
    return dict(asked.values)


def _plain(text: str) -> str:
    """Return what a database can be asked for."""
    return text if text.isascii() and text.isalnum() else "-" if text else ""


def _day_start(text: str, more: int = 0) -> int:
    """Return when a day (or the one after) begins in the user's zone. Raises ValueError."""
    day = date.fromisoformat(text)
    if not 1971 <= day.year <= 9990:
        raise ValueError(text)
    zone, ordinal = session().user.zone, day.toordinal() + more
    return (local_day(zone, ordinal) or local_day(zone, ordinal + 1))[0].start


ROUTES = (
    route("console", "/console/security", security, "GET", Who.USER, Right.AUDIT),
    route("console", "/console/security/events.csv", security_export, "GET", Who.USER, Right.AUDIT),
    route("console", "/account/history", history, "GET", Who.USER),
)
