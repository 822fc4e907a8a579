"""The page on which the owner of an account agrees: who, and to what, each scope by itself (granular consent)."""

from __future__ import annotations

import html
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from hub.testing.lab.google.document import SCOPE, discovery, known_scopes
from hub.testing.lab.google.state import GoogleState
from hub.testing.lab.google.tokens import CODE_LIVES

_KNOWN = frozenset(
    {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge"),
        *("code_challenge_method", "access_type", "prompt", "include_granted_scopes", "login_hint", "hd"),
        "enable_granular_consent",
    }
)
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#1f1f1f;background:#fff}}
fieldset{{border:1px solid #767676;border-radius:.5rem;margin:1rem 0}}label{{display:block;padding:.35rem 0}}
button{{font:inherit;padding:.6rem 1.2rem;border-radius:1.5rem;border:1px solid #0b57d0;margin-right:.5rem}}
button[value=allow]{{background:#0b57d0;color:#fff}}.lab{{font-size:.9rem;color:#444746}}</style></head>
<body><main><p class="lab">The lab's Google. It is on this machine, and nobody's real account is here.</p>{body}</main>
</body></html>"""


class AskedWrong(Exception):
    """The request cannot even be answered by sending its sender back (RFC 6749 4.1.2.1): a page says so."""


def ask(state: GoogleState, query: Mapping[str, str]) -> str:
    """Return the page for an authorization request, or raise AskedWrong."""
    _check(state, query)
    request = secrets.token_urlsafe(18)
    with state.lock:
        state.asked[request] = dict(query)
        for old in list(state.asked)[:-200]:
            del state.asked[old]
    hint = query.get("login_hint", "")
    people = "".join(
        f'<label><input type="radio" name="account" value="{html.escape(one.sub)}" required'
        f"{' checked' if hint == one.email or (not hint and n == 0) else ''}> {html.escape(one.name)}"
        f" ({html.escape(one.email)}){': ' + html.escape(one.note) if one.note else ''}</label>"
        for n, one in enumerate(state.people.values())
    )
    scopes = "".join(
        f'<label><input type="checkbox" name="scope" value="{html.escape(scope)}"> {html.escape(_words(scope))}</label>'
        for scope in query["scope"].split()
        if scope.startswith(SCOPE)
    )
    ticks = f"<fieldset><legend>Select what it can access</legend>{scopes}</fieldset>" if scopes else ""
    body = (
        f"<h1>{html.escape(state.client.name)} wants access to your Google Account</h1>"
        f'<form method="post"><input type="hidden" name="request" value="{request}">'
        f"<fieldset><legend>Choose an account</legend>{people}</fieldset>{ticks}"
        '<button name="decision" value="cancel" formnovalidate>Cancel</button>'
        '<button name="decision" value="allow">Continue</button></form>'
    )
    return _PAGE.format(title="Sign in to the lab's Google", body=body)


def decide(state: GoogleState, issuer: str, form: Mapping[str, str], scopes: Sequence[str]) -> str:
    """Return where the owner is sent back to, with a code or with ``access_denied``."""
    with state.lock:
        query = state.asked.pop(form.get("request", ""), None)
        if query is None:
            raise AskedWrong("This page was answered before, or is too old. Go back and begin again.")
        back = {"iss": issuer} | ({"state": query["state"]} if "state" in query else {})
        sub = form.get("account", "")
        if form.get("decision") != "allow" or sub not in state.people:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied'} | back)}"
        asked = query["scope"].split()
        granted = [scope for scope in asked if not scope.startswith(SCOPE) or scope in scopes]
        code = f"4/{secrets.token_urlsafe(40)}"
        until = state.clock() + CODE_LIVES
        state.codes[code] = {**query, "sub": sub, "scopes": granted, "until": until, "used": False}
    shown = {"code": code, "scope": " ".join(granted), "authuser": "0", "prompt": query.get("prompt", "none")}
    return f"{query['redirect_uri']}?{urlencode(shown | back)}"


def wrong(sentence: str) -> str:
    """Return the page that says why there is nothing to agree to."""
    body = f"<h1>Access blocked: this application's request is invalid</h1><p>{html.escape(sentence)}</p>"
    return _PAGE.format(title="Access blocked", body=body)


def _check(state: GoogleState, query: Mapping[str, str]) -> None:
    if query.get("client_id") != state.client.id:
        raise AskedWrong("invalid_client: no such client is known here.")
    if query.get("redirect_uri") not in state.client.redirect_urls:
        raise AskedWrong("redirect_uri_mismatch: the address to come back to is not one that is registered.")
    unknown = sorted(query.keys() - _KNOWN)
    if unknown:
        raise AskedWrong(f"invalid_request: Parameter not allowed for this message type: {unknown[0]}")
    if query.get("response_type") != "code":
        raise AskedWrong("unsupported_response_type: it must be code.")
    scopes = query.get("scope", "").split()
    known = {"openid", "email", "profile", *(SCOPE + one for one in known_scopes())}
    if not scopes or not known.issuperset(scopes):
        raise AskedWrong("invalid_scope: some requested scopes were invalid.")
    if ("code_challenge" in query) is not (query.get("code_challenge_method") == "S256"):
        raise AskedWrong("invalid_request: the code challenge must be made by S256.")
    if query.get("access_type", "online") not in ("online", "offline"):
        raise AskedWrong("invalid_request: access_type is online or offline.")


def _words(scope: str) -> str:
    """Return what a scope means, in Google's words."""
    described: str = discovery()["auth"]["oauth2"]["scopes"][scope]["description"]
    return described
