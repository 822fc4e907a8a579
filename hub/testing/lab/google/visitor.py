"""The owner of an account in the tests: signs in at the consent page, ticks boxes, and is sent back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

import requests

from hub.testing.lab.google.app import GoogleLab
from hub.testing.lab.google.document import SCOPE
from hub.testing.lab.google.state import Access, Person


def consent(url: str, person: Person, scopes: Collection[str] | None = None) -> dict[str, str]:
    """Agree to what the page at this address asks, to some scopes only if they are named; return what comes back."""
    return _answered(url, person, "allow", scopes)


def cancel(url: str, person: Person) -> dict[str, str]:
    """Leave the page without agreeing; return what comes back."""
    return _answered(url, person, "cancel", ())


def own_token(lab: GoogleLab, person: Person) -> str:
    """Return an access token that may do everything, as the owner's own telephone has it."""
    token = f"ya29.{secrets.token_urlsafe(30)}"
    with lab.state.lock:
        scopes = frozenset({SCOPE + "calendar"})
        lab.state.access[token] = Access(person.sub, "owners-telephone", scopes, lab.state.clock() + 86_400)
    return token


def _answered(url: str, person: Person, decision: str, scopes: Collection[str] | None) -> dict[str, str]:
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(url, timeout=10)
        found = re.search(r'name="request" value="([^"]+)"', page.text)
        if page.status_code != 200 or found is None:
            raise AssertionError(f"the consent page answers {page.status_code}: {page.text[-300:]}")
        boxes = re.findall(r'name="scope" value="([^"]+)"', page.text)
        ticked = [box for box in boxes if scopes is None or box in scopes]
        form = {"request": found[1], "account": person.sub, "scope": ticked, "decision": decision}
        back = session.post(page.url.partition("?")[0], data=form, timeout=10, allow_redirects=False)
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))
