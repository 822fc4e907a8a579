"""Connecting one's own calendar by an invite link: with whom it is, whether it may be used, what the plugin asks."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.wrappers import Response

from hub.actions.connections import ConnectionView
from hub.actions.consent import consent_about, given_consent, standing_consent
from hub.actions.consent_state import About
from hub.actions.off_site import Intent
from hub.actions.provider_settings import not_configured
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
from hub.web.current import staff_link, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import typed
from hub.web.offsite.leaving import lead_on, let_forms_lead_to
from hub.web.offsite.outcome import stopped_page
from hub.web.pages import see_other
from hub.web.route import route
from hub.web.staff.frame import own_account, own_zone, staff_page


def only_provider() -> Offered | None:
    """Return the one provider with calendars that there is, if there is one: then nothing is to choose."""
    offered = _ready()
    return offered[0] if len(offered) == 1 else None


def providers_page(token: str) -> Response:
    """Choose with whom the calendar is."""
    only = only_provider()
    if only is not None:
        return see_other("staff.ask", token=token, provider=only.name)
    return staff_page("providers", token, offered=_ready())


def ask(token: str, provider: str) -> Response:
    """Ask whether an account may be used: for what, how long, and how that is stopped."""
    offered = find_provider(the_hub(), provider, calendars_only=True)
    level = level_of(offered, request.args.get("level", ""))
    if not offered.ready:
        return stopped_page(Intent(staff_link().business_id, offered.name, level), not_configured(offered.title), token)
    return _ask_page(token, offered, level)


def answered(token: str, provider: str) -> Response:
    """Note the answer, and go on with a yes."""
    offered, form = find_provider(the_hub(), provider, calendars_only=True), read_decision()
    level = level_of(offered, form.level.data or "")
    given = take_answer(_about(offered, level), form, own_zone())
    if given is None:
        return _ask_page(token, offered, level, form=form)
    if not given.agreed:
        return see_other("staff.greeting", "refused", token=token)
    link = staff_link()
    agreed = Intent(link.business_id, offered.name, level, given.consent_id, link.holder_id)
    fill_in = {"token": token, "provider": offered.name, "consent_id": given.consent_id}
    return lead_on(agreed, token) or see_other("staff.fill", **fill_in)


def fill(token: str, provider: str, consent_id: str) -> Response:
    """Show the form that the plugin asks for."""
    offered = find_provider(the_hub(), provider, calendars_only=True)
    given = _given(consent_id)
    if given is None or given.connection_id is not None or given.provider != offered.name:
        return see_other("staff.ask", token=token, provider=offered.name)
    return _form_page(
        token,
        offered,
        given.level,
        take_step(connecting(_intent(given)), None),
    )


def connected(token: str, provider: str, consent_id: str) -> Response:
    """Try what was typed, and connect."""
    offered = find_provider(the_hub(), provider, calendars_only=True)
    form, given = typed(ConnectForm), _given(consent_id)
    if given is None or given.connection_id is not None or given.provider != offered.name:
        return see_other("staff.ask", token=token, provider=offered.name)
    step = go_on(_intent(given), form, token)
    if not isinstance(step, Step):
        return step
    if not step.connected:
        return _form_page(token, offered, given.level, step, status=422)
    return see_other("staff.account", "connected", token=token, connection_id=step.connected)


def again(token: str, connection_id: str) -> Response:
    """Go on to the form if the consent stands and is to what would be asked now; else, or if told to, ask first."""
    found = own_account(connection_id)
    offered = find_provider(the_hub(), found.provider, calendars_only=True)
    level = level_of(offered, found.level)
    standing = standing_consent(the_hub(), _about(offered, level), connection_id)
    if standing is not None and "ask" not in request.args:
        return see_other("staff.again_fill", token=token, connection_id=connection_id, consent_id=standing)
    return _ask_page(token, offered, level, found=found)


def again_answered(token: str, connection_id: str) -> Response:
    """Note the answer, and go on with a yes."""
    found, form = own_account(connection_id), read_decision()
    offered = find_provider(the_hub(), found.provider, calendars_only=True)
    level = level_of(offered, form.level.data or "")
    given = take_answer(_about(offered, level), form, own_zone())
    if given is None:
        return _ask_page(token, offered, level, found=found, form=form)
    ids = {"token": token, "connection_id": connection_id}
    if not given.agreed:
        return see_other("staff.account", "refused", **ids)
    link = staff_link()
    agreed = Intent(link.business_id, offered.name, level, given.consent_id, link.holder_id, connection_id)
    return lead_on(agreed, token) or see_other("staff.again_fill", **ids, consent_id=given.consent_id)


def again_fill(token: str, connection_id: str, consent_id: str) -> Response:
    """Show the form with which the account is connected again."""
    found, given = own_account(connection_id), _given(consent_id)
    if given is None:
        return see_other("staff.again", token=token, connection_id=connection_id)
    offered = find_provider(the_hub(), found.provider, calendars_only=True)
    return _form_page(
        token,
        offered,
        given.level,
        take_step(connecting(_intent(given, connection_id)), None),
        found=found,
    )


def renewed(token: str, connection_id: str, consent_id: str) -> Response:
    """Try what was typed, and connect the account again."""
    found = own_account(connection_id)
    form, given = typed(ConnectForm), _given(consent_id)
    if given is None:
        return see_other("staff.again", token=token, connection_id=connection_id)
    offered = find_provider(the_hub(), found.provider, calendars_only=True)
    step = go_on(_intent(given, connection_id), form, token)
    if not isinstance(step, Step):
        return step
    if not step.connected:
        return _form_page(token, offered, given.level, step, found=found, status=422)
    return see_other("staff.account", "renewed", token=token, connection_id=connection_id)


def _about(offered: Offered, level: str) -> About:
    link = staff_link()
    return consent_about(the_hub(), link.business_id, offered.name, level, link.holder_id)


def _given(consent_id: str) -> Any:
    return given_consent(the_hub(), visit(), staff_link().business_id, consent_id)


def _intent(given: Any, connection_id: str | None = None) -> Intent:
    return intent_of(staff_link().business_id, given, staff_link().holder_id, connection_id)


def _ready() -> tuple[Offered, ...]:
    """Return the providers that can be connected now: what the operator has to do is nobody's business here."""
    return tuple(one for one in providers(the_hub(), calendars_only=True)[0] if one.ready)


def _ask_page(
    token: str, offered: Offered, level: str, *, found: ConnectionView | None = None, form: AnswerForm | None = None
) -> Response:
    let_forms_lead_to(offered.name)
    asked = question(staff_link().business_id, offered, level, own_zone(), form=form)
    return staff_page("ask", token, status_of(asked), asked=asked, connection=found)


def _form_page(
    token: str,
    offered: Offered,
    level: str,
    step: Step,
    *,
    found: ConnectionView | None = None,
    status: int = 200,
) -> Response:
    let_forms_lead_to(offered.name, step.url)
    return staff_page("form", token, status, offered=offered, level=level, step=step, connection=found)


_ALL = "/staff/<token>"
_NEW = f"{_ALL}/connect/<provider>"
_AGAIN = f"{_ALL}/accounts/<connection_id>/again"
_OUT = Rate.OUTWARD
ROUTES = (
    route("staff", f"{_ALL}/connect", providers_page, "GET", Who.STAFF),
    route("staff", _NEW, ask, "GET", Who.STAFF),
    route("staff", _NEW, answered, "POST", Who.STAFF),
    route("staff", f"{_NEW}/<consent_id>", fill, "GET", Who.STAFF),
    route("staff", f"{_NEW}/<consent_id>", connected, "POST", Who.STAFF, rate=_OUT),
    route("staff", _AGAIN, again, "GET", Who.STAFF),
    route("staff", _AGAIN, again_answered, "POST", Who.STAFF),
    route("staff", f"{_AGAIN}/<consent_id>", again_fill, "GET", Who.STAFF),
    route("staff", f"{_AGAIN}/<consent_id>", renewed, "POST", Who.STAFF, rate=_OUT),
)
