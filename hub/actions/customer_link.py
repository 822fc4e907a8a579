"""The link with which a customer looks at a booking, moves or cancels it: signed, without an account."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from hub.core.errors import UnknownId
from hub.parts import Hub

PATH = "/b/manage/"
"""Where the page is; the token follows."""


def customer_token(hub: Hub, business_id: str, booking_id: str) -> str:
    """Return the token of a booking: the same each time, and of use for this booking only."""
    return f"{business_id}.{booking_id}.{_mac(hub, business_id, booking_id)}"


def customer_link(hub: Hub, business_id: str, booking_id: str) -> str:
    """Return the address that is mailed to the customer; it begins with the settings' base_url, whoever asks."""
    return f"{hub.settings.base_url}{PATH}{customer_token(hub, business_id, booking_id)}"


def open_customer_token(hub: Hub, token: str) -> tuple[str, str]:
    """Return the business and the booking of a token. Raises UnknownId for one that is not of ours.

    It says nothing about the booking: that may be cancelled, or gone.
    """
    business_id, _, rest = token.partition(".")
    booking_id, _, mac = rest.partition(".")
    if not token.isascii() or not hmac.compare_digest(mac, _mac(hub, business_id, booking_id)):
        raise UnknownId("link", "to a booking")  # what was given is not repeated
    return business_id, booking_id


def _mac(hub: Hub, business_id: str, booking_id: str) -> str:
    content = b"".join(len(part).to_bytes(4, "big") + part for part in (business_id.encode(), booking_id.encode()))
    digest = hmac.digest(hub.keyring.door_key("customer link"), content, sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
