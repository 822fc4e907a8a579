"""Messages that a provider signed about accounts (RFC 8935: security events by push).

Answered as 2.2 and 2.3 there say: 202 without a body for what was taken, 400 with ``err`` for what is not believed.
While the broker or the provider's keys cannot be reached nobody can tell: 503, and it is sent again. It is not kept
meanwhile: whoever sends rubbish then would fill the database with it.
"""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from hub.actions.account_notice import take_account_notices
from hub.core.errors import InputError, PluginBroken, ProviderError, Unavailable
from hub.core.push import Incoming
from hub.web.current import the_hub, visit
from hub.web.door import Rate, Who
from hub.web.route import route

LARGEST = 32 * 1024
"""Bytes that a message may have."""

_WORDS = frozenset({"invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed"})
_LATER = 60


def take_signed(provider: str) -> Response:
    """Take a message about accounts."""
    request.max_content_length = LARGEST
    headers = {name.lower(): value for name, value in request.headers.items()}
    incoming = Incoming(request.method, request.args.to_dict(), headers, request.get_data(cache=False))
    try:
        take_account_notices(the_hub(), visit(), provider, incoming)
    except InputError as error:
        return _refused(error.code if error.code in _WORDS else "invalid_request")
    except PluginBroken:  # no such provider, or one that never says anything of accounts
        return _refused("invalid_issuer")
    except (ProviderError, Unavailable):
        return Response(status=503, headers={"Retry-After": str(_LATER)}, mimetype="text/plain")
    return Response(status=202, mimetype="text/plain")


def _refused(word: str) -> Response:
    answer = Response(f'{{"err":"{word}","description":"The hub does not believe this."}}', 400)
    answer.headers["Content-Type"] = "application/json"
    return answer


ROUTES = (route("webhooks", "/webhooks/<provider>", take_signed, "POST", Who.PROVIDER, rate=Rate.PUBLIC, json=True),)
