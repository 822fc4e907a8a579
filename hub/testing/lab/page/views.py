"""What the page shows, as HTML that needs no script and no other file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.testing.lab.page.changes import calendar_named
from hub.testing.lab.side import Answer, LabEvent, Shown, Side
from hub.testing.lab.switches import Fault

DAYS = 14
"""Days that are shown at once."""

FAULTS: Mapping[Fault, str] = {
    Fault.UNAUTHORIZED: "Takes no token any more (401)",
    Fault.CLAIMS: "Wants the owner to sign in again (401 with claims)",
    Fault.QUOTA: "The quota is used up",
    Fault.FORBIDDEN: "The permission does not reach so far (403)",
    Fault.GONE: "Forgot what was read before (410)",
    Fault.CHANGED: "Every event was changed meanwhile (412)",
    Fault.TOO_MANY: "Too many requests (429)",
    Fault.DOWN: "Down (503)",
    Fault.BROKEN: "Hangs up without an answer",
    Fault.SLOW: "Slow",
    Fault.WRITE_THEN_SILENCE: "Writes, and does not answer",
    Fault.WRITE_THEN_DOWN: "Writes, and calls it a failure (500)",
    Fault.ELSEWHERE: "Sends to another host (302)",
    Fault.HTML: "Answers with a web page",
    Fault.HUGE: "Answers with ten megabytes",
    Fault.LYING: "Answers with nonsense",
    Fault.PUSH_DROPPED: "Loses notifications",
    Fault.PUSH_TWICE: "Sends each notification twice",
    Fault.GRANT_REVOKED: "Refuses to renew a token",
    Fault.REVOKE_DOWN: "Cannot end a grant now (503)",
    Fault.REVOKE_LIES: "Says that a grant ended, and it goes on",
}
_ANSWERS = {
    Answer.OPEN: "not answered",
    Answer.ACCEPTED: "accepted",
    Answer.TENTATIVE: "maybe",
    Answer.DECLINED: "declined",
}
_SHOWN = {Shown.BUSY: "busy", Shown.TENTATIVE: "tentative", Shown.FREE: "free"}


def overview(sides: Mapping[str, Side], hints: Mapping[str, tuple[str, ...]]) -> str:
    """Show which providers there are, and how to use them."""
    return _render("overview.html", title="The lab", sides=sides, hints=hints)


def provider(name: str, side: Side, hints: tuple[str, ...], said: str) -> str:
    """Show the accounts of one provider, what applications may do there, faults and notifications."""
    state = side.provider
    accounts = [(one, _calendars(name, side, one.id)) for one in state.accounts()]
    names = {one.id: one.name for one, _calendars_there in accounts}
    return _render(
        "provider.html",
        title=side.title,
        name=name,
        side=side,
        hints=hints,
        said=said,
        accounts=accounts,
        grants=[(one, names.get(one.account, one.account), _moment(one.since)) for one in state.grants()],
        pushes=[(one, _moment(one.at)) for one in reversed(state.pushes())],
        faults=[(one, text) for one, text in FAULTS.items() if one in state.faults],
        now_on=state.switches.fault,
        fault_text=FAULTS.get(state.switches.fault, "") if state.switches.fault else "",
    )


def calendar(name: str, side: Side, asked: Mapping[str, str], now: float, said: str) -> str:
    """Show two weeks of one calendar, with a form for each event and one for a new one."""
    account = asked.get("account", "")
    found = calendar_named(side, account, asked.get("calendar", ""))
    zone = ZoneInfo(found.zone)
    first = _first_day(asked.get("from", ""), now, zone)
    last = first + timedelta(days=DAYS)
    events = side.provider.events(account, found.ref, int(first.timestamp()), int(last.timestamp()))

    def to(day: datetime) -> str:
        query = {"account": account, "calendar": found.ref, "from": day.date().isoformat()}
        return f"/{name}/calendar?{urlencode(query)}"

    names = {one.id: one.name for one in side.provider.accounts()}
    return _render(
        "calendar.html",
        title=f"{found.name} of {names.get(account, account)}",
        name=name,
        side=side,
        account=account,
        calendar=found,
        said=said,
        here=to(first),
        earlier=to(first - timedelta(days=DAYS)),
        later=to(first + timedelta(days=DAYS)),
        span=f"{first:%d %B %Y} to {last - timedelta(days=1):%d %B %Y}",
        days=_by_day(events, zone),
        new=(f"{_next_hour(now, zone):%Y-%m-%dT%H:%M}", f"{_next_hour(now, zone) + timedelta(hours=1):%Y-%m-%dT%H:%M}"),
        shown=_SHOWN,
        answers=_ANSWERS,
    )


def problem(message: str, back: str) -> str:
    """Show that something cannot be done, and the way back."""
    return _render("problem.html", title="That did not work", message=message, back=back)


def _calendars(name: str, side: Side, account: str) -> list[tuple[str, str]]:
    return [
        (one.name, f"/{name}/calendar?{urlencode({'account': account, 'calendar': one.ref})}")
        for one in side.provider.calendars(account)
    ]


def _by_day(events: Any, zone: ZoneInfo) -> list[tuple[str, list[dict[str, Any]]]]:
    days: dict[str, list[dict[str, Any]]] = {}
    for one in events:
        days.setdefault(f"{datetime.fromtimestamp(one.start, zone):%A, %d %B %Y}", []).append(_row(one, zone))
    return list(days.items())


def _row(event: LabEvent, zone: ZoneInfo) -> dict[str, Any]:
    start, end = datetime.fromtimestamp(event.start, zone), datetime.fromtimestamp(event.end, zone)
    same_day = start.date() == end.date()
    time = (
        "all day"
        if event.all_day
        else f"{start:%H:%M} to {end:%H:%M}"
        if same_day
        else f"{start:%H:%M} to {end:%d %B %H:%M}"
    )
    return {
        "event": event,
        "time": time,
        "start": f"{start:%Y-%m-%dT%H:%M}",
        "end": f"{end:%Y-%m-%dT%H:%M}",
        "state": ", ".join(
            part for part in (_SHOWN[event.shown], _ANSWERS.get(event.answer, ""), event.repeats) if part
        ),
    }


def _first_day(asked: str, now: float, zone: ZoneInfo) -> datetime:
    try:
        day = datetime.fromisoformat(asked)
    except ValueError:
        day = datetime.fromtimestamp(now, zone)
    if not 2000 <= day.year <= 2100:
        day = datetime.fromtimestamp(now, zone)
    return day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=zone)


def _next_hour(now: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(now, zone).replace(minute=0) + timedelta(hours=1)


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d %B %Y, %H:%M:%S} UTC"


def _render(template: str, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(**values)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
