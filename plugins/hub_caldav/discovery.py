"""From what the owner typed to where the calendars are: RFC 6764 (well-known address), RFC 5397 (principal), RFC 4791.

SRV and TXT records are not looked up: only the broker may open connections, and it resolves addresses alone. Where a
provider relies on them, its owner types the server's address instead of the e-mail address.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import requests

from hub_caldav.multistatus import CALDAV, DAV, Item, Unreadable, check, items
from hub_caldav.signin import Problem, SignIn, UnconfirmedHost

__all__ = ["Discovery", "Found", "Problem", "UnconfirmedHost"]

_WHERE = f"{CALDAV}calendar-home-set"
_WHO = f"{DAV}current-user-principal"
_QUERY = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>'
    "<D:current-user-principal/><D:resourcetype/><C:calendar-home-set/><C:calendar-user-address-set/>"
    "</D:prop></D:propfind>"
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where the calendars are: absolute URLs of the homes and the principal, and the owner's e-mail addresses."""

    homes: tuple[str, ...]
    principal: str
    addresses: frozenset[str]


class Discovery:
    """The search for one owner's calendars."""

    def __init__(self, signin: SignIn) -> None:
        self._signin = signin
        self._what = "nothing that it knows as CalDAV"

    def find(self) -> Found:
        """Return where the calendars are, after the server has shown the homes to this user.

        Raises Problem with a sentence that names the way out, or UnconfirmedHost.
        """
        for start in self._starts():
            item, url = self._look(start)
            if item is None:
                continue
            found = self._from(item, url)
            if found is not None:
                return found
        host = urlsplit(self._signin.start).hostname
        raise Problem(
            f"There is no CalDAV at {host}: it answers with {self._what}. "
            "Look up the CalDAV address in your provider's help and type it in full."
        )

    def _starts(self) -> list[str]:
        start = self._signin.start
        known = urljoin(start, "/.well-known/caldav")
        root = urljoin(start, "/")
        if start == root:
            return [known, root]
        as_typed = [start] if start.endswith("/") else [start, f"{start}/"]  # a proxy may know its prefix only with it
        return [*as_typed, known, root]

    def _from(self, item: Item, url: str) -> Found | None:
        """Go on from a resource: it may name the homes, or the principal that does, or hold calendars itself."""
        principal = url if _WHERE in item.properties else ""
        if not principal:
            hrefs = item.hrefs(_WHO)
            principal = urljoin(url, hrefs[0]) if hrefs else ""
            if principal:
                item, principal = self._must(principal)
        homes = tuple(dict.fromkeys(urljoin(principal, href) for href in item.hrefs(_WHERE)))
        kinds = item.properties.get(f"{DAV}resourcetype")
        if not homes and kinds is not None and kinds.find(f"{CALDAV}calendar") is not None:
            homes = (url,)
        if not homes:
            return None
        tried = [self._must(home if home.endswith("/") else f"{home}/")[1] for home in homes]
        return Found(tuple(tried), principal, frozenset(_addresses(item)))

    def _must(self, url: str) -> tuple[Item, str]:
        item, url = self._look(url)
        if item is None:
            host = urlsplit(url).hostname
            raise Problem(f"{host} let the user in but does not show the calendars: it answers with {self._what}.")
        return item, url

    def _look(self, url: str) -> tuple[Item | None, str]:
        response, url = self._signin.ask(url, _QUERY)
        item, what = _item(response)
        if item is None:
            self._what = what
        return item, url


def _item(response: requests.Response) -> tuple[Item | None, str]:
    """Return what the answer says of the resource, or None and what the answer is instead."""
    if response.status_code != 207:
        page = "html" in response.headers.get("Content-Type", "").lower() and response.status_code < 300
        return None, "a web page" if page else f"the status {response.status_code}"
    try:
        check(response.content)
    except Unreadable as error:
        return None, str(error)
    root = ElementTree.fromstring(response.content)  # noqa: S314 - checked above
    found = items(root)
    return (found[0], "") if found else (None, "an empty answer")


def _addresses(item: Item) -> set[str]:
    hrefs = item.hrefs(f"{CALDAV}calendar-user-address-set")
    return {href[7:].lower() for href in hrefs if href.lower().startswith("mailto:") and " " not in href}
