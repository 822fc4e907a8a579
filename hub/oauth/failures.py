"""What the answer of an authorization server means for the caller: RFC 6749 5.2 as the errors of the hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from hub.core.errors import NeedsReconnect, ProviderError, Refused, Retry

LARGEST = 64_000
_PAUSE = 30.0
_LONGEST_PAUSE = 3600.0
_REVOKED = "The grant is not accepted any more; its owner must connect again."
_BLOCKED = "An administrator of the account's organisation does not allow this application."
_ADMIN = frozenset({"admin_policy_enforced", "org_internal", "access_denied", "consent_required"})
_DECLINED = (
    "The connection was not made, because the provider's page was left without agreeing. To connect, begin again and "
    "agree there."
)


def of_answer(answer: Mapping[str, str]) -> ProviderError:
    """Return the error for an authorization response with ``error`` (RFC 6749 4.1.2.1)."""
    error = answer.get("error", "")
    if error == "access_denied":
        return Refused("declined", _DECLINED)
    if error in {"admin_policy_enforced", "org_internal"}:
        return Refused("admin_blocked", f"{_BLOCKED} Ask them to allow it, then connect.")
    if error in {"server_error", "temporarily_unavailable"}:
        return Retry("The provider cannot sign anybody in now. Try again in a few minutes.", code="busy")
    if error in {"login_required", "interaction_required", "consent_required"}:
        return Refused("interaction", "The provider wants to ask the account's owner itself. Connect once more.")
    return Refused("authorization", "The provider did not accept the hub's request. Whoever runs the hub can check the "
                   "client id, the scopes and the redirect address that are registered there.")  # fmt: skip


def checked(response: requests.Response) -> dict[str, Any]:
    """Return the body of a token endpoint's success, or raise what its answer means.

    A page, a body over `LARGEST` bytes, a redirect and JSON of another shape are answers that did not arrive: Retry,
    with ``sent``, because what was asked for may have happened.
    """
    status = response.status_code
    if status == 429 or status >= 500:
        told = f"The provider's token endpoint cannot answer now ({status})."
        code = "quota" if status == 429 else "busy"
        raise Retry(told, after=_after(response), code=code, sent=status >= 500)
    if 300 <= status < 400:
        raise Retry("The provider's token endpoint sends the hub elsewhere.", code="redirect")
    body = _object(response)
    if body is None:
        raise Retry("The provider's token endpoint did not answer with JSON.", code="unreadable", sent=True)
    if "error" in body or status >= 400:
        raise _of_error(str(body.get("error", "")), str(body.get("error_subtype", "")), status)
    if not isinstance(body.get("access_token"), str) or not body["access_token"]:
        raise Retry("The provider's token endpoint gave no access token.", code="unreadable", sent=True)
    if str(body.get("token_type", "")).lower() != "bearer":
        raise Refused("token_type", "The provider gave a token of a kind that the hub cannot use.")
    return body


def of_session(error: requests.RequestException) -> ProviderError:
    """Return the error for a call that got no answer; the broker's own say why in ``failure``."""
    failure = getattr(error, "failure", None)
    word = str(getattr(failure, "outcome", ""))
    if word == "refused":
        return Refused("broker", "The hub does not allow a request to the provider's sign-in address.")
    code = "timeout" if word == "timeout" or isinstance(error, requests.Timeout) else word or "unreachable"
    sent = bool(getattr(failure, "sent", True))
    return Retry("The provider's sign-in address did not answer.", code=code, sent=sent)


def is_unknown(response: requests.Response) -> bool:
    """Tell whether a refusal says that a token is not known any more, and not that the request was wrong."""
    return (_object(response) or {}).get("error") in {"invalid_token", "invalid_grant"}


def _of_error(error: str, subtype: str, status: int) -> ProviderError:
    if error == "invalid_grant" and subtype in {"invalid_rapt", "rapt_required"}:
        return NeedsReconnect("The provider wants the account's owner to sign in again.", code="claims")
    if error in _ADMIN:
        return NeedsReconnect(_BLOCKED, code="admin_blocked")
    if error == "invalid_grant":
        return NeedsReconnect(_REVOKED, code="revoked")
    if error in {"invalid_client", "unauthorized_client", "deleted_client"} or status == 401:
        told = "The provider does not accept the client id and secret of this hub; whoever runs it must check them."
        return Refused("invalid_client", told)
    if error == "temporarily_unavailable":
        return Retry("The provider's token endpoint cannot answer now.", code="busy")
    return Refused("token_request", f"The provider's token endpoint refuses the request ({status}).")


def _object(response: requests.Response) -> dict[str, Any] | None:
    """Return the JSON object of an answer; None for anything else."""
    if len(response.content) > LARGEST:
        return None
    try:
        body = response.json()
    except (requests.RequestException, ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _after(response: requests.Response) -> float:
    """Return the seconds that Retry-After asks for, within reason (RFC 9110 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    return min(max(float(text), 1.0), _LONGEST_PAUSE) if text.isdigit() and len(text) < 9 else _PAUSE
