"""Where somebody goes on who is back from a provider's pages: to the account, or to what kept it from being one."""

from __future__ import annotations

import re
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from hub.actions.businesses import get_business
from hub.actions.off_site import Intent
from hub.actions.provider_settings import request_to_administrator
from hub.core.errors import HubError, PluginBroken, ProviderError
from hub.core.trouble import known_reason, sentence
from hub.web.current import the_hub
from hub.web.pages import page, see_other
from hub.web.refusals import refusal

_ADDRESS = re.compile(r"https://[!-~]+")
"""Where an administrator can agree, as the plugin says it in its message."""

GONE = (
    "This does not belong to a connection that was begun in this browser, or it was used already, or more than ten "
    "minutes went by. Nothing was connected by it. Begin again: in the console, or at the link that you were sent."
)


def connected_page(intent: Intent, connection_id: str, token: str = "") -> Response:
    """Lead on to the account: which one it is, of whom, and what it may be used for."""
    done = "renewed" if intent.connection_id else "connected"
    if token:
        return see_other("staff.account", done, token=token, connection_id=connection_id)
    return see_other("console.connection", done, business_id=intent.business_id, connection_id=connection_id)


def stopped_page(intent: Intent, error: HubError | str, token: str = "") -> Response:
    """Say in plain words why nothing was connected, with a way to try again and one back."""
    code = error if isinstance(error, str) else error.code
    offered = the_hub().registry.provider(intent.provider)
    business = get_business(the_hub(), intent.business_id)
    letter = ""
    if code == "admin_blocked":
        there = _ADDRESS.search(str(error))
        letter = request_to_administrator(
            the_hub(), offered, intent.level, business.name, there.group() if there else ""
        )
    return page(
        "offsite/stopped.html",
        200 if isinstance(error, str | ProviderError) else 409,
        text=error if isinstance(error, str) else _why(error),
        title=offered.title,
        who=business.name,
        again=_address(intent, token, again=True),
        back=_address(intent, token, again=False),
        letter=letter,
        business=business,
    )


def administrator_answered() -> bool:
    """Tell whether it is an administrator who was asked to allow the application, and is sent here afterwards.

    They began nothing here, and nothing follows from it (Microsoft identity platform, admin consent).
    """
    given = request.args
    return given.get("admin_consent", "").lower() == "true" and not {"code", "state"} & set(given)


def administrator_page() -> Response:
    """Return what such an administrator reads, who may have declined."""
    return page("offsite/allowed.html", declined="error" in request.args)


def gone_page() -> Response:
    """Return the one answer to every return that is not one, whatever is wrong with it."""
    return refusal(400, "Nothing was connected", GONE, "return")


def _why(error: HubError) -> str:
    """Return what people read: our own sentence for a word that we know, else the plugin's."""
    if isinstance(error, ProviderError) and not isinstance(error, PluginBroken) and known_reason(error.code, ""):
        return sentence(error.code)
    return error.message


def _address(intent: Intent, token: str, *, again: bool) -> str:
    account: dict[str, Any] = {"connection_id": intent.connection_id} if intent.connection_id else {}
    one: dict[str, Any] = {"provider": intent.provider, "level": intent.level}
    if token:
        endpoint = ("again" if account else "ask") if again else ("account" if account else "greeting")
        return url_for(f"staff.{endpoint}", token=token, **(account or (one if again else {})))
    if account:
        endpoint = "connection_again" if again else "connection"
    else:
        endpoint = "connection_ask" if again else "connections"
    more = account or (one | {"holder": intent.holder_id} if again else {})
    return url_for(f"console.{endpoint}", business_id=intent.business_id, **more)
