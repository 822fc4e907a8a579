"""What every page behind a staff member's link has: who asks, for whom the link is, and the times of the business."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from hub.actions.agency import agency_name
from hub.actions.businesses import get_business
from hub.actions.connections import ConnectionView, get_connection
from hub.actions.holders import get_holder
from hub.actions.staff_links import hides_names
from hub.web.current import staff_link, the_hub
from hub.web.pages import page


def staff_page(name: str, token: str, status: int = 200, **context: Any) -> Response:
    """Return a page of the link in hand."""
    link = staff_link()
    business = get_business(the_hub(), link.business_id)
    more = {"agency": agency_name(the_hub().database), "zone": business.zone, **context}
    return page(f"staff/{name}.html", status, token=token, link=link, business=business, **more)


def own_zone() -> str:
    """Return the zone of the link's staff member."""
    link = staff_link()
    return get_holder(the_hub(), link.business_id, link.holder_id).zone


def own_account(connection_id: str) -> ConnectionView:
    """Return an account of the link's staff member. Raises UnknownId for one of anybody else."""
    link = staff_link()
    hidden = hides_names(the_hub(), link)
    return get_connection(the_hub(), link.business_id, connection_id, holder_id=link.holder_id, hidden=hidden)
