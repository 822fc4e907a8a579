"""End a connection in the console: what goes and what stays, then when it stopped, and the receipt of it."""

from __future__ import annotations

import json

from flask import request
from werkzeug.wrappers import Response

from hub.actions.connections import get_connection
from hub.actions.disconnect import disconnect, risk_of_disconnect
from hub.actions.receipt import Receipt, disconnection_receipt
from hub.actions.residue import residue
from hub.actions.revoke import try_revocation
from hub.actions.same_account import disconnect_account, outlook
from hub.core.errors import StateError
from hub.core.role import Right
from hub.web.console.frame import business_page
from hub.web.current import the_hub, visit
from hub.web.door import Rate, Who
from hub.web.pages import see_other
from hub.web.route import route

ENDED = "disconnected"


def connection_end(business_id: str, connection_id: str) -> Response:
    """Ask before it is disconnected: what goes, what stays here and at the provider, which bookings lose protection."""
    found = get_connection(the_hub(), business_id, connection_id, user_id=visit().actor_id)
    if found.health == ENDED:
        return see_other("console.connection", business_id=business_id, connection_id=connection_id)
    at_risk, count = risk_of_disconnect(the_hub(), business_id, connection_id)
    return business_page(
        "console/connection_end.html",
        business_id,
        connection=found,
        at_risk=at_risk,
        count=count,
        outlook=outlook(the_hub(), business_id, connection_id),
        kept=residue(the_hub(), business_id, connection_id),
    )


def connection_ended(business_id: str, connection_id: str) -> Response:
    """Disconnect, with all others of that account if that was asked, and show what came of it.

    A second click shows the same again.
    """
    found = get_connection(the_hub(), business_id, connection_id, user_id=visit().actor_id)
    end = disconnect_account if request.form.get("all") == "y" else disconnect
    ended = end(the_hub(), visit(), business_id, connection_id)
    receipt = _receipt(business_id, connection_id)
    return business_page("console/connection_ended.html", business_id, connection=found, ended=ended, receipt=receipt)


def connection_receipt(business_id: str, connection_id: str) -> Response:
    """Show when an account stopped, what its provider did about it, and what stays."""
    found = get_connection(the_hub(), business_id, connection_id, user_id=visit().actor_id)
    receipt: Receipt | None
    try:
        receipt = _receipt(business_id, connection_id)
    except StateError:
        receipt = None
    return business_page("console/connection_receipt.html", business_id, connection=found, receipt=receipt)


def connection_receipt_export(business_id: str, connection_id: str) -> Response:
    """Give the receipt as a file for programs."""
    return receipt_file(_receipt(business_id, connection_id))


def connection_revoke(business_id: str, connection_id: str) -> Response:
    """Ask the provider once more to end what it has not ended. What came of it stands on the receipt."""
    try_revocation(the_hub(), business_id, connection_id)
    return see_other("console.connection_receipt", "tried", business_id=business_id, connection_id=connection_id)


def receipt_file(receipt: Receipt) -> Response:
    """Return a receipt as JSON to keep."""
    answer = Response(json.dumps(receipt.as_json(), indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="disconnected-{receipt.connection_id}.json"'
    return answer


def _receipt(business_id: str, connection_id: str) -> Receipt:
    return disconnection_receipt(the_hub(), business_id, connection_id, user_id=visit().actor_id)


_ONE = "/console/<business_id>/connections/<connection_id>"
ROUTES = (
    route("console", f"{_ONE}/end", connection_end, "GET", Who.USER, Right.CONNECT),
    route("console", f"{_ONE}/end", connection_ended, "POST", Who.USER, Right.CONNECT),
    route("console", f"{_ONE}/receipt", connection_receipt, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/receipt.json", connection_receipt_export, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/revoke", connection_revoke, "POST", Who.USER, Right.CONNECT, rate=Rate.OUTWARD),
)
