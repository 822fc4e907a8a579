"""Services: what can be booked, by whom, and by which rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, request
from werkzeug.wrappers import Response

from hub.actions.businesses import get_business
from hub.actions.holders import Holder, HolderKind, list_holders
from hub.actions.services import Service, add_service, change_service, get_service, list_services
from hub.core.page import LARGEST
from hub.core.role import Right
from hub.web.booking.embed import embed_snippet
from hub.web.console.edit import create, edit, new_once, version, wants_row
from hub.web.console.frame import business_page
from hub.web.console.service_form import DAY, HOUR, ServiceForm, as_form, changes_of, offer_choices, rules_of
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.forms import blank, typed
from hub.web.pages import see_other
from hub.web.route import route

PAGE = 25
USUAL = {
    "duration": HOUR // 2,
    "before": 0,
    "after": 0,
    "notice": 2 * HOUR,
    "horizon": 60 * DAY,
    "step": HOUR // 4,
    "anchor": "clock",
    "staff_rule": "any",
    "active": True,
}
"""What a new service begins with."""


def services(business_id: str) -> Response:
    """Show the services by name."""
    search, after = request.args.get("q", "")[:200], request.args.get("after", "")
    page = list_services(the_hub(), business_id, after=after, limit=PAGE, search=search)
    people = {one.id: one for one in _holders(business_id)}
    return business_page("console/services.html", business_id, services=page, people=people, search=search, after=after)


def service(business_id: str, service_id: str) -> Response:
    """Show one service: its rules in words, who gives it, what is asked."""
    found = get_service(the_hub(), business_id, service_id)
    people = {one.id: one for one in _holders(business_id)}
    business = get_business(the_hub(), business_id)
    return business_page(
        "console/service.html",
        business_id,
        business=business,
        service=found,
        people=people,
        snippet=embed_snippet(the_hub(), business, found),
        known=current_app.view_functions,
    )


def service_new(business_id: str) -> Response:
    """Add a service."""
    if request.method != "POST":
        everybody = tuple(one.id for one in _holders(business_id) if one.kind is HolderKind.STAFF and one.active)
        form = _prepared(business_id, blank(ServiceForm, **USUAL, staff=everybody, once=new_once()))
        return _form_page("console/service_new.html", business_id, form)
    form = _prepared(business_id, typed(ServiceForm))
    if _wants_more(form):
        return _form_page("console/service_new.html", business_id, form)
    made = create(form, lambda: _add(business_id, form))
    if made is None:
        return _form_page("console/service_new.html", business_id, form, 422)
    return see_other("console.service", "made", business_id=business_id, service_id=made)


def service_edit(business_id: str, service_id: str) -> Response:
    """Change a service. What is booked already stays as it is."""
    found = get_service(the_hub(), business_id, service_id)
    show = _shower(business_id)
    if request.method != "POST":
        return show(found, _prepared(business_id, blank(ServiceForm, **as_form(found))), found.version, 200)
    form = _prepared(business_id, typed(ServiceForm, resources=found.rules.resources))
    if _wants_more(form):
        return show(found, form, version(), 200)
    done = edit(
        form,
        lambda: change_service(the_hub(), business_id, service_id, version(), changes_of(form)),
        lambda: as_form(get_service(the_hub(), business_id, service_id)),
        prepare=lambda stored: _prepared(business_id, stored),
    )
    if done:
        return see_other("console.service", "saved", business_id=business_id, service_id=service_id)
    now = get_service(the_hub(), business_id, service_id)
    return show(now, form, now.version if form.clash else version(), 422)


def service_switch(business_id: str, service_id: str) -> Response:
    """Take a service out of what can be booked, or back in. What is booked stays."""
    active = request.form.get("active", "") == "yes"
    change_service(the_hub(), business_id, service_id, version(), {"active": active})
    return see_other("console.service", "on" if active else "off", business_id=business_id, service_id=service_id)


def _add(business_id: str, form: ServiceForm) -> str:
    changes = changes_of(form)
    details = {name: changes[name] for name in ("description", "place", "questions", "active")}
    if changes["slug"]:
        details["slug"] = changes["slug"]
    return add_service(the_hub(), business_id, changes["name"], rules_of(changes), **details)


def _wants_more(form: ServiceForm) -> bool:
    if form.more.data == "resources":
        form.resources.shown += 1
        return True
    return wants_row(form)


def _prepared(business_id: str, form: ServiceForm) -> ServiceForm:
    """Let a form offer the staff and resources there are; who is switched off only if chosen already."""
    chosen = {*(form.staff.data or ()), *(one for group in form.resources.data or () for one in group)}
    found = [one for one in _holders(business_id) if one.active or one.id in chosen]
    names = {kind: [(one.id, _name(one)) for one in found if one.kind is kind] for kind in HolderKind}
    offer_choices(form, names[HolderKind.STAFF], names[HolderKind.RESOURCE])
    return form


def _name(holder: Holder) -> str:
    return holder.name if holder.active else f"{holder.name} (switched off)"


def _holders(business_id: str) -> list[Holder]:
    """Return all staff and resources of a business."""
    found: list[Holder] = []
    after = ""
    while True:
        page = list_holders(the_hub(), business_id, after=after, limit=LARGEST)
        found += page.items
        after = page.next
        if not after:
            return found


def _shower(business_id: str) -> Callable[[Service, ServiceForm, int, int], Response]:
    def show(found: Service, form: ServiceForm, looked_at: int, status: int) -> Response:
        return _form_page("console/service_edit.html", business_id, form, status, service=found, version=looked_at)

    return show


def _form_page(template: str, business_id: str, form: ServiceForm, status: int = 200, **context: Any) -> Response:
    business = get_business(the_hub(), business_id)
    return business_page(template, business_id, status, business=business, form=form, **context)


_ONE = "/console/<business_id>/services/<service_id>"
ROUTES = (
    route("console", "/console/<business_id>/services", services, "GET", Who.USER, Right.VIEW),
    route("console", "/console/<business_id>/services/new", service_new, "GET POST", Who.USER, Right.SET_UP),
    route("console", _ONE, service, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/edit", service_edit, "GET POST", Who.USER, Right.SET_UP),
    route("console", f"{_ONE}/switch", service_switch, "POST", Who.USER, Right.SET_UP),
)
