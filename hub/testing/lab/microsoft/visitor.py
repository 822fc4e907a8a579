"""The owner of an account in the tests: signs in at the lab's pages, agrees or declines, and is sent back."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import requests

from hub.testing.lab.microsoft.people import Person


def agree(url: str, person: Person) -> dict[str, str]:
    """Agree to what the page at this address asks; return what comes back with the browser."""
    return _answered(url, {"account": person.id, "do": "accept"})


def decline(url: str, person: Person) -> dict[str, str]:
    """Leave the page without agreeing; return what comes back."""
    return _answered(url, {"account": person.id, "do": "cancel"})


def agree_for_all(url: str, person: Person) -> dict[str, str]:
    """Agree for a person's whole organisation, as its administrator, at the address for that."""
    return _answered(url, {"tenant": person.tenant.id})


def _answered(url: str, form: dict[str, str]) -> dict[str, str]:
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(url, timeout=10, allow_redirects=False)
        if page.status_code == 302:  # sent back at once, with an error
            return dict(parse_qsl(urlsplit(page.headers["Location"]).query))
        found = re.search(r"name=ask value=([A-Za-z0-9_-]+)", page.text)
        if page.status_code != 200 or found is None:
            raise AssertionError(f"the page answers {page.status_code}: {page.text[-300:]}")
        back = session.post(
            page.url.partition("?")[0], data={"ask": found[1], **form}, timeout=10, allow_redirects=False
        )
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))
