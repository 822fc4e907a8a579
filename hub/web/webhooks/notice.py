"""Notifications that a calendar changed.

Whoever sends one gets the same answer whether it was believed or not: 202 without a body. For a provider every 2xx
means that it need not send it again, and anything else that it should, for hours: so a channel that has ended goes
quiet, and a stranger learns neither which channels there are nor what a secret is.
Sources: Microsoft Graph, "Receive change notifications through webhooks" (2xx: delivered; else repeated for up to four
hours; 5xx when it was not taken); Google Calendar, "Push notifications", "Responding to notifications".
"""

from __future__ import annotations

import logging
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from hub.actions.announced import is_open, take_notices
from hub.core.errors import InputError, PluginBroken
from hub.core.push import Echo, Incoming, Notice, NoticeKind
from hub.web.current import the_hub
from hub.web.door import Who
from hub.web.route import route

LARGEST = 256 * 1024
"""Bytes that a notification may bring."""
LONGEST_ECHO = 2000
"""Letters of a provider's question that are sent back."""
MOST = 1000
"""Notifications that one request may bring."""

_LONGEST, _LARGEST_NUMBER = 4000, 2**63
_log = logging.getLogger(__name__)


def take(provider: str, channel: str) -> Response:
    """Take a notification: 202. What nobody can read: 400. A provider that asks whether the address is ours: its text.

    When the database cannot be used: 503, and the provider sends it again.
    """
    request.max_content_length = LARGEST
    headers = {name.lower(): value for name, value in request.headers.items()}
    incoming = Incoming(request.method, request.args.to_dict(), headers, request.get_data(cache=False))
    try:
        found = the_hub().registry.ask(provider, "hub_receive", request=incoming)
    except PluginBroken:  # no such provider, or one that never sends anything
        return _taken()
    except InputError:
        raise _unreadable() from None
    except Exception as error:
        _log.warning("plugin of %s failed in hub_receive: %s", provider, type(error).__name__)
        raise _unreadable() from None
    if isinstance(found, Echo):
        return _echo(provider, channel, found.text)
    notices = tuple(found) if isinstance(found, list | tuple) else None
    if notices is None or len(notices) > MOST or not all(map(_is_notice, notices)):
        _log.warning("plugin of %s answered hub_receive with what is no notification", provider)
        raise _unreadable()
    take_notices(the_hub(), provider, channel, notices)
    return _taken()


def _is_notice(one: Any) -> bool:
    """Tell whether this is a notification of sane parts: a plugin may have handed on what it was sent."""
    return (
        isinstance(one, Notice)
        and isinstance(one.kind, NoticeKind)
        and all(isinstance(text, str) and len(text) <= _LONGEST for text in (one.ref, one.secret))
        and isinstance(one.number, int)
        and 0 <= one.number < _LARGEST_NUMBER
    )


def _echo(provider: str, channel: str, text: Any) -> Response:
    """Send the text back as plain text that no browser takes for a page, if the address is one of ours."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_ECHO or not text.isprintable():
        raise _unreadable()
    if not is_open(the_hub(), provider, channel):
        return _taken()
    answer = Response(text, mimetype="text/plain")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _taken() -> Response:
    return Response(status=202, mimetype="text/plain")


def _unreadable() -> BadRequest:
    return BadRequest("This is no notification that the hub understands.")


ROUTES = (route("webhooks", "/webhooks/<provider>/<channel>", take, "POST", Who.PROVIDER, json=True),)
