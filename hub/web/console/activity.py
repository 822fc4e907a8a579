"""What was done with an account, for the people of the agency."""

from __future__ import annotations

from werkzeug.wrappers import Response

from hub.actions.activity import activity
from hub.actions.connections import get_connection
from hub.core.purpose import Purpose
from hub.core.role import Right
from hub.core.trouble import sentence
from hub.web.console.frame import business_page
from hub.web.current import session, the_hub
from hub.web.door import Who
from hub.web.route import route

PURPOSES = {
    Purpose.CONNECT: "to connect and to see that it answers",
    Purpose.SHOW_CALENDARS: "for its list of calendars",
    Purpose.CHECK_AVAILABILITY: "for availability",
    Purpose.PREVENT_CONFLICTS: "to keep bookings out of busy times",
    Purpose.CREATE_EVENT: "to write appointments",
    Purpose.UPDATE_EVENT: "to move appointments",
    Purpose.CANCEL_EVENT: "to take appointments out",
    Purpose.PROTECT: "to find faults or misuse",
    Purpose.SEND_MESSAGE: "to send mails",
}
"""What an account was asked for, as the end of a sentence."""


def connection_activity(business_id: str, connection_id: str) -> Response:
    """Show the last days: how often it was asked, for what, and what was refused."""
    return business_page(
        "console/activity.html",
        business_id,
        connection=get_connection(the_hub(), business_id, connection_id, user_id=session().user.id),
        activity=activity(the_hub(), business_id, connection_id),
        purposes=PURPOSES,
        sentence=sentence,
    )


ROUTES = (
    route(
        "console",
        "/console/<business_id>/connections/<connection_id>/activity",
        connection_activity,
        "GET",
        Who.USER,
        Right.VIEW,
    ),
)
