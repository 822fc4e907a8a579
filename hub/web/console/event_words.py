"""Security events in words: each kind of the closed list, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub.core.security import Kind, Outcome

WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.OWNER_MADE: "The owner was made",
        Kind.SIGN_IN: "Sign-in with a password",
        Kind.SECOND_FACTOR: "Code of an app",
        Kind.RECOVERY_CODE: "Recovery code",
        Kind.PASSKEY_SIGN_IN: "Sign-in with a passkey",
        Kind.SIGN_OUT: "Sign-out",
        Kind.SESSION_ENDED: "A sign-in was ended",
        Kind.CONFIRMED: "Password given once more",
        Kind.INVITED: "Invitation to the console",
        Kind.INVITATION_ACCEPTED: "Invitation accepted",
        Kind.PASSWORD_CHANGED: "Password changed",
        Kind.RESET_ASKED: "New password asked for",
        Kind.RESET_DONE: "New password set by a link",
        Kind.TOTP_ON: "App with codes set up",
        Kind.TOTP_OFF: "App with codes turned off",
        Kind.RECOVERY_CODES_MADE: "Recovery codes made",
        Kind.PASSKEY_ADDED: "Passkey added",
        Kind.PASSKEY_REMOVED: "Passkey removed",
        Kind.USER_CHANGED: "User changed",
        Kind.USER_DISMISSED: "User dismissed",
        Kind.KEY_MADE: "API key made",
        Kind.KEY_ENDED: "API key ended",
        Kind.KEY_USED: "API key used",
        Kind.AGENCY_CHANGED: "Agency changed",
        Kind.STAFF_LINK_MADE: "Link for a staff member made",
        Kind.STAFF_LINK_ENDED: "Link for a staff member ended",
        Kind.STAFF_LINK_USED: "Link of a staff member used",
        Kind.CUSTOMER_LINK_USED: "Link of a customer used",
        Kind.ACCESS: "Access to what is masked",
        Kind.CONNECTED: "Account connected",
        Kind.DISCONNECTED: "Account disconnected",
        Kind.PROVIDER_WARNED: "Message of a provider about an account",
        Kind.BOOKING_CHANGED: "Booking changed",
        Kind.MAIL_SENT_AGAIN: "Mail sent again, or kept mails sent",
        Kind.NOT_ALLOWED: "Not allowed",
        Kind.CROSS_SITE: "Sent from another site, or with an old form",
        Kind.BAD_HOST: "Asked under a wrong name",
        Kind.TOO_MANY: "Too much at once",
        Kind.BAD_LINK: "Link that does not work",
        Kind.LEAK_STOPPED: "A token was about to leave, and was kept back",
        Kind.BROKEN: "Error of the hub",
    }
)
"""What each kind of event is, for people."""

OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {Outcome.OK: "done", Outcome.FAILED: "failed", Outcome.REFUSED: "refused"}
)
