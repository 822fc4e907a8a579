"""What a browser's answer about a passkey must be: asked for, in time, from our pages, signed (WebAuthn Level 3)."""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    options_to_json,
    verify_authentication_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

from hub.actions.sessions import Session, over
from hub.core.errors import InputError, StateError
from hub.parts import Hub
from hub.store.sign_in import change_session, kept
from hub.store.user import find_passkey

CHALLENGE_SECONDS = 300
"""How long an answer to a challenge is waited for."""
_LONGEST_ANSWER = 20_000

Answer = str | Mapping[str, Any]
"""The answer of the browser: JSON as text, or read already."""


@dataclass(frozen=True, slots=True)
class Known:
    """A passkey whose answer was right. ``count`` is the counter that came with it, not looked at yet."""

    id: str
    user_id: str
    count: int


def passkeys_possible(hub: Hub) -> bool:
    """Tell whether browsers allow passkeys under the hub's address: a host name over TLS, or localhost."""
    host = relying_party(hub)
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return False
    return hub.settings.is_https or host == "localhost" or host.endswith(".localhost")


def relying_party(hub: Hub) -> str:
    """Return the id under which browsers keep passkeys for us: the host of the hub's address."""
    return urlsplit(hub.settings.base_url).hostname or ""


def request_options(hub: Hub, challenge: bytes, credential_ids: Iterable[bytes] = ()) -> str:
    """Return the options for ``navigator.credentials.get`` as JSON; without ids the browser offers what it has."""
    options = generate_authentication_options(
        rp_id=relying_party(hub),
        challenge=challenge,
        timeout=CHALLENGE_SECONDS * 1000,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in credential_ids],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def new_challenge(hub: Hub, session: Session, use: str) -> bytes:
    """Return a fresh challenge that the session keeps for one use, in place of an earlier one."""
    challenge = secrets.token_bytes(32)
    mark = {"use": use, "text": bytes_to_base64url(challenge), "until": hub.clock() + CHALLENGE_SECONDS}
    with hub.database.writing() as conn:
        keep = kept(conn, session.id) | {"challenge": mark}
        if not change_session(conn, session.id, keep=keep):
            raise over()
    return challenge


def take_challenge(hub: Hub, session: Session, use: str) -> bytes:
    """Return the challenge that the session keeps for a use, and forget it: it is good for one answer."""
    with hub.database.writing() as conn:
        keep = kept(conn, session.id)
        mark = keep.pop("challenge", {})
        if mark:
            change_session(conn, session.id, keep=keep)
    if mark.get("use") != use or mark["until"] <= hub.clock():
        raise too_late()
    return base64url_to_bytes(mark["text"])


def check_answer(hub: Hub, answer: Answer, challenge: bytes) -> Known | None:
    """Return the passkey that signed the challenge; None for an unknown one, another site, or a bad signature."""
    parsed = read_answer(answer)
    credential_id = _credential_id(parsed)
    with hub.database.reading() as conn:
        row = None if credential_id is None else find_passkey(conn, credential_id)
    if row is None or not _is_users(parsed, row.user_id):
        return None
    try:
        verified = verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=relying_party(hub),
            expected_origin=hub.settings.base_url,
            credential_public_key=row.public_key,
            credential_current_sign_count=0,  # compared where it is written, in one statement
            require_user_verification=True,
        )
    except Exception:  # whatever a stranger's bytes make the parsers raise: it was no right answer
        return None
    return Known(row.id, row.user_id, verified.new_sign_count)


def read_answer(answer: Answer) -> dict[str, Any]:
    """Return the browser's answer as an object. Raises InputError."""
    found: object = answer
    if isinstance(answer, str):
        found = None
        with suppress(ValueError, RecursionError):
            found = json.loads(answer) if len(answer) <= _LONGEST_ANSWER else None
    if not isinstance(found, Mapping):
        raise wrong_passkey()
    return dict(found)


def wrong_passkey() -> InputError:
    """Return the error for an answer that is not right."""
    return InputError("passkey", "this passkey was not accepted; try again, or sign in another way.", code="passkey")


def too_late() -> StateError:
    """Return the error for an answer that nobody waits for (any more)."""
    return StateError("That took too long, or was answered before. Try the passkey again.", code="begin_again")


def _credential_id(parsed: Mapping[str, Any]) -> bytes | None:
    with suppress(Exception):
        return base64url_to_bytes(parsed["rawId"])
    return None


def _is_users(parsed: Mapping[str, Any], user_id: str) -> bool:
    """Tell whether the answer names this user, where it names one (WebAuthn Level 3, 7.2 step 6)."""
    response = parsed.get("response")
    handle = response.get("userHandle") if isinstance(response, Mapping) else None
    if not handle:
        return True
    with suppress(Exception):
        return base64url_to_bytes(handle) == user_id.encode()
    return False
