"""A second, independent program at the same server, for `hub probe` and the tests: it makes scratch calendars and
writes what the plugin did not write.

It holds the password that the operator typed and has nothing to do with stored connections: the plugin itself
declares no way to make or remove a calendar.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin
from xml.etree import ElementTree

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from hub.plugin import ProviderError, Refused
from hub_caldav import failures
from hub_caldav.multistatus import Unreadable, canonical, check, items

_TIMEOUT = 30
_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
_EVENTS = '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>'
_LOOK = f'<?xml version="1.0" encoding="utf-8"?><D:propfind {_NAMESPACES}><D:prop><D:getetag/></D:prop></D:propfind>'


def stranger(settings: Mapping[str, str], username: str, password: str, ca_file: Path | None = None) -> Stranger:
    """Return a program signed in where an account of these settings has its calendars.

    ``ca_file`` is a PEM file of authorities to trust besides the public ones.
    """
    url = settings["home"].split()[0]
    http = requests.Session()
    http.trust_env = False
    if ca_file is not None:
        http.mount("https://", _Trusting(ca_file))
    made = Stranger(http, url)
    if username:
        offered = made.challenge().lower()
        http.auth = _auth(offered, username, password)
    return made


class Stranger:
    """Calendars and objects by plain requests. Raises Refused with what the server answered."""

    def __init__(self, http: requests.Session, home: str) -> None:
        self._http = http
        self._home = home

    def challenge(self) -> str:
        """Return how the server asks who is there, or an empty text."""
        return self._send("PROPFIND", self._home, more={"Depth": "0"}).headers.get("WWW-Authenticate", "")

    def make_calendar(self, name: str) -> str:
        """Make a calendar with MKCALENDAR (RFC 4791 5.3.1), else with an extended MKCOL (RFC 5689)."""
        ref = urljoin(self._home, f"{quote(name)}/")
        prop = f"<D:prop><D:displayname>{name}</D:displayname>{_EVENTS}</D:prop>"
        kind = "<D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype></D:prop>"
        bodies = {
            "MKCALENDAR": f"<C:mkcalendar {_NAMESPACES}><D:set>{prop}</D:set></C:mkcalendar>",
            "MKCOL": f"<D:mkcol {_NAMESPACES}><D:set>{kind}</D:set><D:set>{prop}</D:set></D:mkcol>",
        }
        statuses = []
        for method, body in bodies.items():
            try:
                answer = self._send(method, ref, '<?xml version="1.0" encoding="utf-8"?>' + body, "application/xml")
            except BaseException:  # Ctrl-C or a lost answer: the server may have made it
                with contextlib.suppress(ProviderError):
                    self.remove_calendar(ref)
                raise
            if answer.status_code in {200, 201, 207}:
                return ref
            statuses.append(f"{method} {answer.status_code}")
        raise Refused(
            "no_scratch_calendar",
            f"The server lets no calendar be made ({', '.join(statuses)}). Make an empty one there, and name it with "
            "--calendar.",
        )

    def remove_calendar(self, ref: str) -> None:
        """Remove the calendar."""
        self._done(self._send("DELETE", ref), {200, 202, 204, 404, 410})

    def write(self, calendar: str, uid: str, text: str) -> None:
        """Put an object under a name made of its uid, whatever is there."""
        self._done(self._send("PUT", self._place(calendar, uid), text, "text/calendar"), {200, 201, 204})

    def read(self, calendar: str, uid: str) -> str:
        """Return the object, or an empty text."""
        answer = self._send("GET", self._place(calendar, uid))
        return answer.content.decode("utf-8", "replace") if answer.status_code == 200 else ""

    def remove(self, calendar: str, uid: str) -> None:
        """Delete the object if it is there."""
        self._done(self._send("DELETE", self._place(calendar, uid)), {200, 202, 204, 404, 410})

    def is_empty(self, calendar: str) -> bool:
        """Tell whether the collection names nothing but itself."""
        answer = self._send("PROPFIND", calendar, _LOOK, "application/xml", {"Depth": "1"})
        self._done(answer, {207})
        try:
            check(answer.content)
        except Unreadable:
            return False
        named = {item.path.rstrip("/") for item in items(ElementTree.fromstring(answer.content))}  # noqa: S314 - checked
        return named <= {canonical(calendar).rstrip("/")}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _place(self, calendar: str, uid: str) -> str:
        return f"{calendar.rstrip('/')}/{quote(uid, safe='')}.ics"

    def _send(
        self, method: str, url: str, body: str = "", kind: str = "", more: dict[str, str] | None = None
    ) -> requests.Response:
        headers = ({"Content-Type": f"{kind}; charset=utf-8"} if kind else {}) | (more or {})
        problem: ProviderError | None = None
        for _attempt in range(1 if method.startswith("MK") else 2):  # servers hang up unannounced (SOGo after a 401)
            try:
                return self._http.request(
                    method,
                    url,
                    data=body.encode(),
                    headers=headers | (more or {}),
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                problem = failures.of_session(error)
                if isinstance(error, requests.Timeout):
                    break
        raise problem or Refused("unreachable")

    def _done(self, answer: requests.Response, expected: set[int]) -> None:
        if answer.status_code not in expected:
            method, status = answer.request.method, answer.status_code
            raise Refused(f"http_{status}", f"The server answers {status} to the {method} of another program.")


def _auth(offered: str, username: str, password: str) -> AuthBase:
    if "digest" in offered and "basic" not in offered:
        return HTTPDigestAuth(username, password)
    return HTTPBasicAuth(username.encode(), password.encode())


class _Trusting(HTTPAdapter):
    """Trusts the authorities of a file as well."""

    def __init__(self, ca_file: Path) -> None:
        self._context = ssl.create_default_context(cafile=certifi.where())
        self._context.load_verify_locations(ca_file)
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)
