"""Who asked to see something of a staff member, who looked, and what was done with their account."""

from __future__ import annotations

from werkzeug.wrappers import Response

from hub.actions.access_list import access_to
from hub.actions.activity import activity
from hub.actions.staff_links import hides_names
from hub.core.access import Subject
from hub.core.errors import StateError
from hub.core.trouble import sentence
from hub.web.console.activity import PURPOSES
from hub.web.console.deciding import WORDS, decide, read_answer
from hub.web.current import staff_link, the_hub
from hub.web.door import Who
from hub.web.pages import see_other
from hub.web.route import route
from hub.web.staff.frame import own_account, staff_page


def looks(token: str) -> Response:
    """Show what is asked now, and who looked at what."""
    return _page(token)


def look_answered(token: str, grant_id: str) -> Response:
    """Agree, refuse or end."""
    link = staff_link()
    try:
        decide(link.business_id, grant_id, read_answer(), link_id=link.id)
    except StateError as error:
        return _page(token, 409, problem=error.message)
    return see_other("staff.looks", "answered", token=token)


def account_activity(token: str, connection_id: str) -> Response:
    """Show what was done with an account in the last days."""
    link = staff_link()
    return staff_page(
        "activity",
        token,
        connection=own_account(connection_id),
        activity=activity(the_hub(), link.business_id, connection_id, holder_id=link.holder_id),
        purposes=PURPOSES,
        sentence=sentence,
    )


def _page(token: str, status: int = 200, *, problem: str = "") -> Response:
    link = staff_link()
    found = access_to(the_hub(), link.business_id, Subject.STAFF, link.holder_id, hidden=hides_names(the_hub(), link))
    return staff_page("looks", token, status, grants=found, words=WORDS, problem=problem)


_ALL = "/staff/<token>/looks"
ROUTES = (
    route("staff", _ALL, looks, "GET", Who.STAFF),
    route("staff", f"{_ALL}/<grant_id>", look_answered, "POST", Who.STAFF),
    route("staff", "/staff/<token>/accounts/<connection_id>/activity", account_activity, "GET", Who.STAFF),
)
