"""What the identity platform's refusals mean: AADSTS codes as errors of the hub.

Page: Microsoft Entra authentication and authorization error codes. Microsoft says there that codes may change, so the
OAuth error (RFC 6749 5.2) and the suberror decide where a code is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub.plugin import NeedsReconnect, ProviderError, Refused, Retry

_CODE = re.compile(r"AADSTS(\d{4,8})\b")

ADMIN = frozenset({90094, 90093, 90008, 90095, 900941, 65001, 50105, 53003, 53000, 53001, 53002, 530003})
"""An administrator must agree, or does not let this application or this person in."""

_BLOCKED = ADMIN - {65001} | {50057, 7000112, 700016, 500011, 650052}
_EXPIRED = frozenset({700082, 70008, 700084, 70043, 50089, 700081})
_CLAIMS = frozenset({50076, 50079, 50072, 50074, 50078, 50055, 50158, 50144, 50058})
_CLIENT = frozenset({7000215, 7000222, 7000218, 700027})
_LATER = frozenset({90033, 90055, 50196, 90025, 90006})

_SENTENCES = {
    "revoked": "Microsoft does not take the permission any more: it was removed, or the password was changed.",
    "expired": "The permission at Microsoft ran out, because it was not used for long or its time was over.",
    "claims": "Microsoft wants the owner to sign in once more, for example with a second factor.",
    "admin_blocked": "The organisation's administrator does not let the hub or this person in at Microsoft.",
}


def codes_of(answer: Mapping[str, Any]) -> frozenset[int]:
    """Return the AADSTS codes of an error: those listed, else those in its text."""
    listed = answer.get("error_codes")
    if isinstance(listed, list) and all(isinstance(one, int) for one in listed) and listed:
        return frozenset(listed)
    return frozenset(int(code) for code in _CODE.findall(str(answer.get("error_description", ""))))


def of_refresh(answer: Mapping[str, Any]) -> ProviderError:
    """Return the error for a refresh that was refused."""
    codes, error, sub = codes_of(answer), answer.get("error"), answer.get("suberror")
    if codes & _CLIENT or error == "invalid_client":
        return _bad_client(codes)
    if codes & _LATER or error in {"temporarily_unavailable", "server_error"}:
        return Retry("Microsoft's sign-in cannot answer now; it is tried again.")
    word = "revoked"
    if codes & _BLOCKED:
        word = "admin_blocked"
    elif codes & _CLAIMS or (error == "interaction_required" and not codes & _EXPIRED) or sub == "basic_action":
        word = "claims"
    elif codes & _EXPIRED or sub == "token_expired":
        word = "expired"
    elif error not in {"invalid_grant", "unauthorized_client", "consent_required"}:
        return Refused("sign_in", "Microsoft refuses to renew the permission, and does not say why.")
    return NeedsReconnect(f"{_SENTENCES[word]} The account must be connected again.", code=word)


def of_connect(answer: Mapping[str, Any], admin_address: str) -> ProviderError:
    """Return the error for a sign-in that did not lead to a permission, in words for the owner."""
    codes, error = codes_of(answer), answer.get("error")
    if codes & ADMIN or error == "consent_required":
        text = (
            "Your organisation lets only an administrator agree to this. Send them this address, and connect again "
            f"once they have agreed: {admin_address}"
        )
        return Refused("admin_blocked", text)
    if error == "access_denied":
        return Refused("declined", "Nothing was connected: at Microsoft, the question was answered with no.")
    if codes & _CLIENT or error == "invalid_client":
        return _bad_client(codes)
    if codes & _LATER or error in {"temporarily_unavailable", "server_error"}:
        return Retry("Microsoft's sign-in cannot answer now. Try again in a few minutes.")
    return Refused("sign_in", f"Microsoft did not let you in{_named(codes)}. Begin again.")


def _bad_client(codes: Iterable[int]) -> Refused:
    text = (
        "Microsoft does not accept the hub's own client secret: it is wrong or has expired. Whoever runs this hub must "
        "enter a new one."
    )
    return Refused("client_secret", text)


def _named(codes: Iterable[int]) -> str:
    return "".join(f" (AADSTS{code})" for code in sorted(codes)[:1])
