"""Decide by the link in a mail: what somebody asks to see, why and for how long; agree, refuse, end it."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from hub.actions.access_list import get_access
from hub.actions.agency import agency_name
from hub.actions.businesses import get_business
from hub.core.access import AccessReason
from hub.core.errors import StateError
from hub.web.console.deciding import WORDS, decide, read_answer
from hub.web.current import approver, the_hub
from hub.web.door import Who
from hub.web.pages import page, see_other
from hub.web.route import route


def question(token: str) -> Response:
    """Show what is asked. Looking changes nothing."""
    return _page(token)


def answered(token: str) -> Response:
    """Take the answer."""
    found = approver()
    try:
        decide(found.business_id, found.grant_id, read_answer())
    except StateError as error:
        return _page(token, 409, problem=error.message)
    return see_other("access.question", "answered", token=token)


def _page(token: str, status: int = 200, **more: Any) -> Response:
    found = approver()
    business = get_business(the_hub(), found.business_id)
    grant = get_access(the_hub(), found.business_id, found.grant_id)
    return page(
        "access/answer.html",
        status,
        token=token,
        business=business,
        agency=agency_name(the_hub().database),
        zone=business.zone,
        grant=grant,
        words=WORDS,
        support=AccessReason.SUPPORT,
        **more,
    )


ROUTES = (
    route("access", "/access/<token>", question, "GET", Who.APPROVER),
    route("access", "/access/<token>", answered, "POST", Who.APPROVER),
)
