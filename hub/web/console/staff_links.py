"""Invite links of a staff member: made and shown once, listed with when they were last used, ended."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from hub.actions.holders import Holder, HolderKind, get_holder
from hub.actions.staff_links import StaffLink, end_staff_link, list_staff_links, make_staff_link
from hub.core.errors import InputError, StateError
from hub.core.role import Right
from hub.web.console.frame import business_page
from hub.web.current import the_hub, visit
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route

DAYS = (7, 30, 90, 365)
SHOWN = 10
"""Links that a page shows: the newest."""


def holder_links(business_id: str, holder_id: str) -> Response:
    """Show the links there are and were."""
    return _page(business_id, _staff(business_id, holder_id))


def holder_link(business_id: str, holder_id: str) -> Response:
    """Make a link and show it, this once. An older one ends."""
    found = _staff(business_id, holder_id)
    days = request.form.get("days", "")
    try:
        wanted = int(days) if days in map(str, DAYS) else 0
        _, token = make_staff_link(the_hub(), visit(), business_id, holder_id, wanted)
    except (InputError, StateError) as error:
        problem = error.message.removeprefix("days: ")
        return _page(business_id, found, problem=problem, status=422 if isinstance(error, InputError) else 409)
    address = the_hub().settings.base_url + url_for("staff.greeting", token=token)
    return _page(business_id, found, address=address)


def holder_link_end(business_id: str, holder_id: str, link_id: str) -> Response:
    """End a link. What was connected by it stays connected."""
    _staff(business_id, holder_id)
    if all(one.id != link_id for one in list_staff_links(the_hub(), business_id, holder_id)):
        raise NotFound
    end_staff_link(the_hub(), visit(), business_id, link_id)
    return see_other("console.holder_links", "ended", business_id=business_id, holder_id=holder_id)


def _staff(business_id: str, holder_id: str) -> Holder:
    found = get_holder(the_hub(), business_id, holder_id)
    if found.kind is not HolderKind.STAFF:
        raise NotFound
    return found


def _page(business_id: str, found: Holder, *, address: str = "", problem: str = "", status: int = 200) -> Response:
    links: tuple[StaffLink, ...] = list_staff_links(the_hub(), business_id, found.id)
    now = the_hub().clock()
    return business_page(
        "console/holder_links.html",
        business_id,
        status,
        holder=found,
        live=[one for one in links if one.works(now)],
        over=[one for one in links if not one.works(now)][:SHOWN],
        address=address,
        problem=problem,
        days=DAYS,
    )


_ALL = "/console/<business_id>/holders/<holder_id>/links"
ROUTES = (
    route("console", _ALL, holder_links, "GET", Who.USER, Right.CONNECT),
    route("console", _ALL, holder_link, "POST", Who.USER, Right.CONNECT),
    route("console", f"{_ALL}/<link_id>/end", holder_link_end, "POST", Who.USER, Right.CONNECT),
)
