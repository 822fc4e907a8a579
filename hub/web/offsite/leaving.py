"""Lead a visitor to a provider's pages, and know their browser again when they are back.

The browser keeps a secret in a cookie of its own, under a name that belongs to the one state: two tabs do not disturb
each other. Over https the name ties it to this very host; else only our own return address is sent it. For a staff
member the cookie also holds the secret of their link, by which they go on afterwards: the hub keeps it nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import g, redirect, request
from werkzeug.wrappers import Response

from hub.actions.off_site import SECONDS, Away, Intent, leave, mark_of, origin_of
from hub.actions.provider_settings import addresses
from hub.core.errors import HubError, Refused, UnknownId
from hub.vault.keycalls import Connected
from hub.web.current import cookie_name, entry, the_hub, visit
from hub.web.offsite.outcome import connected_page, stopped_page
from hub.web.pages import page

_NAME = "hub_connect_"
_PATH = "/connect"


@dataclass(frozen=True, slots=True, repr=False)
class Mark:
    """What the browser brings back: its secret, and the secret of a staff member's link."""

    secret: str = ""
    token: str = ""


def lead_on(intent: Intent, token: str = "") -> Response | None:
    """Send the visitor to the provider's pages if it asks there; None where the plugin asks on ours.

    ``token`` is the secret of a staff member's link. What keeps it from going on becomes a page. Raises UnknownId.
    """
    try:
        found = leave(the_hub(), visit(), via(), intent)
    except UnknownId:
        raise
    except HubError as error:
        return stopped_page(intent, error, token)
    if isinstance(found, Away):
        return lead_off(found, intent.provider, token)
    return connected_page(intent, found.connection, token) if isinstance(found, Connected) else None


def lead_off(away: Away, provider: str, token: str = "") -> Response:
    """Return the answer that leads there: at once where the page said that it may, else by a link."""
    if origin_of(away.url) in addresses(the_hub(), provider):
        answer: Response = redirect(away.url, 303)
    else:
        answer = page("offsite/leave.html", url=away.url, host=urlsplit(away.url).netloc)
    _keep(answer, away.mark, f"{away.secret}.{token}", SECONDS)
    return answer


def let_forms_lead_to(provider: str, *urls: str) -> None:
    """Let forms of this page be answered by a redirect to the provider's addresses, and nowhere else.

    Browsers hold the redirect after a form to the ``form-action`` of its page (CSP Level 3, 6.4.1).
    """
    found = set(addresses(the_hub(), provider))
    for url in urls:
        try:
            found.add(origin_of(url))
        except Refused:
            continue  # it is shown as what it is, and not led to
    g.forms = tuple(sorted(found))


def mark_in_browser(state: str) -> Mark:
    """Return what this browser kept for a state."""
    secret, _, token = request.cookies.get(cookie_name(_NAME + mark_of(state)), "").partition(".")
    return Mark(secret, token)


def forget_mark(answer: Response, state: str) -> Response:
    """Let the browser forget what it kept for a state."""
    _keep(answer, mark_of(state), "", 0)
    return answer


def via() -> str:
    """Return the id of the sign-in or link by which the visitor came."""
    found = entry()
    return found.session.id if found.session else found.staff.id if found.staff else ""


def _keep(answer: Response, mark: str, value: str, seconds: int) -> None:
    tls = the_hub().settings.is_https
    more = {"path": "/" if tls else _PATH, "secure": tls}  # a name with __Host- takes the whole host (RFC 6265bis)
    answer.set_cookie(cookie_name(_NAME + mark), value, max_age=seconds, httponly=True, samesite="Lax", **more)  # type: ignore[arg-type]
