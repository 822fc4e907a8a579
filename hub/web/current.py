"""What belongs to the request in hand: the hub, who came in, and by which door."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g, request
from werkzeug.wrappers import Response

from hub.core.errors import UnknownId
from hub.core.security import Visit
from hub.parts import Hub
from hub.web.door import Door

if TYPE_CHECKING:
    from hub.actions.access_link import Approver
    from hub.actions.api_keys import ApiKey
    from hub.actions.off_site import Pending
    from hub.actions.sessions import Session
    from hub.actions.staff_links import StaffLink
    from hub.web.limits import Limiter

SESSION, VISIT, THEME = "hub_session", "hub_visit", "hub_theme"
"""The cookies: a sign-in, a visitor before it, and light or dark."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """Who came in by which door.

    Of session, key, staff, customer (business, booking) and approver the one is set that the door asks for; with
    ``pending``, what somebody connects who is back from a provider, session or staff. ``secret`` is what forms of this
    visitor are bound to.
    """

    door: Door
    visit: Visit
    network: str
    secret: str = ""
    session: Session | None = None
    key: ApiKey | None = None
    staff: StaffLink | None = None
    customer: tuple[str, str] | None = None
    approver: Approver | None = None
    pending: Pending | None = None
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))


def keep_parts(app: Flask, hub: Hub, limiter: Limiter) -> None:
    """Let the requests of this application find its parts."""
    app.extensions["hub"] = hub
    app.extensions["limiter"] = limiter


def the_hub() -> Hub:
    """Return the hub that the application belongs to."""
    return cast(Hub, current_app.extensions["hub"])


def the_limiter() -> Limiter:
    """Return what counts how often somebody came."""
    return cast("Limiter", current_app.extensions["limiter"])


def entry() -> Entry:
    """Return who came in."""
    return cast(Entry, g.entry)


def visit() -> Visit:
    """Return who does something and from where, for the security events."""
    return entry().visit


def session() -> Session:
    """Return the sign-in behind a door for users; raises UnknownId elsewhere."""
    found = entry().session
    if found is None:
        raise UnknownId("session", "")
    return found


def key() -> ApiKey:
    """Return the API key behind a door for keys; raises UnknownId elsewhere."""
    found = entry().key
    if found is None:
        raise UnknownId("key", "")
    return found


def staff_link() -> StaffLink:
    """Return the invite link behind a door for staff; raises UnknownId elsewhere."""
    found = entry().staff
    if found is None:
        raise UnknownId("link", "")
    return found


def customer_booking() -> tuple[str, str]:
    """Return business and booking behind a customer's link; raises UnknownId elsewhere."""
    found = entry().customer
    if found is None:
        raise UnknownId("link", "")
    return found


def approver() -> Approver:
    """Return who decides by a signed link; raises UnknownId elsewhere."""
    found = entry().approver
    if found is None:
        raise UnknownId("link", "")
    return found


def form_token() -> str:
    """Return the token that a form of this visitor carries: bound to the cookie, worth nothing to anybody else."""
    return the_hub().keyring.doors.sign("form", entry().secret.encode())


def is_form_token(given: str) -> bool:
    """Tell whether a text is such a token of this visitor, also one of a form from before the keys were rotated."""
    return the_hub().keyring.doors.is_signed("form", entry().secret.encode(), given)


def cookie_name(name: str) -> str:
    """Return the name of a cookie; over TLS with the prefix that ties it to this very host (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if the_hub().settings.is_https else name


def cookie(name: str) -> str:
    """Return the value of one of our cookies, empty without it."""
    return request.cookies.get(cookie_name(name), "")


def keep_cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    """Let the browser keep one of our cookies: for this host alone, unseen by scripts, not with other sites' posts."""
    answer.set_cookie(
        cookie_name(name),
        value,
        max_age=seconds,
        path="/",
        secure=the_hub().settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(answer: Response, name: str) -> None:
    """Let the browser forget one of our cookies."""
    keep_cookie(answer, name, "", 0)
