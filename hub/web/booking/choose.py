"""The page of a business, the page of a service with its free times, and holding the one that was chosen."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.wrappers import Response

from hub.actions.hold import hold
from hub.actions.let_go import let_go
from hub.actions.public_page import PublicPage, PublicService, find_page
from hub.actions.texts import current_texts
from hub.core.errors import InputError, Taken, TooMany, UnknownId
from hub.web.booking.flow import Flow, frame, is_embedded, is_trapped, network, read_flow, read_start
from hub.web.booking.hold_token import hold_token
from hub.web.booking.picker import pick
from hub.web.current import the_hub
from hub.web.door import Rate, Who
from hub.web.pages import page, see_other
from hub.web.route import route

TRAPPED = (
    "A field was filled in that people do not see, so nothing was done. If your browser did that by itself, turn off "
    "its automatic filling for this page and try again."
)
_LONGEST_KEY = 64


def business(slug: str) -> Response:
    """Show what can be booked of a business."""
    found = _page(slug)
    if isinstance(found, Response):
        return found
    return page("booking/business.html", business=found, carried={"embed": "1"} if is_embedded() else {})


def service(slug: str, service_slug: str) -> Response:
    """Show the free days of a month, and the times of one of them."""
    found = find_offered(slug, service_slug)
    if isinstance(found, Response):
        return found
    flow = read_flow(the_hub(), *found)
    return show_times(*found, flow, flow.problem, status=422 if flow.problem else 200)


def take(slug: str, service_slug: str) -> Response:
    """Hold the time that was chosen, and let go of the one that this visitor held before."""
    found = find_offered(slug, service_slug)
    if isinstance(found, Response):
        return found
    (business, offered), hub = found, the_hub()
    flow = read_flow(hub, business, offered)
    if flow.problem or is_trapped():
        return show_times(business, offered, flow, flow.problem or TRAPPED, status=422)
    key = request.form.get("key", "")
    if not key.isascii() or len(key) > _LONGEST_KEY:
        raise UnprocessableEntity("The form was sent with a field that it does not have; nothing was done.")
    start: int | None = None
    try:
        start = read_start()
        if flow.held_id:
            let_go(hub, business.business_id, flow.held_id)
        held = hold(
            hub,
            business.business_id,
            offered.id,
            start,
            zone=flow.zone,
            staff=flow.staff,
            idempotency_key=f"page:{key}:{start}" if key else "",
            source="page",
            network=network(hub),
        )
    except Taken:
        problem, status = "Somebody was faster: this time has just been taken. Please choose another one.", 409
    except TooMany:
        problem = "You are holding several times already. Finish one of them, or wait until the others are free again."
        status = 429
    except InputError:
        problem, status = "This time is not offered any more. Please choose another one.", 422
    else:
        current_texts(hub, business.business_id)  # so that looking at the details, a GET, need not write them down
        token = hold_token(hub, business.business_id, held.booking_id)
        carried = flow.carried | {"held": ""}
        return see_other("booking.details", slug=slug, service_slug=service_slug, held_token=token, **_filled(carried))
    return show_times(business, offered, flow, problem, status=status, start=start)


def show_times(
    business: PublicPage,
    offered: PublicService,
    flow: Flow,
    problem: str = "",
    *,
    status: int = 200,
    start: int | None = None,
) -> Response:
    """Show the times of a service, with what was wrong; ``start`` is one that could not be had: its day is shown."""
    picker = pick(the_hub(), business, offered, flow, moving=flow.held_id, start=start)
    path = url_for("booking.service", slug=business.slug, service_slug=offered.slug)
    return page(
        "booking/service.html",
        status,
        business=business,
        service=offered,
        picker_view=picker,
        path=path,
        problem=problem,
    )


def find_offered(slug: str, service_slug: str) -> tuple[PublicPage, PublicService] | Response:
    """Return a business and its service, or the page that says that there is none."""
    found = _page(slug)
    if isinstance(found, Response):
        return found
    offered = found.service(service_slug)
    return (found, offered) if offered else page("booking/gone.html", 404, business=found)


def _page(slug: str) -> PublicPage | Response:
    try:
        found = find_page(the_hub(), slug)
    except UnknownId:
        return page("booking/gone.html", 404, business=None)
    frame(found)
    return found


def _filled(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


ROUTES = (
    route("booking", "/b/<slug>", business, "GET", Who.ANYONE, framed=True),
    route("booking", "/b/<slug>/<service_slug>", service, "GET", Who.ANYONE, framed=True),
    route("booking", "/b/<slug>/<service_slug>", take, "POST", Who.ANYONE, rate=Rate.BOOK, framed=True),
)
