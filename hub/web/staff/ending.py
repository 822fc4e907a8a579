"""End an account by a staff member's link: what goes and what stays, then when it stopped, and the receipt of it."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from werkzeug.wrappers import Response

from hub.actions.disconnect import disconnect, risk_of_disconnect
from hub.actions.receipt import Receipt, disconnection_receipt
from hub.actions.residue import residue
from hub.actions.revoke import try_revocation
from hub.actions.same_account import disconnect_account, outlook
from hub.core.errors import StateError
from hub.web.console.ending import ENDED, receipt_file
from hub.web.current import staff_link, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.pages import see_other
from hub.web.route import route
from hub.web.staff.frame import own_account, staff_page


def ask_end(token: str, connection_id: str) -> Response:
    """Ask before the account is disconnected: what goes, and what stays until when."""
    link, found = staff_link(), own_account(connection_id)
    if found.health == ENDED:
        return see_other("staff.receipt", token=token, connection_id=connection_id)
    ids = link.business_id, connection_id
    at_risk, count = risk_of_disconnect(the_hub(), *ids, holder_id=link.holder_id)
    return staff_page(
        "end",
        token,
        connection=found,
        at_risk=at_risk,
        count=count,
        outlook=outlook(the_hub(), *ids, holder_id=link.holder_id),
        kept=residue(the_hub(), *ids, holder_id=link.holder_id),
    )


def end(token: str, connection_id: str) -> Response:
    """Disconnect the account, or all of that account that are theirs, and say what came of it.

    A second click shows the same again.
    """
    link = staff_link()
    work = disconnect_account if request.form.get("all") == "y" else disconnect
    ended = work(the_hub(), visit(), link.business_id, connection_id, holder_id=link.holder_id)
    ended = replace(ended, account_name=own_account(connection_id).account_name)
    return staff_page("ended", token, ended=ended, receipt=_receipt(connection_id))


def receipt(token: str, connection_id: str) -> Response:
    """Show when the account stopped, what its provider did about it, and what stays."""
    found = own_account(connection_id)
    shown: Receipt | None
    try:
        shown = _receipt(connection_id)
    except StateError:
        shown = None
    return staff_page("receipt", token, connection=found, receipt=shown)


def receipt_export(token: str, connection_id: str) -> Response:
    """Give the receipt as a file for programs."""
    return receipt_file(_receipt(connection_id))


def revoke(token: str, connection_id: str) -> Response:
    """Ask the provider once more to end what it has not ended."""
    link = staff_link()
    try_revocation(the_hub(), link.business_id, connection_id, holder_id=link.holder_id)
    return see_other("staff.receipt", "tried", token=token, connection_id=connection_id)


def _receipt(connection_id: str) -> Receipt:
    link = staff_link()
    found = disconnection_receipt(the_hub(), link.business_id, connection_id, holder_id=link.holder_id)
    return replace(found, account_name=own_account(connection_id).account_name)


_ONE = "/staff/<token>/accounts/<connection_id>"
ROUTES = (
    route("staff", f"{_ONE}/end", ask_end, "GET", Who.STAFF),
    route("staff", f"{_ONE}/end", end, "POST", Who.STAFF),
    route("staff", f"{_ONE}/receipt", receipt, "GET", Who.STAFF),
    route("staff", f"{_ONE}/receipt.json", receipt_export, "GET", Who.STAFF),
    route("staff", f"{_ONE}/revoke", revoke, "POST", Who.STAFF, rate=Rate.OUTWARD),
)
