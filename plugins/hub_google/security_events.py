"""Cross-Account Protection: what Google says of an account's safety, as notices.

Source: Google Identity, "Protect user accounts with Cross-Account Protection", supported event types.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from hub.plugin import AccountNotice, AccountNoticeKind, SecurityEvents

_RISC = "https://schemas.openid.net/secevent/risc/event-type/"
_OAUTH = "https://schemas.openid.net/secevent/oauth/event-type/"

_KINDS: Mapping[str, AccountNoticeKind] = {
    f"{_RISC}sessions-revoked": AccountNoticeKind.DANGER,
    f"{_RISC}account-credential-change-required": AccountNoticeKind.DANGER,
    f"{_RISC}account-disabled": AccountNoticeKind.CLOSED,
    f"{_RISC}account-enabled": AccountNoticeKind.SAFE,
    f"{_RISC}account-purged": AccountNoticeKind.ENDED,
    f"{_OAUTH}tokens-revoked": AccountNoticeKind.ENDED,
    f"{_OAUTH}token-revoked": AccountNoticeKind.ENDED,
    f"{_RISC}verification": AccountNoticeKind.TEST,
}

_PREFIX = 16
"""Letters of a refresh token by which Google may name it."""


def notices(said: SecurityEvents, issuer: str) -> list[AccountNotice]:
    """Return what a believed message says; kinds of events that are not on the list say nothing."""
    found = []
    for name, fields in said.events.items():
        kind = _KINDS.get(name)
        if kind is AccountNoticeKind.CLOSED and fields.get("reason") == "hijacking":
            kind = AccountNoticeKind.DANGER
        if kind is not None:
            account_id, mark = _about(fields.get("subject"), issuer)
            found.append(AccountNotice(said.id, kind, account_id, mark))
    return found


def marks(refresh_token: str) -> tuple[str, ...]:
    """Return the words by which Google names a refresh token when it says that it was revoked."""
    once = hashlib.sha512(refresh_token.encode()).digest()
    twice = base64.b64encode(hashlib.sha512(once).digest()).decode()
    return (f"prefix {refresh_token[:_PREFIX]}", f"hash_base64_sha512_sha512 {_plain(twice)}")


def _about(subject: Any, issuer: str) -> tuple[str, str]:
    """Return account and mark: of the account by issuer and subject alone, never by an e-mail address."""
    if not isinstance(subject, dict):
        return "", ""
    if subject.get("subject_type") == "oauth_token":
        form, token = subject.get("token_identifier_alg"), subject.get("token")
        if subject.get("token_type") != "refresh_token" or not isinstance(token, str):
            return "", ""
        return "", f"{form} {_plain(token) if form != 'prefix' else token}"
    sub = subject.get("sub")
    ours = str(subject.get("iss", "")).rstrip("/") == issuer.rstrip("/")
    return (f"{issuer} {sub}", "") if ours and isinstance(sub, str) and sub else ("", "")


def _plain(text: str) -> str:
    """Return base64 in its one form: not padded, of the first alphabet (RFC 4648, 4)."""
    return text.replace("-", "+").replace("_", "/").rstrip("=")
