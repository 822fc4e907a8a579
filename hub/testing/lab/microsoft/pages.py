"""The pages on which the lab's people sign in, agree and decline, and an administrator agrees for all.

Pages: OAuth 2.0 authorization code flow (request an authorization code), admin consent on the identity platform.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from html import escape
from urllib.parse import urlencode

from hub.testing.lab.microsoft.failures import Reply
from hub.testing.lab.microsoft.people import CONSUMERS, Person
from hub.testing.lab.microsoft.signin import GRAPH_SCOPES, SCOPES, Client, bare
from hub.testing.lab.microsoft.tokens import CODE_LIVES, Code, Tokens

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_MEANS = {
    "Calendars.ReadBasic": "Read basic details of your calendars",
    "Calendars.Read": "Read your calendars",
    "Calendars.ReadWrite": "Have full access to your calendars",
    "User.Read": "View your basic profile",
    "offline_access": "Maintain access to data you have given it access to",
}
_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}"
    "button{font:inherit;padding:.5rem 1rem}"
)


class Pages:
    """Answers the authorization endpoint. What is under way is kept until it is answered, once."""

    def __init__(
        self, people: Mapping[str, Person], tokens: Tokens, client: Client, clock: Callable[[], float]
    ) -> None:
        self._people, self._tokens, self._client, self._clock = people, tokens, client, clock
        self._asked: dict[str, Mapping[str, str]] = {}

    def authorize(self, tenant: str, given: Mapping[str, str]) -> Reply:
        """Ask who is there, or say on a page of its own why nobody can be sent back."""
        if given.get("client_id") != self._client.id:
            return _page("Sign in", "AADSTS700016: Application with that identifier was not found.", status=400)
        if given.get("redirect_uri") not in self._client.redirect_urls:
            return _page(
                "Sign in", "AADSTS50011: The redirect URI does not match those of the application.", status=400
            )
        problem = self._problem(given)
        if problem:
            return self._back(given, {"error": problem[0], "error_description": problem[1]})
        ask = secrets.token_urlsafe(16)
        self._asked[ask] = dict(given)
        rows = "".join(self._row(person) for person in self._people.values() if _of(tenant, person))
        scopes = "".join(f"<li>{escape(_MEANS[one])}</li>" for one in _scopes(given) if one in _MEANS)
        body = (
            f"<form method=post><input type=hidden name=ask value={ask}>"
            f"<fieldset><legend>Who are you?</legend>{rows}</fieldset>"
            f"<p>{escape(self._client.name)} would like to:</p><ul>{scopes}</ul>"
            "<p><button name=do value=accept>Accept</button> "
            "<button name=do value=cancel formnovalidate>Cancel</button></p></form>"
        )
        return _page("Sign in to the lab's Microsoft", body, safe=True)

    def answered(self, form: Mapping[str, str]) -> Reply:
        """Send the browser back with what was chosen."""
        given = self._asked.pop(form.get("ask", ""), None)
        if given is None:
            return _page("Sign in", "AADSTS50196: This page was answered already. Go back and begin again.", status=400)
        person = self._people.get(form.get("account", ""))
        if form.get("do") != "accept" or person is None:
            text = "AADSTS65004: User declined to consent to access the app."
            return self._back(given, {"error": "access_denied", "error_subcode": "cancel", "error_description": text})
        if person.tenant.asks_admin and self._client.id not in person.tenant.agreed:
            text = "AADSTS90094: An administrator of the organisation must set access for this application."
            return self._back(given, {"error": "consent_required", "error_description": text})
        code = Code(
            person,
            self._client.id,
            given["redirect_uri"],
            _scopes(given),
            given["code_challenge"],
            given.get("nonce", ""),
            self._clock() + CODE_LIVES,
        )
        return self._back(given, {"code": self._tokens.code(code), "session_state": secrets.token_hex(8)})

    def admin(self, tenant: str, given: Mapping[str, str]) -> Reply:
        """Ask an administrator to agree for all of an organisation. ``common`` is no place for that."""
        if given.get("client_id") != self._client.id or given.get("redirect_uri") not in self._client.redirect_urls:
            return _page("Permissions requested", "AADSTS900971: No such application or reply address.", status=400)
        if tenant == "common" or not given.get("scope"):
            return _page("Permissions requested", "AADSTS90014: An organisation and a scope are wanted.", status=400)
        ask = secrets.token_urlsafe(16)
        self._asked[ask] = dict(given)
        names = {one.tenant.id: one.tenant for one in self._people.values() if one.tenant.id != CONSUMERS}
        rows = "".join(
            f"<p><button name=tenant value={one.id}>Accept for {escape(one.name)}</button></p>"
            for one in names.values()
            if tenant in (one.id, "organizations")
        )
        text = f"<p>{escape(self._client.name)} asks for all people of an organisation.</p>"
        return _page(
            "Permissions requested",
            f"{text}<form method=post><input type=hidden name=ask value={ask}>{rows}"
            "<p><button name=do value=cancel>Cancel</button></p></form>",
            safe=True,
        )

    def admin_answered(self, form: Mapping[str, str]) -> Reply:
        """Remember that an administrator agreed, or send the browser back with what was said instead."""
        given = self._asked.pop(form.get("ask", ""), None)
        if given is None:
            return _page("Permissions requested", "AADSTS50196: This page was answered already.", status=400)
        if form.get("do") == "cancel":
            text = "AADSTS65004: The administrator declined."
            return self._back(given, {"admin_consent": "True", "error": "consent_required", "error_description": text})
        for person in self._people.values():
            if person.tenant.id == form.get("tenant"):
                person.tenant.agreed.add(self._client.id)
        tenant = form.get("tenant", "")
        return self._back(given, {"admin_consent": "True", "tenant": tenant, "scope": given["scope"]})

    def _problem(self, given: Mapping[str, str]) -> tuple[str, str] | None:
        if given.get("response_type") != "code":
            return "unsupported_response_type", "AADSTS700054: response_type is not enabled for the application."
        if given.get("response_mode", "query") not in ("query", "form_post"):
            return "invalid_request", "AADSTS90013: Invalid input received from the user."
        if given.get("code_challenge_method") != "S256" or not _CHALLENGE.match(given.get("code_challenge", "")):
            return "invalid_request", "AADSTS501491: Invalid size of Code_Challenge parameter, or not S256."
        unknown = [one for one in given.get("scope", "").split() if bare(one) not in SCOPES]
        if unknown or not set(_scopes(given)) & GRAPH_SCOPES:
            return "invalid_client", "AADSTS650053: The application asked for a scope that does not exist."
        if given.get("prompt") == "none":
            return "interaction_required", "AADSTS50058: Nobody is signed in, and nobody may be asked."
        if "openid" in _scopes(given) and not given.get("nonce"):
            return "invalid_request", "AADSTS90014: The required field 'nonce' is missing."
        return None

    def _back(self, given: Mapping[str, str], answer: dict[str, str]) -> Reply:
        state = {"state": given["state"]} if "state" in given else {}
        if given.get("response_mode") == "form_post":
            fields = "".join(
                f'<input type=hidden name="{escape(name)}" value="{escape(value)}">'
                for name, value in (answer | state).items()
            )
            body = f'<form method=post action="{escape(given["redirect_uri"])}">{fields}<button>Go on</button></form>'
            return _page("Signed in", body, safe=True)
        mark = "&" if "?" in given["redirect_uri"] else "?"
        return Reply(302, headers={"Location": f"{given['redirect_uri']}{mark}{urlencode(answer | state)}"})

    def _row(self, person: Person) -> str:
        kind = "personal" if person.personal else person.tenant.name
        return (
            f'<p><label><input type=radio name=account value="{escape(person.id)}" required> '
            f"{escape(person.name)} ({escape(person.address)}, {escape(kind)})</label></p>"
        )


def _of(tenant: str, person: Person) -> bool:
    """Tell whether somebody may sign in at that tenant's address."""
    if tenant == "common":
        return True
    if tenant in ("organizations", "consumers"):
        return person.personal == (tenant == "consumers")
    return tenant == person.tenant.id


def _scopes(given: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(bare(one) for one in given.get("scope", "").split()))


def _page(title: str, body: str, *, status: int = 200, safe: bool = False) -> Reply:
    text = body if safe else f"<p>{escape(body)}</p>"
    page = (
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{text}<p>A stand-in on this machine. No real account is asked for.</p>"
        "</main></body></html>"
    )
    return Reply(status, page.encode(), {"Cache-Control": "no-store"}, "text/html; charset=utf-8")


def chosen(values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return form or query fields; of a name that comes twice the first."""
    found: dict[str, str] = {}
    for name, value in values:
        found.setdefault(name, value)
    return found
