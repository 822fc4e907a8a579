"""Requests of the connect step: where the password may go, how it is sent, and what a failure means to its owner.

The password is sent only after the server asked for it, over https (or to an origin that the operator listed), and only
to the host that the owner named, to one under the same domain, or to one that the owner confirmed.
"""

from __future__ import annotations

import base64
from urllib.parse import urljoin, urlsplit

import requests

from hub.plugin import find_digest_challenge, offers_scheme
from hub_caldav.failures import outcome_of

_MAX_HOPS = 6
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Problem(Exception):
    """The owner can do something about it; ``sentence`` says what."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UnconfirmedHost(Exception):
    """The server leads to another host, which must not get the password unasked."""

    def __init__(self, typed: str, host: str) -> None:
        super().__init__(host)
        self.host = host
        self.sentence = (
            f"{typed} keeps its calendars on another host, {host}. If that is your provider's, "
            f"type its name below to let it have the password, and fill in the form once more."
        )


class SignIn:
    """One owner at one server, trying to get in."""

    def __init__(
        self, http: requests.Session, username: str, password: str, *, typed: str, confirmed: str = ""
    ) -> None:
        self.start = _start(typed)
        self.digest = False
        self._http = http
        self._username, self._password = username, password
        self._typed_host = urlsplit(self.start).hostname or ""
        self._confirmed = confirmed.lower()

    def ask(self, url: str, body: str) -> tuple[requests.Response, str]:
        """Send a PROPFIND for one resource; return the answer and the URL that gave it.

        Raises Problem for a wrong password or a server that cannot be reached, UnconfirmedHost before another host
        would get the password.
        """
        seen = set()
        for _hop in range(_MAX_HOPS):
            response = self._send(url, body)
            if response.status_code not in _REDIRECTS or not response.headers.get("Location"):
                return response, url
            seen.add(url)
            url = self._next(url, response.headers["Location"])
            if url in seen:
                break
        raise Problem(f"{self._typed_host} sends the hub round in circles. Ask your provider for its CalDAV address.")

    def _next(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        parts = urlsplit(target)
        if parts.scheme not in {"http", "https"} or (urlsplit(url).scheme == "https" and parts.scheme == "http"):
            raise Problem(
                f"{self._typed_host} sends the hub to an address without encryption. "
                "Type the address that begins with https://."
            )
        return target

    def _send(self, url: str, body: str) -> requests.Response:
        response = self._once(url, body, None)
        if response.status_code != 401:
            return response
        host = urlsplit(url).hostname or ""
        if not related(self._typed_host, host) and host != self._confirmed:
            raise UnconfirmedHost(self._typed_host, host)
        response = self._once(url, body, self._authorization(url, response.headers.get("WWW-Authenticate", "")))
        if response.status_code == 401:
            raise Problem(
                f"{host} does not accept this user name and password. If you sign in there with a second "
                "factor, make an app password and use that."
            )
        return response

    def _authorization(self, url: str, challenge: str) -> str:
        """Answer the challenge: Digest when Basic is not offered, or when the line is not encrypted."""
        asked, basic, place = find_digest_challenge([challenge]), offers_scheme([challenge], "basic"), urlsplit(url)
        if asked and (not basic or place.scheme == "http"):
            self.digest = True
            resource = (place.path or "/") + (f"?{place.query}" if place.query else "")
            return asked.authorization("PROPFIND", resource, self._username, self._password)
        if challenge and not basic:
            raise Problem(
                f"{urlsplit(url).hostname} asks for a way to sign in that is not Basic or Digest. "
                "Look in its settings for an app password or for CalDAV access."
            )
        return "Basic " + base64.b64encode(f"{self._username}:{self._password}".encode()).decode()

    def _once(self, url: str, body: str, credential: str | None) -> requests.Response:
        headers = {"Depth": "0", "Content-Type": "application/xml; charset=utf-8"}
        if credential:
            headers["Authorization"] = credential
        sentence = ""
        for last in (False, True):
            try:
                return self._http.request("PROPFIND", url, data=body.encode(), headers=headers, allow_redirects=False)
            except requests.RequestException as error:
                sentence = _unreachable(urlsplit(url).hostname or url, error)
                if last or outcome_of(error) not in {"", "broken"} or isinstance(error, requests.Timeout):
                    break
            # Some servers hang up after a 401 without saying so (SOGo), on the line that the next request takes.
        raise Problem(sentence)


def related(typed: str, other: str) -> bool:
    """Tell whether a host is the one that was typed, or belongs to the same domain without a doubt.

    ``p07-caldav.icloud.com`` belongs to ``caldav.icloud.com``; a domain right under ``com`` or ``co.uk`` to nobody.
    """
    if typed == other:
        return True
    if _is_address(typed) or _is_address(other):
        return False
    parent = typed.partition(".")[2]
    return other.endswith(f".{typed}") or (_is_registrable(parent) and f".{other}".endswith(f".{parent}"))


def _is_registrable(domain: str) -> bool:
    labels = domain.split(".")
    country_with_seconds = len(labels[-1]) == 2 and len(labels) == 2 and len(labels[0]) <= 3
    return len(labels) >= 2 and not country_with_seconds


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _start(typed: str) -> str:
    """Return the URL to begin with for what was typed: a URL, a host, or an e-mail address."""
    text = typed.strip()
    if "://" not in text:
        text = f"https://{text.rpartition('@')[2]}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise Problem("The address is not one of a server. It looks like https://dav.example.com/ or ada@example.com.")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path or '/'}"


def _unreachable(host: str, error: requests.RequestException) -> str:
    outcome, reason = outcome_of(error), getattr(getattr(error, "failure", None), "reason", str(error))
    if outcome == "refused":
        return (
            f"The hub may not go to {host}: the address is private or not encrypted. Whoever runs the hub can "
            "allow it with the setting egress_allow."
        )
    if outcome == "tls" or isinstance(error, requests.exceptions.SSLError):
        if reason == "handshake" or "WRONG_VERSION" in reason:
            return (
                f"{host} does not speak TLS as https needs it, so the password was not sent. Check the address and its "
                "port; a server without encryption is only reached by typing http://."
            )
        return (
            f"The certificate of {host} cannot be trusted, so the password was not sent. Check the address. For a "
            "server with an authority of its own, whoever runs the hub can name that in the setting egress_ca_file."
        )
    if outcome == "timeout" or isinstance(error, requests.Timeout):
        return f"{host} did not answer in time. Try again in a few minutes."
    return f"{host} cannot be reached. Check the address for a slip of the pen."
