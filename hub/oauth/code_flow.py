"""The authorization code grant with PKCE, refreshing, and ending a grant, over the session that the hub hands out.

The hub makes and checks ``state`` (RFC 6749 10.12); here are the verifier (RFC 7636, S256 alone), the nonce, the
issuer of the answer (RFC 9207), and the id token. Authlib writes the requests; it never keeps or renews a token.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from hub.core.errors import NeedsReconnect, ProviderError, Refused, Retry
from hub.core.provider import Redirect
from hub.oauth import failures
from hub.oauth.id_token import check_id_token, named_in
from hub.oauth.server import Identity, OAuthClient, OAuthServer, Tokens

_TIMEOUT = 20
_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])


def begin_code_flow(
    server: OAuthServer,
    client: OAuthClient,
    *,
    redirect_url: str,
    state: str,
    scopes: tuple[str, ...],
    more: Mapping[str, str],
) -> Redirect:
    """Return where the owner is sent to. ``more`` are parameters of this server, such as ``prompt``.

    The verifier and the nonce are kept for `finish_code_flow`; each is used once.
    """
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    session = _session(client, scope=" ".join(scopes), redirect_uri=redirect_url)
    url, _state = session.create_authorization_url(
        server.authorize_url, state=state, code_verifier=verifier, nonce=nonce, **more
    )
    return Redirect(str(url), {"verifier": verifier, "nonce": nonce, "state": state})


def finish_code_flow(
    http: requests.Session,
    server: OAuthServer,
    client: OAuthClient,
    *,
    redirect_url: str,
    answer: Mapping[str, str],
    keep: Mapping[str, str],
    now: int,
) -> tuple[Tokens, Identity]:
    """Return what the code was exchanged for, and whose grant it is, from an id token that passed every check.

    Nothing is asked before state and issuer are right. Raises Refused where the answer is not one to this flow, where
    the owner declined, the code is not taken or the id token is not to be believed; NeedsReconnect where somebody else
    must act first, such as an administrator; Retry.
    """
    _check_answer(server, answer, keep)
    session = _session(client, http, redirect_uri=redirect_url)
    given = {"code": answer["code"], "code_verifier": keep["verifier"], "allow_redirects": False}
    tokens = _exchanged(partial(_tokens, session, partial(session.fetch_token, server.token_url, **given), now))
    if not tokens.id_token:
        raise Refused("no_id_token", "The provider did not say whose account it is. Nothing was connected.")
    return tokens, check_id_token(http, server, client.id, tokens.id_token, nonce=keep["nonce"], now=now)


def refresh_tokens(
    http: requests.Session, server: OAuthServer, client: OAuthClient, refresh_token: str, *, now: int
) -> tuple[Tokens, Identity | None]:
    """Return fresh tokens, and whose they are if an id token came with them.

    The refresh token is the old one where the server gave none (RFC 6749 6). Raises NeedsReconnect("revoked") when the
    server knows it no more, Retry when it cannot answer, Refused.
    """
    if not refresh_token:
        raise NeedsReconnect("There is nothing to renew this connection with; its owner must connect again.")
    session = _session(client, http)
    ask = partial(session.refresh_token, server.token_url, refresh_token, allow_redirects=False)
    tokens = _tokens(session, ask, now)
    whose = named_in(tokens.id_token, server, client.id, now=now) if tokens.id_token else None
    return replace(tokens, refresh_token=tokens.refresh_token or refresh_token), whose


def revoke_token(http: requests.Session, server: OAuthServer, token: str) -> None:
    """End the grant of a token (RFC 7009). Raises NeedsReconnect when the server does not know it any more, Retry."""
    try:
        answer = http.post(server.revoke_url, data={"token": token}, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        problem = failures.of_session(error)
    else:
        if answer.status_code == 200:
            return
        if answer.status_code == 404 or (answer.status_code == 400 and failures.is_unknown(answer)):
            raise NeedsReconnect("The provider does not know this grant any more.", code="revoked")
        raise Retry(f"The provider did not end the grant ({answer.status_code}); it is tried again.", code="busy")
    raise problem


def _check_answer(server: OAuthServer, answer: Mapping[str, str], keep: Mapping[str, str]) -> None:
    """Refuse what is not the answer of this server to this flow, before anything is asked of anybody."""
    if not {"verifier", "nonce", "state"} <= keep.keys():
        raise Refused("flow", "This is not the answer to a connection that was begun here. Begin again.")
    if "state" in answer and not hmac.compare_digest(answer["state"].encode(), keep["state"].encode()):
        raise Refused("state", "This is not the answer to a connection that was begun here. Begin again.")
    names = (server.issuer, *server.also)
    if answer.get("iss", "") not in (names if "iss" in answer else ("",)) or (
        server.names_itself and "iss" not in answer
    ):
        raise Refused("issuer", "The answer comes from another provider than the one that was asked. Begin again.")
    if "error" in answer:
        raise failures.of_answer(answer)
    if not answer.get("code"):
        raise Refused("no_code", "The provider's answer holds no code. Begin again.")


def _session(client: OAuthClient, http: requests.Session | None = None, **more: str) -> Any:
    """Return Authlib's session, over the adapters of the hub's own: what it may reach is decided there."""
    from authlib.integrations.requests_client import OAuth2Session  # where it is used: every plugin loads this room

    session = OAuth2Session(
        client.id,
        client.secret,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
        code_challenge_method="S256",
        default_timeout=_TIMEOUT,
        **more,
    )
    session.trust_env = False
    if http is not None:
        session.adapters = http.adapters
    session.cookies.set_policy(_NO_COOKIES)
    return session


def _exchanged(ask: Callable[[], Tokens]) -> Tokens:
    """Exchange the code. One that is not taken is no grant that ended: there was none yet."""
    problem: ProviderError | None = None
    try:
        return ask()
    except NeedsReconnect as error:
        problem = error
    if problem.code == "revoked":
        raise Refused(
            "code", "The provider did not take the answer of its own page: it came too late, or twice. Begin again."
        )
    raise problem


def _tokens(session: Any, ask: Callable[[], Any], now: int) -> Tokens:
    """Make the request, and judge its answer before Authlib reads it."""
    found: dict[str, Any] = {}

    def judge(response: requests.Response) -> requests.Response:
        found.update(failures.checked(response))
        return response

    for hook in ("access_token_response", "refresh_token_response"):
        session.register_compliance_hook(hook, judge)
    problem: Exception | None = None
    try:
        ask()
    except requests.RequestException as error:
        problem = failures.of_session(error)
    if problem is not None:
        raise problem
    session.token = None
    return _read(found, now)


def _read(found: Mapping[str, Any], now: int) -> Tokens:
    lasts = found.get("expires_in")
    seconds = int(lasts) if isinstance(lasts, int) or (isinstance(lasts, str) and lasts.isdigit()) else None
    return Tokens(
        access_token=found["access_token"],
        refresh_token=_text(found.get("refresh_token")),
        id_token=_text(found.get("id_token")),
        scopes=tuple(_text(found.get("scope")).split()),
        expires_at=now + min(max(seconds, 0), 86_400 * 366) if seconds is not None else None,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
