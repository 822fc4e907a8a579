"""Connections of a business: what they are and how they are, connected step by step, tested, ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from hub.actions.calendars import choices_version, choose_calendars
from hub.actions.connect import connect
from hub.actions.connections import ConnectionView, get_connection, list_connections, try_connection
from hub.actions.disconnect import disconnect, risk_of_disconnect
from hub.actions.holders import Holder, HolderKind, get_holder, list_holders
from hub.core.errors import HubError, UnknownId
from hub.core.page import LARGEST
from hub.core.role import Right
from hub.web.console.choosing import Row, holders_to_choose, looked_at, read_choices, stored_rows, typed_rows
from hub.web.console.connecting import (
    ConnectForm,
    Offered,
    Step,
    level_of,
    providers,
    read_answer,
    take_step,
)
from hub.web.console.connecting import (
    provider as find_provider,
)
from hub.web.console.frame import business_page
from hub.web.current import the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import typed
from hub.web.pages import see_other
from hub.web.route import route

ENDED = "disconnected"


def connections(business_id: str) -> Response:
    """Show the connections: those that work first to mend, those that ended behind a fold."""
    found = list_connections(the_hub(), business_id)
    live = sorted((one for one in found if one.health != ENDED), key=lambda one: (one.health == "ok", one.made_at))
    ended = [one for one in found if one.health == ENDED]
    return business_page("console/connections.html", business_id, live=live, ended=ended)


def connection_new(business_id: str) -> Response:
    """Choose with whom the account is."""
    offered, broken = providers(the_hub())
    holder_id = request.args.get("holder", "")
    return business_page(
        "console/connection_new.html",
        business_id,
        offered=offered,
        broken=broken,
        holder=_holder(business_id, holder_id),
    )


def connection_fill(business_id: str, provider: str) -> Response:
    """Show the form that the plugin asks for."""
    offered = find_provider(the_hub(), provider)
    level = level_of(offered, request.args.get("level", ""))
    holder_id = request.args.get("holder", "") if offered.has_calendars else ""
    step = take_step(_work(business_id, offered.name, level, holder_id), None)
    return _form_page(business_id, offered, level, step, holder_id=holder_id)


def connection_made(business_id: str, provider: str) -> Response:
    """Try what was typed, and connect."""
    offered, form = find_provider(the_hub(), provider), typed(ConnectForm)
    level = level_of(offered, form.level.data or "")
    holder_id = (form.holder.data or "") if offered.has_calendars else ""
    step = take_step(_work(business_id, offered.name, level, holder_id), read_answer())
    if not step.connected:
        return _form_page(business_id, offered, level, step, holder_id=holder_id, status=200 if step.url else 422)
    done = "connected" if offered.has_calendars else "saved"
    return see_other("console.connection", done, business_id=business_id, connection_id=step.connected)


def connection(business_id: str, connection_id: str) -> Response:
    """Show one: its health, its age, and what its calendars stand for."""
    found = get_connection(the_hub(), business_id, connection_id)
    return _one(found, business_id, stored_rows(found), failed=request.args.get("tested") == "no")


def connection_calendars(business_id: str, connection_id: str) -> Response:
    """Choose what its calendars stand for: all of the choices, or none."""
    found = get_connection(the_hub(), business_id, connection_id)
    try:
        choose_calendars(the_hub(), business_id, connection_id, read_choices(found), version=looked_at())
    except UnknownId:
        raise
    except HubError as error:
        now, problem = get_connection(the_hub(), business_id, connection_id), error.message.removeprefix("calendar: ")
        rows = stored_rows(now) if error.code == "changed" else typed_rows(now)
        return _one(now, business_id, rows, problem=problem, status=409 if error.code == "changed" else 422)
    return see_other("console.connection", "saved", business_id=business_id, connection_id=connection_id)


def connection_test(business_id: str, connection_id: str) -> Response:
    """Ask the account now. How it went becomes its health, which the page shows."""
    ids = {"business_id": business_id, "connection_id": connection_id}
    if try_connection(the_hub(), business_id, connection_id).ok:
        return see_other("console.connection", "works", **ids)
    return see_other("console.connection", tested="no", **ids)


def connection_again(business_id: str, connection_id: str) -> Response:
    """Show the form with which the account is connected again."""
    found = get_connection(the_hub(), business_id, connection_id)
    offered = find_provider(the_hub(), found.provider)
    level = level_of(offered, request.args.get("level", found.level))
    step = take_step(_work(business_id, offered.name, level, "", connection_id), None)
    return _form_page(business_id, offered, level, step, found=found)


def connection_renewed(business_id: str, connection_id: str) -> Response:
    """Try what was typed, and connect the account again: its calendars stay as they were chosen."""
    found, form = get_connection(the_hub(), business_id, connection_id), typed(ConnectForm)
    offered = find_provider(the_hub(), found.provider)
    level = level_of(offered, form.level.data or found.level)
    step = take_step(_work(business_id, offered.name, level, "", connection_id), read_answer())
    if not step.connected:
        return _form_page(business_id, offered, level, step, found=found, status=200 if step.url else 422)
    return see_other("console.connection", "works", business_id=business_id, connection_id=connection_id)


def connection_end(business_id: str, connection_id: str) -> Response:
    """Ask before it is disconnected: what goes, what stays with the provider, which bookings lose their protection."""
    found = get_connection(the_hub(), business_id, connection_id)
    if found.health == ENDED:
        return see_other("console.connection", business_id=business_id, connection_id=connection_id)
    at_risk, count = risk_of_disconnect(the_hub(), business_id, connection_id)
    return business_page("console/connection_end.html", business_id, connection=found, at_risk=at_risk, count=count)


def connection_ended(business_id: str, connection_id: str) -> Response:
    """Disconnect, and show what came of it. A second click shows the same again."""
    found = get_connection(the_hub(), business_id, connection_id)
    ended = disconnect(the_hub(), visit(), business_id, connection_id)
    return business_page("console/connection_ended.html", business_id, connection=found, ended=ended)


def _work(business_id: str, name: str, level: str, holder_id: str, connection_id: str | None = None) -> Any:
    def work(answer: Mapping[str, str] | None) -> Any:
        return connect(
            the_hub(),
            business_id,
            name,
            level,
            answer,
            connection_id=connection_id,
            holder_id=holder_id or None,
            visit=visit(),
        )

    return work


def _form_page(
    business_id: str,
    offered: Offered,
    level: str,
    step: Step,
    *,
    holder_id: str = "",
    found: ConnectionView | None = None,
    status: int = 200,
) -> Response:
    staff = [(one.id, one.name) for one in _holders(business_id) if one.kind is HolderKind.STAFF and one.active]
    return business_page(
        "console/connection_form.html",
        business_id,
        status,
        offered=offered,
        level=level,
        step=step,
        staff=staff,
        holder_id=holder_id,
        connection=found,
    )


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
    )


def _holders(business_id: str) -> tuple[Holder, ...]:
    return list_holders(the_hub(), business_id, limit=LARGEST).items


def _holder(business_id: str, holder_id: str) -> Holder | None:
    if not holder_id:
        return None
    found = get_holder(the_hub(), business_id, holder_id)
    if found.kind is not HolderKind.STAFF:
        raise NotFound
    return found


_ALL = "/console/<business_id>/connections"
_NEW = f"{_ALL}/new/<provider>"
_ONE = f"{_ALL}/<connection_id>"
_OUT = Rate.OUTWARD
ROUTES = (
    route("console", _ALL, connections, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ALL}/new", connection_new, "GET", Who.USER, Right.CONNECT),
    route("console", _NEW, connection_fill, "GET", Who.USER, Right.CONNECT),
    route("console", _NEW, connection_made, "POST", Who.USER, Right.CONNECT, rate=_OUT),
    route("console", _ONE, connection, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/calendars", connection_calendars, "POST", Who.USER, Right.CONNECT),
    route("console", f"{_ONE}/test", connection_test, "POST", Who.USER, Right.CONNECT, rate=_OUT),
    route("console", f"{_ONE}/again", connection_again, "GET", Who.USER, Right.CONNECT),
    route("console", f"{_ONE}/again", connection_renewed, "POST", Who.USER, Right.CONNECT, rate=_OUT),
    route("console", f"{_ONE}/end", connection_end, "GET", Who.USER, Right.CONNECT),
    route("console", f"{_ONE}/end", connection_ended, "POST", Who.USER, Right.CONNECT),
)
