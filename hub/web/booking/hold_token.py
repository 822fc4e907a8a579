"""The token of a held time: stands in the address of the details, so that nobody finishes what another one holds."""

from __future__ import annotations

from hub.core.errors import UnknownId
from hub.parts import Hub
from hub.vault.door_keys import framed

_USE = "hold"


def hold_token(hub: Hub, business_id: str, booking_id: str) -> str:
    """Return the token of a hold, fit for an address."""
    return f"{booking_id}.{hub.keyring.doors.sign(_USE, framed(business_id, booking_id))}"


def open_hold_token(hub: Hub, business_id: str, token: str) -> str:
    """Return the booking of a token that was made for this business; raise UnknownId for any other token."""
    booking_id, _, mac = token.partition(".")
    if not token.isascii() or not hub.keyring.doors.is_signed(_USE, framed(business_id, booking_id), mac):
        raise UnknownId("hold", "")
    return booking_id
