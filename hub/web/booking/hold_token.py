"""The token of a held time: stands in the address of the details, so that nobody finishes what another one holds."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from hub.core.errors import UnknownId
from hub.parts import Hub


def hold_token(hub: Hub, business_id: str, booking_id: str) -> str:
    """Return the token of a hold, fit for an address."""
    return f"{booking_id}.{_mac(hub, business_id, booking_id)}"


def open_hold_token(hub: Hub, business_id: str, token: str) -> str:
    """Return the booking of a token that was made for this business; raise UnknownId for any other token."""
    booking_id, _, mac = token.partition(".")
    if not token.isascii() or not hmac.compare_digest(mac, _mac(hub, business_id, booking_id)):
        raise UnknownId("hold", "")
    return booking_id


def _mac(hub: Hub, business_id: str, booking_id: str) -> str:
    content = b"".join(len(part).to_bytes(4, "big") + part for part in (business_id.encode(), booking_id.encode()))
    return urlsafe_b64encode(hmac.digest(hub.keyring.door_key("hold"), content, sha256)).decode().rstrip("=")
