"""Free times over the API: which starts a service has, and why another one is not among them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from flask import Response
from pydantic import BeforeValidator, Field

from hub.actions.offer import LONGEST, explain_start, offer
from hub.core.availability import Offer
from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.core.reason import Reason
from hub.core.role import Right
from hub.core.zones import check_zone
from hub.web.api.call import call
from hub.web.api.fields import (
    EDGE_SCHEMA,
    Asked,
    Id,
    Instant,
    Moment,
    Shown,
    day_start,
    read_edge,
    write_local,
)
from hub.web.api.shapes import ZoneName
from hub.web.current import the_hub

Edge = Annotated[int | date, BeforeValidator(read_edge), EDGE_SCHEMA]


class SearchedTimes(Asked):
    """A search for free times."""

    service_id: Id
    from_: Edge = Field(alias="from", description="The first moment, or a day: its beginning in `zone`.")
    until: Edge = Field(description="The moment after the last one, or a day: its end in `zone`. 100 days at most.")
    zone: ZoneName = Field(description="IANA zone in which the times are written.")
    staff_id: Id | None = Field(None, description="Only times at which this staff member is free.")
    by_staff: bool = Field(False, description="Also name the starts of each staff member.")


class StaffStarts(Shown):
    """When one staff member is free."""

    staff_id: str
    starts: list[str]


class Availability(Shown):
    """The starts on offer, in order, as RFC 3339 with the zone's offset."""

    service_id: str
    zone: str
    starts: list[str]
    staff: list[StaffStarts] = Field(description="Empty unless asked for by `by_staff`.")


class AskedStart(Asked):
    """A start to explain."""

    service_id: Id
    start: Moment = Field(description="The start that is not offered.")


class Why(Shown):
    """A reason against a start."""

    code: Reason
    sentence: str


class Against(Shown):
    """What speaks against one staff member or resource."""

    holder_id: str
    reasons: list[Why]


class Explained(Shown):
    """Why a start is not offered; it is where there is no reason."""

    start: Instant
    offered: bool
    reasons: list[Why]
    staff: list[Against]
    resources: list[Against]


def find_times(business_id: str, query: SearchedTimes) -> Response:
    """List the starts that can be booked.

    Only times that are truly free: a calendar that was not read lately enough withholds its owner's times.
    """
    zone = check_zone(query.zone)
    start, end = _edge("from", query.from_, zone), _edge("until", query.until, zone, end=True)
    if end <= start:
        raise InputError("until", "It must come after the start of the window; give a later one.")
    if end - start > LONGEST:
        raise InputError("until", f"The window is longer than {LONGEST // 86_400} days; ask for less at once.")
    found = offer(the_hub(), business_id, query.service_id, Window(start, end))
    if query.staff_id is not None:
        starts = found.free.get(query.staff_id, [])
        found = Offer(starts, {query.staff_id: starts})
    return Response(_written(query, found), content_type="application/json")


def explain_time(business_id: str, query: AskedStart) -> Explained:
    """Say why a start is not offered."""
    found = explain_start(the_hub(), business_id, query.service_id, query.start)
    return Explained(
        start=found.instant,
        offered=found.offered,
        reasons=_why(found.reasons),
        staff=[Against(holder_id=one, reasons=_why(why)) for one, why in found.staff.items()],
        resources=[Against(holder_id=one, reasons=_why(why)) for one, why in found.resources.items()],
    )


def _why(reasons: tuple[Reason, ...]) -> list[Why]:
    return [Why(code=one, sentence=one.sentence) for one in reasons]


def _edge(field: str, given: int | date, zone: str, *, end: bool = False) -> int:
    if isinstance(given, int):
        return given
    try:
        return day_start(zone, date.fromordinal(given.toordinal() + 1) if end else given)
    except ValueError as error:
        raise InputError(field, str(error)) from None


def _written(query: SearchedTimes, found: Offer) -> str:
    """Return the answer. Thousands of times: nothing of it needs escaping or checking, so it is written directly."""
    starts = [f'"{one}"' for one in write_local(found.starts, query.zone)]
    staff = ""
    if query.by_staff:
        named = dict(zip(found.starts, starts, strict=True))
        parts = (
            f'{{"staff_id":"{one}","starts":[{",".join([named[at] for at in times])}]}}'
            for one, times in found.free.items()
        )
        staff = ",".join(parts)
    return (
        f'{{"service_id":"{query.service_id}","zone":"{query.zone}","starts":[{",".join(starts)}],"staff":[{staff}]}}'
    )


ROUTES = (
    call(
        "GET",
        "/businesses/<business_id>/availability",
        find_times,
        Right.VIEW,
        "Free times",
        asks=SearchedTimes,
        gives=Availability,
    ),
    call(
        "GET",
        "/businesses/<business_id>/availability/explain",
        explain_time,
        Right.VIEW,
        "Free times",
        asks=AskedStart,
        gives=Explained,
    ),
)
