"""The link with which a customer looks at a booking, moves or cancels it: signed, without an account."""

from __future__ import annotations

from hub.core.errors import UnknownId
from hub.parts import Hub
from hub.vault.door_keys import framed

PATH = "/b/manage/"
"""Where the page is; the token follows."""

_USE = "customer link"


def customer_token(hub: Hub, business_id: str, booking_id: str) -> str:
    """Return the token of a booking: the same each time, and of use for this booking only."""
    return f"{business_id}.{booking_id}.{hub.keyring.doors.sign(_USE, framed(business_id, booking_id))}"


def customer_link(hub: Hub, business_id: str, booking_id: str) -> str:
    """Return the address that is mailed to the customer; it begins with the settings' base_url, whoever asks."""
    return f"{hub.settings.base_url}{PATH}{customer_token(hub, business_id, booking_id)}"


def open_customer_token(hub: Hub, token: str) -> tuple[str, str]:
    """Return the business and the booking of a token. Raises UnknownId for one that is not of ours.

    It says nothing about the booking: that may be cancelled, or gone.
    """
    business_id, _, rest = token.partition(".")
    booking_id, _, mac = rest.partition(".")
    if not token.isascii() or not hub.keyring.doors.is_signed(_USE, framed(business_id, booking_id), mac):
        raise UnknownId("link", "to a booking")  # what was given is not repeated
    return business_id, booking_id
