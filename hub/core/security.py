"""The closed list of security events: what happened at the doors, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How it ended."""

    OK = "ok"
    FAILED = "failed"  # a wrong password or code: perhaps a slip
    REFUSED = "refused"  # against a rule: perhaps an attack


class Kind(StrEnum):
    """What happened (policy: technical information; promise P10)."""

    # Signing in
    OWNER_MADE = "owner_made"
    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    RECOVERY_CODE = "recovery_code"
    PASSKEY_SIGN_IN = "passkey_sign_in"
    SIGN_OUT = "sign_out"
    SESSION_ENDED = "session_ended"
    CONFIRMED = "confirmed"  # the password was given again before something sensitive
    # Accounts
    INVITED = "invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    RESET_ASKED = "reset_asked"
    RESET_DONE = "reset_done"
    TOTP_ON = "totp_on"
    TOTP_OFF = "totp_off"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    USER_CHANGED = "user_changed"
    USER_DISMISSED = "user_dismissed"
    KEY_MADE = "key_made"
    KEY_ENDED = "key_ended"
    KEY_USED = "key_used"  # the first use in an hour, or a refused one
    # The installation
    AGENCY_CHANGED = "agency_changed"  # detail: renamed, mail_tried, provider_configured
    # Links
    STAFF_LINK_MADE = "staff_link_made"
    STAFF_LINK_ENDED = "staff_link_ended"
    STAFF_LINK_USED = "staff_link_used"
    CUSTOMER_LINK_USED = "customer_link_used"
    # People who look at what is masked
    ACCESS = "access"  # detail: asked, approved, refused, viewed, ended, told, or why it was not shown
    # Connections
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    PROVIDER_WARNED = "provider_warned"  # detail: ended, closed, danger, safe, test, or why it was not believed
    # Bookings, changed by those who work with them
    BOOKING_CHANGED = "booking_changed"  # detail: booked, moved, cancelled, confirmed, declined, written_back, no_show…
    # Mails
    MAIL_SENT_AGAIN = "mail_sent_again"  # detail: kept, for all that were, or the state that the one mail had
    # At the door
    NOT_ALLOWED = "not_allowed"  # a role, scope or business that does not allow it
    CROSS_SITE = "cross_site"  # a request that another site caused
    BAD_HOST = "bad_host"
    TOO_MANY = "too_many"  # a rate limit was reached
    BAD_LINK = "bad_link"
    LEAK_STOPPED = "leak_stopped"  # what was to leave held a live token; detail: answer, mail
    BROKEN = "broken"  # an error of ours: answered with 500


@dataclass(frozen=True, slots=True)
class Visit:
    """Who does something at a door, and from where.

    ``actor`` is ``user``, ``key``, ``staff``, ``customer``, ``operator`` or empty for nobody, ``actor_id`` its id.
    ``address`` is the network address, ``device`` what the browser says of itself, ``route`` the name of the page.
    """

    actor: str = ""
    actor_id: str = ""
    address: str = ""
    device: str = ""
    route: str = ""


OPERATOR = Visit(actor="operator")
"""The operator at the command line."""
