"""The bookings of a business as a list: coming, earlier, or what needs somebody; filtered by the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from hub.actions.bookings import BookingFilter, BookingRow, list_bookings
from hub.actions.businesses import get_business
from hub.actions.holders import list_holders
from hub.actions.services import list_services
from hub.core.booking import CalendarState, State
from hub.core.errors import InputError
from hub.core.page import LARGEST, Page
from hub.core.role import Right
from hub.core.zones import day_of, local_day
from hub.web.console.frame import business_page
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route

PAGE = 50
VIEWS = ("coming", "earlier", "attention")
STATES = (State.CONFIRMED, State.REQUESTED, State.CANCELLED)
_NAMES = ("from", "until", "state", "calendar", "holder", "service", "q")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. ``problem`` says what could not be taken of it."""

    view: str
    values: dict[str, str]
    filters: BookingFilter
    problem: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether more than the view was chosen."""
        return bool(self.values)


def bookings(business_id: str) -> Response:
    """Show the bookings day by day."""
    business = get_business(the_hub(), business_id)
    asked = read_filters(business.zone, the_hub().clock())
    after = request.args.get("after", "")
    page: Page[BookingRow] = Page(())
    problem, status = asked.problem, 422 if asked.problem else 200
    if not problem:
        try:
            page = list_bookings(
                the_hub(), business_id, asked.filters, newest=asked.view == "earlier", after=after, limit=PAGE
            )
        except InputError as error:
            if error.field == "after":
                return see_other("console.bookings", business_id=business_id)
            problem, status = error.message.removeprefix(f"{error.field}: "), 422
    days = groupby(page.items, key=lambda one: day_of(business.zone, one.start))
    return business_page(
        "console/bookings.html",
        business_id,
        status,
        business=business,
        days=[(found[0].start, found) for _, group in days for found in [tuple(group)]],
        next=page.next,
        after=after,
        asked=asked,
        problem=problem,
        carried={name: value for name, value in {"view": asked.view, **asked.values}.items() if value != "coming"},
        **choices(business_id),
    )


def choices(business_id: str) -> dict[str, Any]:
    """Return what the filters offer: staff and resources, services, states."""
    return {
        "holders": list_holders(the_hub(), business_id, limit=LARGEST).items,
        "services": list_services(the_hub(), business_id, limit=LARGEST).items,
        "states": STATES,
        "calendar_states": tuple(CalendarState),
    }


def read_filters(zone: str, now: int) -> Asked:
    """Return what the address asks for: days are those of the zone. A search looks at all days."""
    given = {name: request.args.get(name, "").strip()[:254] for name in _NAMES}
    values = {name: value for name, value in given.items() if value}
    view = request.args.get("view", "")
    if request.args.get("attention"):
        view = "attention"
    view = view if view in VIEWS else "coming"
    problem, start, until = "", None, None
    try:
        start = day_start(zone, values["from"]) if "from" in values else None
        until = day_start(zone, values["until"], after=True) if "until" in values else None
    except ValueError:
        problem = "Give days as the calendar knows them, such as 2027-03-15."
    if view == "coming" and not {"q", "from", "until"} & set(values):
        start = midnight(zone, day_of(zone, now))
    if view == "earlier" and "until" not in values:
        until = now
    state, calendar = values.get("state", ""), values.get("calendar", "")
    filters = BookingFilter(
        start_from=start,
        start_until=until,
        states=(state,) if state in STATES else (),
        calendar_states=(calendar,) if calendar in set(CalendarState) else (),
        holder_id=values.get("holder", ""),
        service_id=values.get("service", ""),
        attention=view == "attention",
        search=values.get("q", ""),
    )
    return Asked(view, values, filters, problem)


def day_start(zone: str, text: str, *, after: bool = False) -> int:
    """Return when a day given as ``2027-03-15`` begins in a zone, or with ``after`` when it is over; or ValueError."""
    day = date.fromisoformat(text)
    if not 1971 <= day.year <= 9990:
        raise ValueError(text)
    return midnight(zone, day.toordinal() + after)


def midnight(zone: str, day: int) -> int:
    """Return when a local day (an ordinal) begins; a day that the zone skipped begins with the next."""
    stretches = local_day(zone, day)
    return stretches[0].start if stretches else midnight(zone, day + 1)


ROUTES = (route("console", "/console/<business_id>/bookings", bookings, "GET", Who.USER, Right.VIEW_BOOKINGS),)
