"""Connecting a Google account, renewing and ending the grant. Runs inside the broker, without Google's SDK.

An account is known by issuer and subject alone: an e-mail address changes hands (OpenID Connect Core 1.0, 5.7).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from hub.plugin import (
    AccountNotice,
    AuthScheme,
    Form,
    Grant,
    Identity,
    Incoming,
    NeedsReconnect,
    ProviderError,
    Redirect,
    Refused,
    Setup,
    Tokens,
    begin_code_flow,
    check_security_event,
    finish_code_flow,
    hookimpl,
    refresh_tokens,
    revoke_token,
)
from hub_google import bookings, levels, security_events
from hub_google.provider import PROVIDER, address, client, server


@hookimpl
def hub_connect(setup: Setup, answer: Mapping[str, str] | None) -> Redirect | Form | Grant:
    """Send the owner to Google's consent page, and make a grant of what comes back."""
    mine, level = client(setup.settings), PROVIDER.level(setup.level)
    if not mine.id or not mine.secret:
        raise Refused(
            "not_set_up",
            "Google is not set up on this hub yet. Whoever runs it must register an application at Google first.",
        )
    if answer is None:
        # Without prompt=consent a second consent brings no refresh token. include_granted_scopes is left out on
        # purpose: it would widen this grant by what the same owner agreed to elsewhere.
        more = {"access_type": "offline", "prompt": "consent"}
        if setup.before.get("email"):
            more["login_hint"] = setup.before["email"]  # which account to offer; who comes back is judged by its id
        else:
            more["prompt"] = "select_account consent"
        return begin_code_flow(
            server(setup.settings),
            mine,
            redirect_url=setup.redirect_url,
            state=setup.state,
            scopes=level.scopes,
            more=more,
        )
    now = int(time.time())
    tokens, whose = finish_code_flow(
        setup.http,
        server(setup.settings),
        mine,
        redirect_url=setup.redirect_url,
        answer=answer,
        keep=setup.keep,
        now=now,
    )
    granted = levels.useful(level, tokens.scopes or level.scopes)
    problem: ProviderError | None = None
    try:
        return _granted(setup, tokens, whose, granted)
    except ProviderError as error:
        problem = error
    setup.give_back(_grant(setup, tokens, whose, granted, {}))
    raise problem


@hookimpl
def hub_refresh(setup: Setup, grant: Grant) -> Grant:
    """Get a new access token; the refresh token stays as it is."""
    tokens, whose = refresh_tokens(
        setup.http,
        server(setup.settings),
        client(setup.settings),
        grant.secret.get("refresh_token", ""),
        now=int(time.time()),
    )
    if tokens.scopes and not levels.can_see_anything(tuple(one for one in tokens.scopes if one in grant.scopes)):
        raise NeedsReconnect("Google took back the permission to see busy times; connect again.", code="scopes")
    return replace(
        grant,
        secret={"access_token": tokens.access_token, "refresh_token": tokens.refresh_token},
        expires_at=tokens.expires_at,
        account_id=whose.account_id if whose is not None else grant.account_id,
    )


@hookimpl
def hub_revoke(setup: Setup, grant: Grant) -> None:
    """End the whole grant at Google: either token takes everything of this account and client with it."""
    token = grant.secret.get("refresh_token") or grant.secret.get("access_token", "")
    revoke_token(setup.http, server(setup.settings), token)


@hookimpl
def hub_verify(setup: Setup, request: Incoming) -> Sequence[AccountNotice]:
    """Check a security event token, which is the whole body (RFC 8935, 2)."""
    place = server(setup.settings)
    token = request.body.decode("ascii", "replace").strip()
    said = check_security_event(setup.http, place, client(setup.settings).id, token, now=int(time.time()))
    return security_events.notices(said, place.issuer)


def _granted(setup: Setup, tokens: Tokens, whose: Identity, granted: tuple[str, ...]) -> Grant:
    """Return the grant of an account that can be connected. Raises Refused and Retry where it cannot."""
    if not tokens.refresh_token:
        raise Refused(
            "no_refresh_token",
            "Google gave access for an hour only, so nothing was connected. Remove this application under "
            "myaccount.google.com/connections, then connect again.",
        )
    if not levels.can_see_anything(granted):
        raise Refused(
            "nothing_granted",
            "No box was ticked on Google's page, so busy times cannot be seen. Connect again and tick them.",
        )
    made: dict[str, str] = {}
    if levels.OWN in granted:
        api = address(setup.settings, "api_url")
        before = setup.before.get("bookings", "") if setup.before.get("account") == whose.account_id else ""
        made["bookings"] = bookings.found_or_made(setup.http, api, tokens.access_token, before)
    return _grant(setup, tokens, whose, granted, made)


def _grant(setup: Setup, tokens: Tokens, whose: Identity, granted: tuple[str, ...], made: Mapping[str, str]) -> Grant:
    level, api = PROVIDER.level(setup.level), address(setup.settings, "api_url")
    settings = {"api": api, "level": level.name, "scopes": " ".join(granted), "email": whose.email, **made}
    parts = urlsplit(api)
    return Grant(
        scheme=AuthScheme.BEARER,
        secret={"access_token": tokens.access_token, "refresh_token": tokens.refresh_token},
        origins=(f"{parts.scheme}://{parts.netloc}".lower(),),
        account_name=whose.email if whose.email and whose.email_verified else f"Google account {whose.subject[-4:]}",
        settings=settings | {"account": whose.account_id},
        scopes=granted,
        expires_at=tokens.expires_at,
        account_id=whose.account_id,
        limits=levels.limits(level, granted),
        marks=security_events.marks(tokens.refresh_token),
    )
