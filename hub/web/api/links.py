"""Links of staff members over the API: made to be sent to them, and ended."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from hub.actions import staff_links as actions
from hub.core.role import Right
from hub.web.api.call import Reply, call
from hub.web.api.fields import WHOLE, Given, Id, Instant, Shown
from hub.web.api.repeat import made, make_once
from hub.web.current import the_hub, visit

TAG = "Staff links"


class NewLink(Given):
    """A link to make; it ends an older one of the same staff member."""

    holder_id: Id
    days: Annotated[int, Field(ge=1, le=365), WHOLE] = 30


class Link(Shown):
    """A link with which a staff member connects and disconnects calendars, without an account."""

    id: Id
    holder_id: str
    made_at: Instant
    until: Instant
    seen_at: Instant | None
    ended_at: Instant | None
    url: str | None = Field(description="Where it leads; shown only in the answer that made it.")


class Links(Shown):
    """The links of a business, the newest first."""

    items: list[Link]


def list_links(business_id: str) -> Links:
    """List the links of the staff, also those that are over."""
    return Links(items=[_link(one) for one in actions.list_staff_links(the_hub(), business_id)])


def add_link(business_id: str, body: NewLink) -> Reply:
    """Make a link for a staff member."""
    tokens: list[str] = []

    def make() -> str:
        link, token = actions.make_staff_link(the_hub(), visit(), business_id, body.holder_id, body.days)
        tokens.append(token)
        return link.id

    made_id, repeated = make_once(business_id, body, make)
    found = next(one for one in actions.list_staff_links(the_hub(), business_id) if one.id == made_id)
    url = f"{the_hub().settings.base_url}/staff/{tokens[0]}" if tokens else None
    return made(_link(found, url), repeated=repeated)


def end_link(business_id: str, link_id: str) -> Reply:
    """End a link. What was connected by it stays connected."""
    actions.end_staff_link(the_hub(), visit(), business_id, link_id)
    return Reply(None, 204)


def _link(found: actions.StaffLink, url: str | None = None) -> Link:
    values: dict[str, Any] = {name: getattr(found, name) for name in Link.model_fields if name != "url"}
    return Link(**values, url=url)


_ALL = "/businesses/<business_id>/links"
ROUTES = (
    call("GET", _ALL, list_links, Right.CONNECT, TAG, gives=Links),
    call("POST", _ALL, add_link, Right.CONNECT, TAG, takes=NewLink, gives=Link, status=201, keyed=True),
    call("DELETE", f"{_ALL}/<link_id>", end_link, Right.CONNECT, TAG, status=204),
)
