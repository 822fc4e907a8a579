"""Connecting an account at Microsoft and keeping the permission fresh: the only module that sees a token.

Pages: OAuth 2.0 authorization code flow, ID token claims, refresh tokens in the Microsoft identity platform. There is
no endpoint that revokes one grant, so there is no `hub_revoke`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from hub.plugin import AuthScheme, Grant, NeedsReconnect, Redirect, Refused, Setup, hookimpl
from hub_microsoft import refusals
from hub_microsoft.provider import AUTHORITY, BOOKINGS, GRAPH, PROVIDER, READ, READ_BASIC, READ_WRITE

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of all personal accounts (page: ID token claims, ``tid``)."""

_ID = re.compile(r"[0-9a-fA-F-]{36}\Z")
_LESS = {READ_BASIC, READ}
_ENOUGH = {*_LESS, READ_WRITE}
_ALWAYS = ("openid", "profile", "offline_access")  # msal adds these itself when it asks the owner
_LIVES = 3600


@hookimpl
def hub_connect(setup: Setup, answer: Mapping[str, str] | None) -> Redirect | Grant:
    """Send the owner to Microsoft; when they are back, take the permission."""
    authority, scopes = _authority(setup), list(PROVIDER.level(setup.level).scopes)
    if answer is None:
        from hub_microsoft import signin

        url, flow = signin.begun(setup, authority, scopes)
        return Redirect(url, {"flow": json.dumps(flow)})
    if answer.get("error"):
        raise refusals.of_connect(answer, _admin_address(setup, authority, scopes))
    result = _redeemed(setup, authority, answer)
    if "access_token" not in result:
        raise refusals.of_connect(result, _admin_address(setup, authority, scopes))
    if not result.get("refresh_token"):
        raise Refused(
            "no_refresh", "Microsoft gave a permission for an hour only. Begin again, and agree to all of it."
        )
    claims = _checked(setup, authority, result.get("id_token_claims"))
    granted = _granted(result)
    used = granted & set(scopes) or granted & _ENOUGH  # Microsoft also names what was agreed to at another time
    if not used:
        raise Refused("scopes", "Microsoft gave no permission to look into a calendar. Begin again, and agree to it.")
    graph = _base(setup)
    return Grant(
        scheme=AuthScheme.BEARER,
        secret={"access_token": result["access_token"], "refresh_token": result["refresh_token"]},
        origins=(graph,),
        account_name=str(claims.get("preferred_username") or claims.get("name") or "Microsoft account")[:200],
        settings={
            "graph": graph,
            "kind": "personal" if claims["tid"] == CONSUMERS else "work",
            "scopes": " ".join(sorted(used)),
        },
        scopes=tuple(sorted(granted - (_LESS if READ_WRITE in used else set()))),
        expires_at=_until(result),
        account_id=f"{claims['tid']}.{claims['oid']}",
        limits=_limits(setup.level, used),
    )


@hookimpl
def hub_refresh(setup: Setup, grant: Grant) -> Grant:
    """Take a new access token, and the new refresh token that comes with it. The old one would go on working."""
    from hub_microsoft import signin

    application = signin.application(setup, _authority(setup))
    wanted = grant.settings["scopes"].split()
    result = application.acquire_token_by_refresh_token(grant.secret["refresh_token"], scopes=wanted)
    if "access_token" not in result:
        raise refusals.of_refresh(result)
    granted = _granted(result)
    if granted and not granted >= set(wanted):
        raise NeedsReconnect("Microsoft gives less permission than before; connect the account again.", code="scopes")
    account = grant.account_id
    if result.get("id_token_claims") is not None:
        claims = _checked(setup, _authority(setup), result["id_token_claims"])
        account = f"{claims['tid']}.{claims['oid']}"
    return Grant(
        scheme=grant.scheme,
        secret={
            "access_token": result["access_token"],
            "refresh_token": result.get("refresh_token") or grant.secret["refresh_token"],
        },
        origins=grant.origins,
        account_name=grant.account_name,
        settings=grant.settings,
        scopes=grant.scopes,
        expires_at=_until(result),
        account_id=account,
        limits=grant.limits,
    )


def _redeemed(setup: Setup, authority: str, answer: Mapping[str, str]) -> Mapping[str, Any]:
    """Exchange the code. msal compares state and nonce and adds the PKCE verifier."""
    from hub_microsoft import signin

    flow = json.loads(setup.keep.get("flow", "{}"))
    if not flow.get("state") or answer.get("state", flow["state"]) != flow["state"]:
        raise Refused("sign_in", "The answer from Microsoft belongs to another sign-in. Begin again.")
    back = {"code": answer.get("code", ""), "state": flow["state"]}
    problem = ""
    try:
        result: Mapping[str, Any] = signin.application(setup, authority).acquire_token_by_auth_code_flow(flow, back)
        return result
    except (ValueError, RuntimeError) as error:  # a wrong nonce is a RuntimeError, whose text holds both nonces
        problem = type(error).__name__
    raise Refused("sign_in", f"The answer from Microsoft does not fit what was asked ({problem}). Begin again.")


def _checked(setup: Setup, authority: str, claims: Any) -> Mapping[str, Any]:
    """Return the claims of the id token if they are about this application and somebody in particular.

    It came straight from the token endpoint over TLS, so its signature adds nothing (OpenID Connect Core 3.1.3.7, 6);
    msal checks none of the rest but the nonce. Who it is, is tenant and object id: an address can be anybody's.
    """
    fits = isinstance(claims, Mapping) and all(_ID.match(str(claims.get(name, ""))) for name in ("tid", "oid"))
    if fits:
        parts = urlsplit(authority)
        issuer = f"{parts.scheme}://{parts.netloc}/{claims['tid']}/v2.0"
        fits = (claims.get("aud"), claims.get("iss")) == (setup.settings.get("client_id"), issuer)
        fits = fits and isinstance(claims.get("exp"), int) and claims["exp"] > time.time() - 300
    if not fits:
        raise Refused("identity", "Microsoft did not say in a way that can be trusted who signed in. Begin again.")
    return dict(claims)


def _granted(result: Mapping[str, Any]) -> set[str]:
    """Return the permissions at Graph of a token, without its address in front."""
    return {one.rpartition("/")[2] for one in str(result.get("scope", "")).split()} - {*_ALWAYS, "email"}


def _limits(level: str, used: set[str]) -> tuple[str, ...]:
    if level == BOOKINGS and READ_WRITE not in used:
        return ("Bookings cannot be written into this calendar: Microsoft gave permission to read only.",)
    return ()


def _until(result: Mapping[str, Any]) -> int:
    lives = str(result.get("expires_in"))
    return int(time.time()) + (int(lives) if lives.isdecimal() and 0 < int(lives[:9]) < 864_000 else _LIVES)


def _authority(setup: Setup) -> str:
    if not (setup.settings.get("client_id") and setup.settings.get("client_secret")):
        raise Refused("settings", "Microsoft is not set up in this hub yet: whoever runs it must enter id and secret.")
    authority = (setup.settings.get("authority") or AUTHORITY).rstrip("/")
    parts = urlsplit(authority)
    if parts.scheme != "https" or not parts.netloc or parts.path.count("/") != 1:
        text = "The sign-in address of Microsoft must be like https://login.microsoftonline.com/common."
        raise Refused("settings", f"{text} Whoever runs this hub must correct it.")
    return authority


def _base(setup: Setup) -> str:
    return (setup.settings.get("graph") or GRAPH).rstrip("/")


def _admin_address(setup: Setup, authority: str, scopes: list[str]) -> str:
    """Return where an administrator agrees for an organisation (page: admin consent on the identity platform)."""
    parts = urlsplit(authority)
    tenant = parts.path.strip("/")
    asked = {
        "client_id": setup.settings.get("client_id", ""),
        "scope": " ".join((*_ALWAYS, *scopes)),
        "redirect_uri": setup.redirect_url,
    }
    where = "organizations" if tenant == "common" else tenant
    return f"{parts.scheme}://{parts.netloc}/{where}/v2.0/adminconsent?{urlencode(asked)}"
