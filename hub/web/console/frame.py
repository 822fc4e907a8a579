"""What every page of the console has around it: where one can go, and the business one is in."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from hub.actions.businesses import Business, get_business
from hub.web.console.nav import nav
from hub.web.current import session, the_hub
from hub.web.pages import page


def console_page(template: str, status: int = 200, **context: Any) -> Response:
    """Return a page of the agency."""
    return page(template, status, nav=nav(), business=None, zone=session().user.zone, **context)


def business_page(template: str, business_id: str, status: int = 200, **context: Any) -> Response:
    """Return a page of a business; its times are in the business's zone. Raises UnknownId."""
    business: Business = context.pop("business", None) or get_business(the_hub(), business_id)
    return page(template, status, nav=nav(business.id, business.name), business=business, zone=business.zone, **context)
