"""The one address to which providers send owners back."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from hub.actions.off_site import Away, finish
from hub.actions.provider_settings import RETURN_PATH
from hub.core.errors import HubError, StateError
from hub.core.provider import Form
from hub.core.role import Right
from hub.vault.keycalls import Connected
from hub.web.current import entry, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.offsite.leaving import forget_mark, lead_off, mark_in_browser
from hub.web.offsite.outcome import connected_page, gone_page, stopped_page
from hub.web.route import route

_UNUSABLE = "The provider's answer makes no sense to the hub. Nothing was connected."


def back() -> Response:
    """Take what the provider sent back, once, and show the account or what kept it from being connected.

    The guard has seen by now that it is the visitor and the browser that were sent off.
    """
    state = request.args["state"]
    return forget_mark(_back(mark_in_browser(state).token), state)


def _back(token: str) -> Response:
    pending = entry().pending
    if pending is None:
        return gone_page()
    intent = pending.intent
    try:
        found = finish(the_hub(), visit(), pending, request.args.to_dict())
    except StateError as error:
        return gone_page() if error.code == "returned" else stopped_page(intent, error, token)
    except HubError as error:
        return stopped_page(intent, error, token)
    if isinstance(found, Connected):
        return connected_page(intent, found.connection, token)
    if isinstance(found, Away):
        return lead_off(found, intent.provider, token)
    return stopped_page(intent, (found.problem if isinstance(found, Form) else "") or _UNUSABLE, token)


ROUTES = (route("offsite", RETURN_PATH, back, "GET", Who.RETURN, Right.CONNECT, rate=Rate.OUTWARD),)
