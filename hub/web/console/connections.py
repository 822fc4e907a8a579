"""Connections of a business: what they are and how they are, their calendars chosen, tested."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from hub.actions.add_calendar import add_calendar
from hub.actions.calendars import choices_version, choose_calendars
from hub.actions.connections import ConnectionView, get_connection, list_connections, try_connection
from hub.actions.health_story import health_story
from hub.actions.holders import Holder, list_holders
from hub.actions.missed import SENTENCES
from hub.actions.write_back import write_all_back
from hub.core.errors import HubError, UnknownId
from hub.core.page import LARGEST
from hub.core.role import Right
from hub.web.console.choosing import (
    AddForm,
    Row,
    holders_to_choose,
    looked_at,
    read_choices,
    stored_rows,
    typed_rows,
    why_not_added,
)
from hub.web.console.frame import business_page
from hub.web.current import session, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import typed
from hub.web.pages import see_other
from hub.web.route import route

ENDED = "disconnected"
_JUST = ("connected", "renewed")


def just_now() -> str:
    """Return the word in the address right after an account was connected, else nothing."""
    word = request.args.get("done", "")
    return word if word in _JUST else ""


def connections(business_id: str) -> Response:
    """Show the connections: those that work first to mend, those that ended behind a fold."""
    found = list_connections(the_hub(), business_id, user_id=session().user.id)
    live = sorted((one for one in found if one.health != ENDED), key=lambda one: (one.health == "ok", one.made_at))
    ended = [one for one in found if one.health == ENDED]
    return business_page("console/connections.html", business_id, live=live, ended=ended)


def connection(business_id: str, connection_id: str) -> Response:
    """Show one: its health, its age, and what its calendars stand for."""
    found = _seen(business_id, connection_id)
    return _one(found, business_id, stored_rows(found), failed=request.args.get("tested") == "no")


def connection_calendars(business_id: str, connection_id: str) -> Response:
    """Choose what its calendars stand for: all of the choices, or none."""
    found = _seen(business_id, connection_id)
    try:
        choose_calendars(the_hub(), business_id, connection_id, read_choices(found), version=looked_at())
    except UnknownId:
        raise
    except HubError as error:
        now, problem = _seen(business_id, connection_id), error.message.removeprefix("calendar: ")
        rows = stored_rows(now) if error.code == "changed" else typed_rows(now)
        return _one(now, business_id, rows, problem=problem, status=409 if error.code == "changed" else 422)
    return see_other("console.connection", "saved", business_id=business_id, connection_id=connection_id)


def connection_calendar_added(business_id: str, connection_id: str) -> Response:
    """Add a calendar by its id, where the account may not list them."""
    form, ids = typed(AddForm), {"business_id": business_id, "connection_id": connection_id}
    try:
        add_calendar(the_hub(), business_id, connection_id, form.ref.data or "")
    except UnknownId:
        raise
    except HubError as error:
        found = _seen(business_id, connection_id)
        return _one(found, business_id, stored_rows(found), problem=why_not_added(error), status=422)
    return see_other("console.connection", "made", **ids)


def connection_test(business_id: str, connection_id: str) -> Response:
    """Ask the account now. How it went becomes its health, which the page shows."""
    ids = {"business_id": business_id, "connection_id": connection_id}
    if try_connection(the_hub(), business_id, connection_id).ok:
        return see_other("console.connection", "works", **ids)
    return see_other("console.connection", tested="no", **ids)


def connection_write_back(business_id: str, connection_id: str) -> Response:
    """Write all events again that are gone from its calendars together."""
    write_all_back(the_hub(), visit(), business_id, connection_id)
    return see_other("console.connection", "rewritten", business_id=business_id, connection_id=connection_id)


def _seen(business_id: str, connection_id: str) -> ConnectionView:
    """Return an account as the visitor may see it: in full if they connected it themselves."""
    return get_connection(the_hub(), business_id, connection_id, user_id=session().user.id)


def _one(
    found: ConnectionView,
    business_id: str,
    rows: tuple[Row, ...],
    *,
    problem: str = "",
    failed: bool = False,
    status: int = 200,
) -> Response:
    holders = holders_to_choose([(one.id, one.name, one.active) for one in _holders(business_id)], rows)
    return business_page(
        "console/connection.html",
        business_id,
        status,
        connection=found,
        rows=rows,
        version=choices_version(found.calendars),
        holders=holders,
        problem=problem,
        failed=failed,
        story=health_story(the_hub(), business_id, found.id),
        missed_sentences=SENTENCES,
        just=just_now(),
    )


def _holders(business_id: str) -> tuple[Holder, ...]:
    return list_holders(the_hub(), business_id, limit=LARGEST).items


_ALL = "/console/<business_id>/connections"
_ONE = f"{_ALL}/<connection_id>"
_OUT = Rate.OUTWARD
ROUTES = (
    route("console", _ALL, connections, "GET", Who.USER, Right.VIEW),
    route("console", _ONE, connection, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/calendars", connection_calendars, "POST", Who.USER, Right.CONNECT),
    route("console", f"{_ONE}/calendars/add", connection_calendar_added, "POST", Who.USER, Right.CONNECT, rate=_OUT),
    route("console", f"{_ONE}/write-back", connection_write_back, "POST", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/test", connection_test, "POST", Who.USER, Right.CONNECT, rate=_OUT),
)
