"""The agency's mail server: connected with the form of its plugin, tried with a mail to oneself, disconnected.

Whoever chooses the server reads the links that are mailed to users, an owner's new password too. So it is for owners.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from hub.actions.connect import connect
from hub.actions.connections import list_connections
from hub.actions.consent import consent_about, consent_question
from hub.actions.disconnect import disconnect
from hub.actions.kept_mails import kept_by_business
from hub.actions.try_mail import last_test_mail, send_test_mail
from hub.core.errors import UnknownId
from hub.core.role import Right
from hub.store.business import AGENCY
from hub.web.console.connecting import (
    ConnectForm,
    Offered,
    Step,
    level_of,
    provider,
    providers,
    read_answer,
    take_step,
)
from hub.web.console.frame import console_page
from hub.web.console.mails import STATES
from hub.web.console.reach import some_names
from hub.web.current import session, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import typed
from hub.web.pages import see_other
from hub.web.route import route


def agency_mail() -> Response:
    """Show the server, and how the last trial ended."""
    offered, _ = providers(the_hub())
    live = [one for one in list_connections(the_hub(), AGENCY) if one.health != "disconnected"]
    return console_page(
        "console/settings_mail.html",
        connections=sorted(live, key=lambda one: one.id, reverse=True),
        offered=[one for one in offered if one.sends_mail],
        tried=last_test_mail(the_hub()),
        states=STATES,
        kept=_kept() if live else (),
    )


def agency_mail_fill(mail_provider: str) -> Response:
    """Show the form that the plugin asks for."""
    offered = _sender(mail_provider)
    level = level_of(offered, "")
    return _form_page(offered, level, take_step(_work(offered, level, ""), None))


def agency_mail_made(mail_provider: str) -> Response:
    """Try what was typed, and connect. An earlier server is disconnected then, so that there is one."""
    offered, form = _sender(mail_provider), typed(ConnectForm)
    level = level_of(offered, form.level.data or "")
    step = take_step(_work(offered, level, form.agreed.data or ""), read_answer())
    if not step.connected:
        return _form_page(offered, level, step, 200 if step.url else 422)
    for one in list_connections(the_hub(), AGENCY):
        if one.id != step.connected and one.health != "disconnected":
            disconnect(the_hub(), visit(), AGENCY, one.id)
    return see_other("console.agency_mail", "saved")


def agency_mail_test() -> Response:
    """Send a mail to oneself, through the outbox."""
    send_test_mail(the_hub(), visit(), session().user)
    return see_other("console.agency_mail", "tested")


def agency_mail_end(connection_id: str) -> Response:
    """Disconnect it: mails are kept from then on."""
    disconnect(the_hub(), visit(), AGENCY, connection_id)
    return see_other("console.agency_mail", "disconnected")


def _kept() -> list[tuple[str, str, int]]:
    """Return name, page and number of kept mails of those that have some, the agency first."""
    counts = kept_by_business(the_hub(), None)
    names = some_names(set(counts))
    pages = {one: url_for("console.mails", business_id=one, view="kept") for one in names if one != AGENCY}
    pages[AGENCY] = url_for("console.agency_mails", view="kept")
    return [(names[one], pages[one], counts[one]) for one in names if one in counts]


def _sender(name: str) -> Offered:
    offered = provider(the_hub(), name)
    if not offered.sends_mail:
        raise UnknownId("provider", name)
    return offered


def _work(offered: Offered, level: str, agreed: str) -> Any:
    def work(answer: Mapping[str, str] | None) -> Any:
        return connect(the_hub(), AGENCY, offered.name, level, answer, visit=visit(), agreed=agreed)

    return work


def _form_page(offered: Offered, level: str, step: Step, status: int = 200) -> Response:
    text = consent_question(the_hub(), consent_about(the_hub(), AGENCY, offered.name, level))
    return console_page("console/settings_mail_form.html", status, offered=offered, level=level, step=step, text=text)


_ALL = "/console/agency-mail"
_ONE = f"{_ALL}/connect/<mail_provider>"
_MAY = Right.OWN  # the mail server sees the links with which users set passwords
_OUT = Rate.OUTWARD
ROUTES = (
    route("console", _ALL, agency_mail, "GET", Who.USER, _MAY),
    route("console", f"{_ALL}/test", agency_mail_test, "POST", Who.USER, _MAY, rate=_OUT),
    route("console", _ONE, agency_mail_fill, "GET", Who.USER, _MAY, confirmed=True),
    route("console", _ONE, agency_mail_made, "POST", Who.USER, _MAY, rate=_OUT, confirmed=True),
    route("console", f"{_ALL}/<connection_id>/end", agency_mail_end, "POST", Who.USER, _MAY, confirmed=True),
)
