"""Consents of a business: what was asked, what was answered and what became of it, with the text and the receipt."""

from __future__ import annotations

from flask import jsonify, request
from werkzeug.wrappers import Response

from hub.actions.connections import ConnectionView, get_connection
from hub.actions.consent import check_renewal, consent_about
from hub.actions.consent_end import withdraw_consent
from hub.actions.consents import consent_receipt, get_consent, list_consents
from hub.core.errors import StateError
from hub.core.role import Right
from hub.web.console.asking import AnswerForm, question, read_decision, status_of, take_answer
from hub.web.console.connecting import provider as find_provider
from hub.web.console.frame import business_page
from hub.web.current import session, the_hub, visit
from hub.web.door import Who
from hub.web.forms import Form, typed
from hub.web.offsite.leaving import via
from hub.web.pages import see_other
from hub.web.route import route


class WithdrawForm(Form):
    """There is nothing to fill in: what can be withdrawn alone is withdrawn."""


def consents(business_id: str) -> Response:
    """List them, or with ``connection`` those that one account ever went by."""
    connection_id = request.args.get("connection", "")[:40]
    found = list_consents(the_hub(), business_id, connection_id=connection_id)
    return business_page("console/consents.html", business_id, consents=found, connection_id=connection_id)


def consent(business_id: str, consent_id: str) -> Response:
    """Show one: its states, and the text that was read."""
    return business_page("console/consent.html", business_id, consent=get_consent(the_hub(), business_id, consent_id))


def consent_file(business_id: str, consent_id: str) -> Response:
    """Give the receipt as a file."""
    return receipt_file(consent_receipt(the_hub(), business_id, consent_id))


def consent_stopped(business_id: str, consent_id: str) -> Response:
    """Withdraw the consent to writing appointments; the rest goes with the account itself."""
    typed(WithdrawForm)
    found = get_consent(the_hub(), business_id, consent_id)
    if found.connection_id and found.can_stop:
        withdraw_consent(the_hub(), visit(), business_id, found.connection_id, purposes=found.can_stop, via=via())
    return see_other("console.consent", "stopped", business_id=business_id, consent_id=consent_id)


def consent_again(business_id: str, connection_id: str) -> Response:
    """Ask once more about an account that is connected: a yes lets it go on without a break."""
    found = get_connection(the_hub(), business_id, connection_id)
    about = consent_about(the_hub(), business_id, found.provider, found.level, found.holder_id)
    try:
        check_renewal(the_hub(), visit(), about, connection_id)
    except StateError as error:
        return _not_again(business_id, connection_id, error)
    return _again_page(business_id, found)


def consent_renewed(business_id: str, connection_id: str) -> Response:
    """Note the answer; a yes takes the place of the consent that stands."""
    found, form = get_connection(the_hub(), business_id, connection_id), read_decision()
    about = consent_about(the_hub(), business_id, found.provider, found.level, found.holder_id)
    ids = {"business_id": business_id, "connection_id": connection_id}
    try:
        given = take_answer(about, form, session().user.zone, connection_id=connection_id)
    except StateError as error:
        return _not_again(business_id, connection_id, error)
    if given is None:
        return _again_page(business_id, found, form)
    return see_other("console.connection", "agreed_again" if given.agreed else "goes_on", **ids)


def _not_again(business_id: str, connection_id: str, error: StateError) -> Response:
    """Lead to where something can be done: connect it again, or leave it to its staff member."""
    page = ("console.connection", "theirs") if error.code == "theirs" else ("console.connection_again",)
    return see_other(*page, business_id=business_id, connection_id=connection_id)


def _again_page(business_id: str, found: ConnectionView, form: AnswerForm | None = None) -> Response:
    offered = find_provider(the_hub(), found.provider)
    asked = question(business_id, offered, found.level, session().user.zone, form=form, again=True)
    more = {"asked": asked, "staff": [], "holder_id": "", "connection": found}
    return business_page("console/connection_ask.html", business_id, status_of(asked), **more)


def receipt_file(receipt: dict[str, object]) -> Response:
    """Return a receipt as a file to keep."""
    answer = jsonify(receipt)
    answer.headers["Content-Disposition"] = f'attachment; filename="consent-{receipt["dct:identifier"]}.json"'
    return answer


_ALL = "/console/<business_id>/consents"
_ONE = f"{_ALL}/<consent_id>"
_AGAIN = "/console/<business_id>/connections/<connection_id>/agree"
ROUTES = (
    route("console", _ALL, consents, "GET", Who.USER, Right.VIEW),
    route("console", _ONE, consent, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/receipt", consent_file, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/stop", consent_stopped, "POST", Who.USER, Right.CONNECT),
    route("console", _AGAIN, consent_again, "GET", Who.USER, Right.CONNECT),
    route("console", _AGAIN, consent_renewed, "POST", Who.USER, Right.CONNECT),
)
