"""What a staff member sees by their invite link: what the hub does with a calendar, and their own accounts.

Looking changes nothing, whoever fetches the address: only the buttons of the pages do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from hub.actions.agency import agency_name
from hub.actions.businesses import get_business
from hub.actions.calendars import choices_version, choose_calendars
from hub.actions.connect import connect
from hub.actions.connections import ConnectionView, get_connection, try_connection
from hub.actions.disconnect import disconnect, risk_of_disconnect
from hub.actions.staff_links import staff_connections
from hub.core.errors import HubError, UnknownId
from hub.web.console.choosing import Row, looked_at, read_choices, stored_rows, typed_rows
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
from hub.web.current import staff_link, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import typed
from hub.web.pages import page, see_other
from hub.web.route import route

ENDED = "disconnected"


def greeting(token: str) -> Response:
    """Say who asks and for what, and show what is connected."""
    found = [one for one in staff_connections(the_hub(), staff_link()) if one.health != ENDED]
    return _page("greeting", token, connections=found, one=_only_provider())


def providers_page(token: str) -> Response:
    """Choose with whom the calendar is."""
    only = _only_provider()
    if only is not None:
        return see_other("staff.fill", token=token, provider=only.name)
    return _page("providers", token, offered=providers(the_hub(), calendars_only=True)[0])


def fill(token: str, provider: str) -> Response:
    """Show the form that the plugin asks for."""
    offered = find_provider(the_hub(), provider, calendars_only=True)
    level = level_of(offered, request.args.get("level", ""))
    return _form_page(token, offered, level, take_step(_work(offered.name, level), None))


def connected(token: str, provider: str) -> Response:
    """Try what was typed, and connect."""
    offered, form = find_provider(the_hub(), provider, calendars_only=True), typed(ConnectForm)
    level = level_of(offered, form.level.data or "")
    step = take_step(_work(offered.name, level), read_answer())
    if not step.connected:
        return _form_page(token, offered, level, step, status=200 if step.url else 422)
    return see_other("staff.account", "connected", token=token, connection_id=step.connected)


def account(token: str, connection_id: str) -> Response:
    """Show one account: how it is, when the hub last looked, and which of its calendars are used."""
    found = _own(connection_id)
    return _account(token, found, stored_rows(found), failed=request.args.get("tested") == "no")


def choose(token: str, connection_id: str) -> Response:
    """Choose the calendars to check and the one to write to: all of the choices, or none."""
    link, found = staff_link(), _own(connection_id)
    try:
        choices = read_choices(found, link.holder_id)
        ids = link.business_id, connection_id
        choose_calendars(the_hub(), *ids, choices, holder_id=link.holder_id, version=looked_at())
    except UnknownId:
        raise
    except HubError as error:
        now, problem = _own(connection_id), error.message.removeprefix("calendar: ")
        rows = stored_rows(now) if error.code == "changed" else typed_rows(now, link.holder_id)
        return _account(token, now, rows, problem=problem, status=409 if error.code == "changed" else 422)
    return see_other("staff.greeting", "saved", token=token)


def test(token: str, connection_id: str) -> Response:
    """Ask the account now."""
    link = staff_link()
    tested = try_connection(the_hub(), link.business_id, connection_id, holder_id=link.holder_id)
    if tested.ok:
        return see_other("staff.account", "works", token=token, connection_id=connection_id)
    return see_other("staff.account", token=token, connection_id=connection_id, tested="no")


def again(token: str, connection_id: str) -> Response:
    """Show the form with which the account is connected again."""
    found = _own(connection_id)
    offered = find_provider(the_hub(), found.provider, calendars_only=True)
    step = take_step(_work(offered.name, found.level, connection_id), None)
    return _form_page(token, offered, found.level, step, found=found)


def renewed(token: str, connection_id: str) -> Response:
    """Try what was typed, and connect the account again."""
    found, form = _own(connection_id), typed(ConnectForm)
    offered = find_provider(the_hub(), found.provider, calendars_only=True)
    level = level_of(offered, form.level.data or found.level)
    step = take_step(_work(offered.name, level, connection_id), read_answer())
    if not step.connected:
        return _form_page(token, offered, level, step, found=found, status=200 if step.url else 422)
    return see_other("staff.account", "works", token=token, connection_id=connection_id)


def ask_end(token: str, connection_id: str) -> Response:
    """Ask before the account is disconnected."""
    link, found = staff_link(), _own(connection_id)
    if found.health == ENDED:
        return see_other("staff.greeting", token=token)
    at_risk, count = risk_of_disconnect(the_hub(), link.business_id, connection_id, holder_id=link.holder_id)
    return _page("end", token, connection=found, at_risk=at_risk, count=count)


def end(token: str, connection_id: str) -> Response:
    """Disconnect the account, and say what came of it. A second click shows the same again."""
    link = staff_link()
    ended = disconnect(the_hub(), visit(), link.business_id, connection_id, holder_id=link.holder_id)
    return _page("ended", token, ended=ended)


def _own(connection_id: str) -> ConnectionView:
    """Return an account of the link's staff member. Raises UnknownId for one of anybody else."""
    link = staff_link()
    return get_connection(the_hub(), link.business_id, connection_id, holder_id=link.holder_id)


def _work(name: str, level: str, connection_id: str | None = None) -> Any:
    link = staff_link()

    def work(answer: Mapping[str, str] | None) -> Any:
        return connect(
            the_hub(),
            link.business_id,
            name,
            level,
            answer,
            connection_id=connection_id,
            holder_id=link.holder_id,
            visit=visit(),
        )

    return work


def _only_provider() -> Offered | None:
    offered, _ = providers(the_hub(), calendars_only=True)
    return offered[0] if len(offered) == 1 else None


def _form_page(
    token: str,
    offered: Offered,
    level: str,
    step: Step,
    *,
    found: ConnectionView | None = None,
    status: int = 200,
) -> Response:
    return _page("form", token, status, offered=offered, level=level, step=step, connection=found)


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
    return _page("account", token, status, connection=found, rows=rows, version=version, problem=problem, failed=failed)


def _page(name: str, token: str, status: int = 200, **context: Any) -> Response:
    link = staff_link()
    business = get_business(the_hub(), link.business_id)
    agency = agency_name(the_hub().database)
    return page(
        f"staff/{name}.html",
        status,
        token=token,
        link=link,
        business=business,
        agency=agency,
        zone=business.zone,
        **context,
    )


_ALL = "/staff/<token>"
_NEW = f"{_ALL}/connect/<provider>"
_ONE = f"{_ALL}/accounts/<connection_id>"
ROUTES = (
    route("staff", _ALL, greeting, "GET", Who.STAFF),
    route("staff", f"{_ALL}/connect", providers_page, "GET", Who.STAFF),
    route("staff", _NEW, fill, "GET", Who.STAFF),
    route("staff", _NEW, connected, "POST", Who.STAFF, rate=Rate.OUTWARD),
    route("staff", _ONE, account, "GET", Who.STAFF),
    route("staff", f"{_ONE}/calendars", choose, "POST", Who.STAFF),
    route("staff", f"{_ONE}/test", test, "POST", Who.STAFF, rate=Rate.OUTWARD),
    route("staff", f"{_ONE}/again", again, "GET", Who.STAFF),
    route("staff", f"{_ONE}/again", renewed, "POST", Who.STAFF, rate=Rate.OUTWARD),
    route("staff", f"{_ONE}/end", ask_end, "GET", Who.STAFF),
    route("staff", f"{_ONE}/end", end, "POST", Who.STAFF),
)
