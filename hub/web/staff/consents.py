"""What a staff member agreed to, at their link: the text that they read, its receipt, and a button that stops it."""

from __future__ import annotations

from werkzeug.wrappers import Response

from hub.actions.connections import ConnectionView
from hub.actions.consent import consent_about
from hub.actions.consent_end import withdraw_consent
from hub.actions.consents import consent_receipt, get_consent, list_consents
from hub.core.errors import StateError
from hub.web.console.asking import AnswerForm, question, read_decision, status_of, take_answer
from hub.web.console.connecting import provider as find_provider
from hub.web.console.consents import WithdrawForm, receipt_file
from hub.web.current import staff_link, the_hub, visit
from hub.web.door import Who
from hub.web.forms import typed
from hub.web.offsite.leaving import via
from hub.web.pages import see_other
from hub.web.route import route
from hub.web.staff.frame import own_account, own_zone, staff_page


def consents(token: str) -> Response:
    """List their own consents, and those about their own accounts."""
    link = staff_link()
    return staff_page(
        "consents", token, consents=list_consents(the_hub(), link.business_id, holder_id=link.holder_id), own=own_zone()
    )


def consent_file(token: str, consent_id: str) -> Response:
    """Give the receipt as a file."""
    link = staff_link()
    return receipt_file(consent_receipt(the_hub(), link.business_id, consent_id, holder_id=link.holder_id))


def stopped(token: str, consent_id: str) -> Response:
    """Withdraw the consent to writing appointments; the rest goes with the account itself."""
    typed(WithdrawForm)
    link = staff_link()
    found = get_consent(the_hub(), link.business_id, consent_id, holder_id=link.holder_id)
    if found.connection_id and found.can_stop:
        withdraw_consent(
            the_hub(),
            visit(),
            link.business_id,
            found.connection_id,
            purposes=found.can_stop,
            holder_id=link.holder_id,
            via=via(),
        )
    return see_other("staff.consents", "stopped", token=token)


def agree_again(token: str, connection_id: str) -> Response:
    """Ask once more about their own account that is connected: a yes lets it go on without a break."""
    return _again_page(token, own_account(connection_id))


def agreed_again(token: str, connection_id: str) -> Response:
    """Note the answer; a yes takes the place of the consent that stands."""
    found, form, link = own_account(connection_id), read_decision(), staff_link()
    about = consent_about(the_hub(), link.business_id, found.provider, found.level, link.holder_id)
    try:
        given = take_answer(about, form, own_zone(), connection_id=connection_id)
    except StateError:
        return see_other("staff.again", token=token, connection_id=connection_id)
    if given is None:
        return _again_page(token, found, form)
    done = "agreed_again" if given.agreed else "goes_on"
    return see_other("staff.account", done, token=token, connection_id=connection_id)


def _again_page(token: str, found: ConnectionView, form: AnswerForm | None = None) -> Response:
    offered = find_provider(the_hub(), found.provider, calendars_only=True)
    asked = question(staff_link().business_id, offered, found.level, own_zone(), form=form, again=True)
    return staff_page("ask", token, status_of(asked), asked=asked, connection=found)


_ALL = "/staff/<token>/consents"
_AGAIN = "/staff/<token>/accounts/<connection_id>/agree"
ROUTES = (
    route("staff", _ALL, consents, "GET", Who.STAFF),
    route("staff", f"{_ALL}/<consent_id>/receipt", consent_file, "GET", Who.STAFF),
    route("staff", f"{_ALL}/<consent_id>/stop", stopped, "POST", Who.STAFF),
    route("staff", _AGAIN, agree_again, "GET", Who.STAFF),
    route("staff", _AGAIN, agreed_again, "POST", Who.STAFF),
)
