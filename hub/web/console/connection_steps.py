"""Connecting an account of a business, step by step: with whom it is, whether it may be used, what the plugin asks."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from hub.actions.connections import ConnectionView, get_connection
from hub.actions.consent import consent_about, given_consent, standing_consent
from hub.actions.holders import Holder, HolderKind, get_holder, list_holders
from hub.actions.off_site import Intent
from hub.actions.provider_settings import not_configured
from hub.core.page import LARGEST
from hub.core.role import Right
from hub.web.console.asking import (
    AnswerForm,
    connecting,
    go_on,
    intent_of,
    question,
    read_decision,
    status_of,
    take_answer,
)
from hub.web.console.connecting import ConnectForm, Offered, Step, level_of, providers, take_step
from hub.web.console.connecting import provider as find_provider
from hub.web.console.frame import business_page
from hub.web.current import session, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import typed
from hub.web.offsite.leaving import lead_on, let_forms_lead_to
from hub.web.offsite.outcome import stopped_page
from hub.web.pages import see_other
from hub.web.route import route


def connection_new(business_id: str) -> Response:
    """Choose with whom the account is."""
    offered, broken = providers(the_hub())
    holder = _holder(business_id, request.args.get("holder", ""))
    return business_page("console/connection_new.html", business_id, offered=offered, broken=broken, holder=holder)


def connection_ask(business_id: str, provider: str) -> Response:
    """Ask whether an account may be used: for what, how long, and how that is stopped."""
    offered = find_provider(the_hub(), provider)
    level = level_of(offered, request.args.get("level", ""))
    if not offered.ready:
        return stopped_page(Intent(business_id, offered.name, level), not_configured(offered.title))
    return _ask_page(business_id, offered, level, holder_id=request.args.get("holder", ""))


def connection_answered(business_id: str, provider: str) -> Response:
    """Note the answer, and go on with a yes."""
    offered, form = find_provider(the_hub(), provider), read_decision()
    level, holder_id = level_of(offered, form.level.data or ""), _chosen(business_id, offered, form)
    about = consent_about(the_hub(), business_id, offered.name, level, holder_id or None)
    given = take_answer(about, form, session().user.zone)
    if given is None:
        return _ask_page(business_id, offered, level, holder_id=holder_id, form=form)
    if not given.agreed:
        return see_other("console.connections", "refused", business_id=business_id)
    agreed = Intent(business_id, offered.name, level, given.consent_id, holder_id or None)
    ids = {"business_id": business_id, "provider": offered.name, "consent_id": given.consent_id}
    return lead_on(agreed) or see_other("console.connection_fill", **ids)


def connection_fill(business_id: str, provider: str, consent_id: str) -> Response:
    """Show the form that the plugin asks for."""
    offered = find_provider(the_hub(), provider)
    given = given_consent(the_hub(), visit(), business_id, consent_id)
    if given is None or given.connection_id is not None or given.provider != offered.name:
        return see_other("console.connection_ask", business_id=business_id, provider=offered.name)
    step = take_step(connecting(intent_of(business_id, given, given.account_holder_id)), None)
    return _form_page(business_id, offered, given.level, step)


def connection_made(business_id: str, provider: str, consent_id: str) -> Response:
    """Try what was typed, and connect."""
    offered, form = find_provider(the_hub(), provider), typed(ConnectForm)
    given = given_consent(the_hub(), visit(), business_id, consent_id)
    if given is None or given.connection_id is not None or given.provider != offered.name:
        return see_other("console.connection_ask", business_id=business_id, provider=offered.name)
    step = go_on(intent_of(business_id, given, given.account_holder_id), form)
    if not isinstance(step, Step):
        return step
    if not step.connected:
        return _form_page(business_id, offered, given.level, step, status=422)
    done = "connected" if offered.has_calendars else "saved"
    return see_other("console.connection", done, business_id=business_id, connection_id=step.connected)


def connection_again(business_id: str, connection_id: str) -> Response:
    """Go on to the form if the consent stands and is to what would be asked now; else, or if told to, ask first."""
    found = get_connection(the_hub(), business_id, connection_id, user_id=visit().actor_id)
    offered = find_provider(the_hub(), found.provider)
    level = level_of(offered, request.args.get("level", found.level))
    about = consent_about(the_hub(), business_id, offered.name, level, found.holder_id)
    standing = standing_consent(the_hub(), about, connection_id)
    if standing is not None and "ask" not in request.args:
        ids = {"business_id": business_id, "connection_id": connection_id, "consent_id": standing}
        return see_other("console.connection_again_fill", **ids)
    return _ask_page(business_id, offered, level, found=found)


def connection_again_answered(business_id: str, connection_id: str) -> Response:
    """Note the answer, and go on with a yes."""
    found, form = get_connection(the_hub(), business_id, connection_id, user_id=visit().actor_id), read_decision()
    offered = find_provider(the_hub(), found.provider)
    level, ids = level_of(offered, form.level.data or ""), {"business_id": business_id, "connection_id": connection_id}
    about = consent_about(the_hub(), business_id, offered.name, level, found.holder_id)
    given = take_answer(about, form, session().user.zone)
    if given is None:
        return _ask_page(business_id, offered, level, found=found, form=form)
    if not given.agreed:
        return see_other("console.connection", "refused", **ids)
    agreed = Intent(business_id, offered.name, level, given.consent_id, found.holder_id, connection_id)
    return lead_on(agreed) or see_other("console.connection_again_fill", **ids, consent_id=given.consent_id)


def connection_again_fill(business_id: str, connection_id: str, consent_id: str) -> Response:
    """Show the form with which the account is connected again."""
    found = get_connection(the_hub(), business_id, connection_id, user_id=visit().actor_id)
    given = given_consent(the_hub(), visit(), business_id, consent_id)
    if given is None:
        return see_other("console.connection_again", business_id=business_id, connection_id=connection_id)
    step = take_step(connecting(intent_of(business_id, given, given.account_holder_id, connection_id)), None)
    return _form_page(business_id, find_provider(the_hub(), found.provider), given.level, step, found=found)


def connection_renewed(business_id: str, connection_id: str, consent_id: str) -> Response:
    """Try what was typed, and connect the account again: its calendars stay as they were chosen."""
    found = get_connection(the_hub(), business_id, connection_id, user_id=visit().actor_id)
    form = typed(ConnectForm)
    given, ids = given_consent(the_hub(), visit(), business_id, consent_id), {"connection_id": connection_id}
    if given is None:
        return see_other("console.connection_again", business_id=business_id, **ids)
    offered = find_provider(the_hub(), found.provider)
    step = go_on(intent_of(business_id, given, given.account_holder_id, connection_id), form)
    if not isinstance(step, Step):
        return step
    if not step.connected:
        return _form_page(business_id, offered, given.level, step, found=found, status=422)
    return see_other("console.connection", "renewed", business_id=business_id, **ids)


def _ask_page(
    business_id: str,
    offered: Offered,
    level: str,
    *,
    holder_id: str = "",
    found: ConnectionView | None = None,
    form: AnswerForm | None = None,
) -> Response:
    let_forms_lead_to(offered.name)
    asked = question(business_id, offered, level, session().user.zone, form=form)
    staff = [(one.id, one.name) for one in _staff(business_id)] if offered.has_calendars and found is None else []
    more = {"staff": staff, "holder_id": holder_id, "connection": found}
    return business_page("console/connection_ask.html", business_id, status_of(asked), asked=asked, **more)


def _form_page(
    business_id: str,
    offered: Offered,
    level: str,
    step: Step,
    *,
    found: ConnectionView | None = None,
    status: int = 200,
) -> Response:
    let_forms_lead_to(offered.name, step.url)
    more = {"offered": offered, "level": level, "step": step, "connection": found}
    return business_page("console/connection_form.html", business_id, status, **more)


def _chosen(business_id: str, offered: Offered, form: AnswerForm) -> str:
    """Return whose account it is to be; only calendars are anybody's own."""
    holder = _holder(business_id, (form.holder.data or "") if offered.has_calendars else "")
    return holder.id if holder else ""


def _staff(business_id: str) -> list[Holder]:
    holders = list_holders(the_hub(), business_id, limit=LARGEST).items
    return [one for one in holders if one.kind is HolderKind.STAFF and one.active]


def _holder(business_id: str, holder_id: str) -> Holder | None:
    if not holder_id:
        return None
    found = get_holder(the_hub(), business_id, holder_id)
    if found.kind is not HolderKind.STAFF:
        raise NotFound
    return found


_ALL = "/console/<business_id>/connections"
_NEW = f"{_ALL}/new/<provider>"
_AGAIN = f"{_ALL}/<connection_id>/again"
_OUT, _MAY = Rate.OUTWARD, Right.CONNECT
ROUTES = (
    route("console", f"{_ALL}/new", connection_new, "GET", Who.USER, _MAY),
    route("console", _NEW, connection_ask, "GET", Who.USER, _MAY),
    route("console", _NEW, connection_answered, "POST", Who.USER, _MAY),
    route("console", f"{_NEW}/<consent_id>", connection_fill, "GET", Who.USER, _MAY),
    route("console", f"{_NEW}/<consent_id>", connection_made, "POST", Who.USER, _MAY, rate=_OUT),
    route("console", _AGAIN, connection_again, "GET", Who.USER, _MAY),
    route("console", _AGAIN, connection_again_answered, "POST", Who.USER, _MAY),
    route("console", f"{_AGAIN}/<consent_id>", connection_again_fill, "GET", Who.USER, _MAY),
    route("console", f"{_AGAIN}/<consent_id>", connection_renewed, "POST", Who.USER, _MAY, rate=_OUT),
)
