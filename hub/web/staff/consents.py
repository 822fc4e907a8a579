"""What a staff member agreed to, at their link: the text that they read, its receipt, and a button that stops it."""

from __future__ import annotations

from werkzeug.wrappers import Response

from hub.actions.consent_end import withdraw_consent
from hub.actions.consents import consent_receipt, get_consent, list_consents
from hub.web.console.consents import WithdrawForm, receipt_file
from hub.web.current import staff_link, the_hub, visit
from hub.web.door import Who
from hub.web.forms import typed
from hub.web.offsite.leaving import via
from hub.web.pages import see_other
from hub.web.route import route
from hub.web.staff.frame import staff_page


def consents(token: str) -> Response:
    """List their own consents, and those about their own accounts."""
    link = staff_link()
    return staff_page("consents", token, consents=list_consents(the_hub(), link.business_id, holder_id=link.holder_id))


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


_ALL = "/staff/<token>/consents"
ROUTES = (
    route("staff", _ALL, consents, "GET", Who.STAFF),
    route("staff", f"{_ALL}/<consent_id>/receipt", consent_file, "GET", Who.STAFF),
    route("staff", f"{_ALL}/<consent_id>/stop", stopped, "POST", Who.STAFF),
)
