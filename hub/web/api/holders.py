"""Staff and resources over the API: who and what can be booked of a business."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from hub.actions import holders as actions
from hub.actions.businesses import get_business
from hub.actions.holders import HolderKind
from hub.core.errors import UnknownId
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.role import Right
from hub.web.api.call import Reply, call
from hub.web.api.fields import WHOLE, ClockTime, Given, Id, Shown, ShownClock, Version, left_out
from hub.web.api.repeat import Paged, listed, made, make_once
from hub.web.api.shapes import Email, Name, Sought, ZoneName
from hub.web.current import the_hub

STAFF, RESOURCES = "Staff", "Resources"


class GivenWindow(Given):
    """Open from `start` to `end` on one day of the week."""

    weekday: Annotated[int, Field(ge=0, le=6), WHOLE] = Field(description="0 is Monday.")
    start: ClockTime
    end: ClockTime


class ShownWindow(Shown):
    """Open from `start` to `end` on one day of the week."""

    weekday: int
    start: ShownClock
    end: ShownClock


class NewStaff(Given):
    """A staff member to add."""

    name: Name
    email: Email = left_out("Where notices go; empty for none.")
    zone: ZoneName = left_out("IANA zone of the hours; left out: the business's.")
    hours: list[GivenWindow] = left_out("The week; left out: no hours yet.")


class NewResource(Given):
    """A room, chair or vehicle to add."""

    name: Name
    zone: ZoneName = left_out("IANA zone of the hours; left out: the business's.")
    hours: list[GivenWindow] = left_out("The week; left out: it can be used at any time.")


class StaffChange(Given):
    """What to change of a staff member; what is left out stays."""

    version: Version
    name: Name = left_out("")
    email: Email = left_out("Empty for none.")
    active: bool = left_out("Whether they can be booked.")
    always_open: bool = left_out("Without weekly hours.")


class ResourceChange(Given):
    """What to change of a resource; what is left out stays."""

    version: Version
    name: Name = left_out("")
    active: bool = left_out("Whether it can be booked.")
    always_open: bool = left_out("Without weekly hours.")


class Holder(Shown):
    """A staff member or resource. `coming_bookings` are those that are not over."""

    id: Id
    kind: HolderKind
    name: str
    active: bool
    zone: str
    always_open: bool
    hours: list[ShownWindow]
    has_email: bool
    coming_bookings: int
    version: int


class Holders(Shown):
    """A part of the list of staff or resources."""

    items: list[Holder]
    next: str | None


class AskedHolders(Paged):
    """Which staff or resources."""

    search: Sought = Field("", max_length=200, description="A part of the name.")


def list_staff(business_id: str, query: AskedHolders) -> Reply:
    """List the staff of a business, by name."""
    return _list(business_id, query, HolderKind.STAFF)


def list_resources(business_id: str, query: AskedHolders) -> Reply:
    """List the resources of a business, by name."""
    return _list(business_id, query, HolderKind.RESOURCE)


def add_staff(business_id: str, body: NewStaff) -> Reply:
    """Add a staff member."""
    given = body.model_dump(exclude_unset=True)

    def make() -> str:
        zone = given.get("zone") or get_business(the_hub(), business_id).zone
        week = weekly(zone, body.hours if "hours" in given else [])
        return actions.add_staff(the_hub(), business_id, body.name, week, email=given.get("email", ""))

    return _made(business_id, *make_once(business_id, body, make))


def add_resource(business_id: str, body: NewResource) -> Reply:
    """Add a resource."""
    given = body.model_dump(exclude_unset=True)

    def make() -> str:
        week = None
        if "hours" in given:
            week = weekly(given.get("zone") or get_business(the_hub(), business_id).zone, body.hours)
        elif "zone" in given:
            week = weekly(given["zone"], [])
        return actions.add_resource(the_hub(), business_id, body.name, week)

    return _made(business_id, *make_once(business_id, body, make))


def get_staff(business_id: str, staff_id: str) -> Holder:
    """Read a staff member."""
    return shown(_of_kind(business_id, staff_id, HolderKind.STAFF))


def get_resource(business_id: str, resource_id: str) -> Holder:
    """Read a resource."""
    return shown(_of_kind(business_id, resource_id, HolderKind.RESOURCE))


def change_staff(business_id: str, staff_id: str, body: StaffChange) -> Holder:
    """Change a staff member. Who is switched off is offered no more; what is booked stays."""
    _of_kind(business_id, staff_id, HolderKind.STAFF)
    return _change(business_id, staff_id, body)


def change_resource(business_id: str, resource_id: str, body: ResourceChange) -> Holder:
    """Change a resource."""
    _of_kind(business_id, resource_id, HolderKind.RESOURCE)
    return _change(business_id, resource_id, body)


def weekly(zone: str, windows: list[GivenWindow]) -> WeeklyHours:
    """Return a week as it was given."""
    return WeeklyHours(zone, tuple(DayWindow(one.weekday, one.start, one.end) for one in windows))


def shown(found: actions.Holder) -> Holder:
    """Return a holder as programs see it."""
    windows = sorted(found.hours.windows)
    values: dict[str, Any] = {name: getattr(found, name) for name in Holder.model_fields if name != "hours"}
    return Holder(**values, hours=[ShownWindow(weekday=one.weekday, start=one.start, end=one.end) for one in windows])


def _list(business_id: str, query: AskedHolders, kind: HolderKind) -> Reply:
    asked = {"after": query.after, "limit": query.limit, "search": query.search}
    page = actions.list_holders(the_hub(), business_id, kind=kind, **asked)  # type: ignore[arg-type]
    return listed(Holders(items=[shown(one) for one in page.items], next=page.next or None), page.next)


def _made(business_id: str, holder_id: str, repeated: bool) -> Reply:
    return made(shown(actions.get_holder(the_hub(), business_id, holder_id)), repeated=repeated)


def _change(business_id: str, holder_id: str, body: StaffChange | ResourceChange) -> Holder:
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    return shown(actions.change_holder(the_hub(), business_id, holder_id, body.version, changes))


def _of_kind(business_id: str, holder_id: str, kind: HolderKind) -> actions.Holder:
    found = actions.get_holder(the_hub(), business_id, holder_id)
    if found.kind is not kind:
        raise UnknownId("staff member or resource", holder_id)
    return found


_STAFF, _RESOURCES = "/businesses/<business_id>/staff", "/businesses/<business_id>/resources"
ROUTES = (
    call("GET", _STAFF, list_staff, Right.VIEW, STAFF, asks=AskedHolders, gives=Holders),
    call("POST", _STAFF, add_staff, Right.SET_UP, STAFF, takes=NewStaff, gives=Holder, status=201, keyed=True),
    call("GET", f"{_STAFF}/<staff_id>", get_staff, Right.VIEW, STAFF, gives=Holder),
    call(
        "PATCH", f"{_STAFF}/<staff_id>", change_staff, Right.SET_UP, STAFF, takes=StaffChange, gives=Holder, also=(409,)
    ),
    call("GET", _RESOURCES, list_resources, Right.VIEW, RESOURCES, asks=AskedHolders, gives=Holders),
    call(
        "POST",
        _RESOURCES,
        add_resource,
        Right.SET_UP,
        RESOURCES,
        takes=NewResource,
        gives=Holder,
        status=201,
        keyed=True,
    ),
    call("GET", f"{_RESOURCES}/<resource_id>", get_resource, Right.VIEW, RESOURCES, gives=Holder),
    call(
        "PATCH",
        f"{_RESOURCES}/<resource_id>",
        change_resource,
        Right.SET_UP,
        RESOURCES,
        takes=ResourceChange,
        gives=Holder,
        also=(409,),
    ),
)
