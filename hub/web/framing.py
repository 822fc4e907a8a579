"""Refusals within a frame: shown on the web sites that the business lists, as the page would be, and only there."""

from __future__ import annotations

from contextlib import suppress

from flask import g, request
from werkzeug.exceptions import HTTPException

from hub.actions.customer_link import open_customer_token
from hub.actions.public_page import sites_of, sites_of_slug
from hub.core.errors import HubError
from hub.web.current import the_hub
from hub.web.headers import allow_frames


def frame_refusal() -> None:
    """Let this refusal be seen where the page that was asked for may stand in a frame, if it was meant for one.

    Whose page it is stands in the address: a name, or a customer's link. For one that is nobody's it stays closed.
    """
    if "entry" not in g or not g.entry.door.framed or not _is_embedded():
        return
    given = request.view_args or {}
    with suppress(HubError):  # unknown, or a store out of reach: then there is nobody to show it to
        if "slug" in given:
            allow_frames(sites_of_slug(the_hub(), given["slug"]))
        elif "token" in given:
            business_id, _ = open_customer_token(the_hub(), given["token"])
            allow_frames(sites_of(the_hub(), business_id))


def _is_embedded() -> bool:
    with suppress(HTTPException):  # what was sent cannot be read, but its address can
        return request.values.get("embed") == "1"
    return request.args.get("embed") == "1"
