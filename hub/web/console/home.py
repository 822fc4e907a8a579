"""The businesses that one may enter, and the first look at each: what needs somebody, what comes next, what lacks."""

from __future__ import annotations

from datetime import date

from flask import current_app, request
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from hub.actions.attention import attention, readiness
from hub.actions.bookings import BookingFilter, BookingRow, list_bookings
from hub.actions.businesses import Business, create_business, get_business, list_businesses
from hub.actions.services import list_services
from hub.core.booking import State
from hub.core.page import LARGEST
from hub.core.role import Right
from hub.core.zones import day_of, local_day
from hub.web.booking.embed import embed_snippet
from hub.web.console.edit import NewForm, create, given, new_once
from hub.web.console.fields import ZoneField
from hub.web.console.frame import business_page, console_page
from hub.web.current import session, the_hub
from hub.web.door import Who
from hub.web.forms import blank, typed
from hub.web.pages import see_other
from hub.web.route import route

PAGE = 25
GIVE = "Please fill this in."


class NewBusinessForm(NewForm):
    """What a business begins with; all of it can be changed later."""

    name = StringField("Name", [DataRequired(GIVE), Length(max=200)])
    zone = ZoneField(validators=[DataRequired(GIVE)])
    region = StringField("Country", [DataRequired(GIVE)])
    email = StringField("E-mail")
    phone = StringField("Phone")


def visible() -> frozenset[str] | None:
    """Return the businesses that the user may enter, None for all of them."""
    user = session().user
    return None if user.everywhere else user.businesses


def home() -> Response:
    """Show the businesses by name, each with what needs somebody."""
    search, after = request.args.get("q", "")[:200], request.args.get("after", "")
    page = list_businesses(the_hub(), visible(), after=after, limit=PAGE, search=search)
    needs = attention(the_hub(), [one.id for one in page.items])
    may_add = Right.SET_UP in session().user.rights and session().user.everywhere
    return console_page("console/home.html", businesses=page, needs=needs, search=search, after=after, may_add=may_add)


def new_business() -> Response:
    """Add a business. Only who may enter every business adds one, for it would be closed to all others."""
    if not session().user.everywhere:
        raise Forbidden("You are limited to some businesses; ask somebody who may enter all of them to add one.")
    if request.method != "POST":
        form = blank(NewBusinessForm, once=new_once(), zone=session().user.zone, region="US")
        return console_page("console/new_business.html", form=form)
    form = typed(NewBusinessForm)
    made = create(form, lambda: create_business(the_hub(), **given(form)))
    if made is None:
        return console_page("console/new_business.html", 422, form=form)
    return see_other("console.overview", "made", business_id=made)


def overview(business_id: str) -> Response:
    """Show what needs somebody, what comes next, and what is still to be set up."""
    hub = the_hub()
    business = get_business(hub, business_id)
    sees_bookings = Right.VIEW_BOOKINGS in session().user.rights
    return business_page(
        "console/overview.html",
        business_id,
        business=business,
        needs=attention(hub, [business_id])[business_id],
        ready=readiness(hub, business_id),
        bookings=_bookings(business) if sees_bookings else None,
        snippet=embed_snippet(hub, business),
        services=[one for one in list_services(hub, business_id, limit=LARGEST).items if one.active and one.slug],
        known=current_app.view_functions,
    )


def local_today(zone: str) -> date:
    """Return the date that it is in a zone."""
    return date.fromordinal(day_of(zone, the_hub().clock()))


def _bookings(business: Business) -> dict[str, tuple[BookingRow, ...]]:
    """Return today's bookings and the next ones after today, in the business's zone."""
    hub = the_hub()
    today = day_of(business.zone, hub.clock())
    begin, end = _midnight(business.zone, today), _midnight(business.zone, today + 1)
    live = (State.CONFIRMED, State.REQUESTED)
    return {
        "today": list_bookings(hub, business.id, BookingFilter(begin, end, live), limit=12).items,
        "next": list_bookings(hub, business.id, BookingFilter(end, states=live), limit=6).items,
    }


def _midnight(zone: str, day: int) -> int:
    """Return when a local day begins; a day that the zone skipped begins with the next."""
    stretches = local_day(zone, day)
    return stretches[0].start if stretches else _midnight(zone, day + 1)


ROUTES = (
    route("console", "/console", home, "GET", Who.USER, Right.VIEW),
    route("console", "/console/new", new_business, "GET POST", Who.USER, Right.SET_UP),
    route("console", "/console/<business_id>", overview, "GET", Who.USER, Right.VIEW),
)
