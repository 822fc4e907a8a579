"""What a staff member sees by their invite link: what the hub does with a calendar, and their own accounts.

Looking changes nothing, whoever fetches the address: only the buttons of the pages do.
"""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from hub.actions.access_list import asked_of
from hub.actions.add_calendar import add_calendar
from hub.actions.calendars import choices_version, choose_calendars
from hub.actions.connections import ConnectionView, try_connection
from hub.actions.health_story import health_story
from hub.actions.missed import SENTENCES
from hub.actions.staff_links import mail_own_link, staff_connections
from hub.core.access import Subject
from hub.core.errors import HubError, UnknownId
from hub.web.console.choosing import AddForm, Row, looked_at, read_choices, stored_rows, typed_rows, why_not_added
from hub.web.console.connections import just_now
from hub.web.current import staff_link, the_hub
from hub.web.door import Rate, Who
from hub.web.forms import typed
from hub.web.pages import see_other
from hub.web.route import route
from hub.web.staff.frame import own_account, own_zone, staff_page
from hub.web.staff.steps import only_provider

ENDED = "disconnected"


def greeting(token: str) -> Response:
    """Say who asks and for what, and show what is connected."""
    found = [one for one in staff_connections(the_hub(), staff_link()) if one.health != ENDED]
    link = staff_link()
    asked = asked_of(the_hub(), link.business_id, Subject.STAFF, link.holder_id)
    return staff_page("greeting", token, connections=found, one=only_provider(), asked=asked)


def account(token: str, connection_id: str) -> Response:
    """Show one account: how it is, when the hub last looked, and which of its calendars are used."""
    found = own_account(connection_id)
    return _account(token, found, stored_rows(found), failed=request.args.get("tested") == "no")


def own_link(token: str) -> Response:
    """Mail the staff member a link that nobody else sees."""
    mail_own_link(the_hub(), staff_link())
    return see_other("staff.greeting", "own_link", token=token)


def choose(token: str, connection_id: str) -> Response:
    """Choose the calendars to check and the one to write to: all of the choices, or none."""
    link, found = staff_link(), own_account(connection_id)
    try:
        choices = read_choices(found, link.holder_id)
        ids = link.business_id, connection_id
        choose_calendars(the_hub(), *ids, choices, holder_id=link.holder_id, version=looked_at())
    except UnknownId:
        raise
    except HubError as error:
        now, problem = own_account(connection_id), error.message.removeprefix("calendar: ")
        rows = stored_rows(now) if error.code == "changed" else typed_rows(now, link.holder_id)
        return _account(token, now, rows, problem=problem, status=409 if error.code == "changed" else 422)
    return see_other("staff.greeting", "saved", token=token)


def calendar_added(token: str, connection_id: str) -> Response:
    """Add a calendar by its id, where the account may not list them."""
    form, link, found = typed(AddForm), staff_link(), own_account(connection_id)
    try:
        add_calendar(the_hub(), link.business_id, connection_id, form.ref.data or "", holder_id=link.holder_id)
    except UnknownId:
        raise
    except HubError as error:
        return _account(token, found, stored_rows(found), problem=why_not_added(error), status=422)
    return see_other("staff.account", "made", token=token, connection_id=connection_id)


def test(token: str, connection_id: str) -> Response:
    """Ask the account now."""
    link = staff_link()
    tested = try_connection(the_hub(), link.business_id, connection_id, holder_id=link.holder_id)
    if tested.ok:
        return see_other("staff.account", "works", token=token, connection_id=connection_id)
    return see_other("staff.account", token=token, connection_id=connection_id, tested="no")


def _account(
    token: str,
    found: ConnectionView,
    rows: tuple[Row, ...],
    *,
    problem: str = "",
    failed: bool = False,
    status: int = 200,
) -> Response:
    version = choices_version(found.calendars)
    more = {"version": version, "problem": problem, "failed": failed, "just": just_now()}
    link = staff_link()
    more |= {"story": health_story(the_hub(), link.business_id, found.id, holder_id=link.holder_id)}
    more |= {"missed_sentences": SENTENCES}
    return staff_page("account", token, status, connection=found, rows=rows, own=own_zone(), **more)


_ALL = "/staff/<token>"
_ONE = f"{_ALL}/accounts/<connection_id>"
ROUTES = (
    route("staff", _ALL, greeting, "GET", Who.STAFF),
    route("staff", f"{_ALL}/own-link", own_link, "POST", Who.STAFF, rate=Rate.OUTWARD),
    route("staff", _ONE, account, "GET", Who.STAFF),
    route("staff", f"{_ONE}/calendars", choose, "POST", Who.STAFF),
    route("staff", f"{_ONE}/calendars/add", calendar_added, "POST", Who.STAFF, rate=Rate.OUTWARD),
    route("staff", f"{_ONE}/test", test, "POST", Who.STAFF, rate=Rate.OUTWARD),
)
