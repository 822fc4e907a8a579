"""A week of staff and resources at a glance, and for each half hour why it is offered or not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.wrappers import Response

from hub.actions.businesses import get_business
from hub.actions.holders import Holder, HolderKind, list_holders
from hub.actions.offer import explain_start
from hub.actions.services import Service, list_services
from hub.actions.week import week as read_week
from hub.core.calendar import LAST
from hub.core.errors import InputError
from hub.core.explain import Explanation
from hub.core.page import LARGEST
from hub.core.role import Right
from hub.core.service import StaffRule
from hub.core.zones import day_of
from hub.web.console.frame import business_page
from hub.web.console.home import local_today
from hub.web.console.week_grid import draw
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route

MOST, USUAL = 6, 3
"""How many stand side by side at most, and if nobody was chosen."""


def week(business_id: str) -> Response:
    """Show a week, Monday to Sunday, in the business's zone."""
    business = get_business(the_hub(), business_id)
    today = local_today(business.zone)
    day = _day(request.args.get("day", "")) or today
    monday = day - timedelta(days=day.weekday())
    everybody = list_holders(the_hub(), business_id, limit=LARGEST).items
    chosen = _chosen(everybody)
    found, problem, status = None, "", 200
    if chosen:
        try:
            found = read_week(the_hub(), business_id, chosen, monday, business.zone)
        except InputError as error:
            problem, status = error.message.removeprefix(f"{error.field}: "), 422
    return business_page(
        "console/week.html",
        business_id,
        status,
        business=business,
        week=found,
        grid=draw(found) if found else None,
        everybody=everybody,
        chosen=chosen,
        day=day,
        today=today,
        monday=monday,
        sunday=monday + timedelta(days=6),
        before=day - timedelta(days=7),
        after=day + timedelta(days=7),
        carried=_carried(chosen),
        problem=problem,
        most=MOST,
    )


def week_why(business_id: str) -> Response:
    """Say of a start why it is offered or not, for one service: altogether, and for each of its staff."""
    business = get_business(the_hub(), business_id)
    services = [one for one in list_services(the_hub(), business_id, limit=LARGEST).items if one.active]
    asked = request.args.get("service_id", "")
    service = next((one for one in services if one.id == asked), services[0] if len(services) == 1 else None)
    at = _asked_start(business.zone)
    if at is None:
        return see_other("console.week", business_id=business_id)
    everybody = {one.id: one for one in list_holders(the_hub(), business_id, limit=LARGEST).items}
    why: Explanation | None = None
    if service is not None:
        why = explain_start(the_hub(), business_id, service.id, at)
    return business_page(
        "console/week_why.html",
        business_id,
        business=business,
        at=at,
        day=date.fromordinal(day_of(business.zone, at)),
        services=services,
        service=service,
        why=why,
        people=everybody,
        bookable=_bookable(service, why),
        carried=_carried(_chosen(tuple(everybody.values())) if request.args.getlist("holder") else []),
    )


def _bookable(service: Service | None, why: Explanation | None) -> tuple[str, ...]:
    """Return of whom one may choose at that start, by the reasons against each."""
    if service is None or why is None or not why.offered or service.rules.staff_rule is StaffRule.ALL:
        return ()
    return tuple(one for one in service.rules.staff if not why.staff.get(one, ()))


def _chosen(everybody: tuple[Holder, ...]) -> list[str]:
    """Return who is shown: those whom the address names, else the first of the staff."""
    known = {one.id for one in everybody}
    named = [one for one in dict.fromkeys(request.args.getlist("holder")) if one in known]
    if named:
        return named[:MOST]
    staff = [one.id for one in everybody if one.kind is HolderKind.STAFF and one.active]
    return staff[:USUAL]


def _carried(chosen: list[str]) -> dict[str, Any]:
    """Return what addresses carry on: who is shown, and the service that is asked about."""
    service = request.args.get("service_id", "")[:40]
    named = chosen if request.args.getlist("holder") else []
    return {name: value for name, value in (("holder", named), ("service_id", service)) if value}


def _asked_start(zone: str) -> int | None:
    """Return the start that is asked about (UTC seconds): as such, or as a local day and time."""
    given = request.args.get("at", "")
    if given.isascii() and given.isdigit() and len(given) <= 12:
        return int(given) if int(given) <= LAST - 366 * 86_400 else None
    try:
        local = datetime.fromisoformat(f"{request.args.get('day', '')}T{request.args.get('time', '')}")
        at = int(local.replace(tzinfo=ZoneInfo(zone)).timestamp()) if 1971 <= local.year <= 9990 else -1
    except (ValueError, OverflowError):
        return None
    return at if at >= 0 else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1972 <= found.year <= 9990 else None


ROUTES = (
    route("console", "/console/<business_id>/week", week, "GET", Who.USER, Right.VIEW_BOOKINGS),
    route("console", "/console/<business_id>/week/why", week_why, "GET", Who.USER, Right.VIEW_BOOKINGS),
)
