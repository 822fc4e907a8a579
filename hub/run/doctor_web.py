"""What `hub doctor` says of how pages arrive: the certificate, the headers and the cookie that browsers get."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from hub.run.finding import Finding, bad, ok, warn
from hub.run.patient import Patient
from hub.settings import Settings

HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""How each header begins that protects a page, as `hub.web.headers` sets it."""

_STRICT = {"Strict-Transport-Security": "max-age="}
_PAGE = "/reset"  # everybody gets it, with a cookie
_SECONDS = 3
_SOON = 14 * 86_400
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared


def check_tls(patient: Patient) -> Iterator[Finding]:
    """Look at the certificate under the address that people type, as a browser of this machine would."""
    settings = patient.settings
    if not settings.is_https:
        return  # "address" says what that means
    problem, refused = "", False
    try:
        version, until = _handshake(settings)
    except ssl.SSLCertVerificationError as error:
        problem, refused = error.verify_message, True
    except (OSError, HTTPException) as error:
        problem = type(error).__name__
    if refused:
        what = f"The certificate of {settings.base_url} is not valid: {problem}."
        yield bad("tls", what, "Renew it at the proxy; browsers turn people away.")
    elif problem:
        what = f"{settings.base_url} cannot be reached from here ({problem}), so its certificate was not looked at."
        yield warn("tls", what, f"Look from outside: curl -sI {settings.base_url}")
    else:
        day = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d")
        what = f"{settings.base_url} speaks {version}, with a certificate that is valid until {day}."
        if until - patient.now < _SOON:
            yield warn("tls", what, "See that the proxy renews it.")
        else:
            yield ok("tls", what)


def check_served(patient: Patient) -> Iterator[Finding]:
    """Compare the headers and the cookie of a page with what protects it, as the running hub serves them."""
    settings = patient.settings
    connection = _connected(patient)
    if connection is None:
        return  # nothing answers here; "port" and "clock" say whether something should
    where = f"{connection.host}:{connection.port}"
    problem = ""
    try:
        connection.request("GET", _PAGE, headers={"Host": urlsplit(settings.base_url).netloc})
        answer = connection.getresponse()
        given, cookies = dict(answer.getheaders()), answer.headers.get_all("Set-Cookie") or []
    except (OSError, HTTPException) as error:
        problem = type(error).__name__
    finally:
        connection.close()
    if problem:
        yield warn("served", f"{where} gave no answer ({problem}).", "See what its log says of web.")
        return
    wanted = HEADERS | (_STRICT if settings.is_https else {})
    names = {name.lower(): value for name, value in given.items()}
    wrong = [name for name, begins in wanted.items() if not names.get(name.lower(), "").startswith(begins)]
    wrong += [f"{flag} of the cookie" for flag in _missing_flags(cookies, https=settings.is_https)]
    if wrong:
        what = f"Pages at {where} arrive without {', '.join(wrong)}."
        yield bad("served", what, "See what the proxy changes, and that HUB_PUBLIC_URL is right: docs/install.md#tls.")
    else:
        flags = "with all flags" if cookies else "none given"
        yield ok(
            "served", f"Pages at {where} arrive with all {len(wanted)} headers that protect them; cookie: {flags}."
        )


def _handshake(settings: Settings) -> tuple[str, int]:
    """Return the version of TLS, and until when the certificate is valid. Raises OSError."""
    connection = _public(settings)
    try:
        connection.connect()
        assert isinstance(connection.sock, ssl.SSLSocket)
        found = connection.sock.getpeercert() or {}
        return connection.sock.version() or "TLS", int(ssl.cert_time_to_seconds(str(found["notAfter"])))
    finally:
        connection.close()


def _connected(patient: Patient) -> HTTPConnection | None:
    """Return a connection to the hub: under the address that people type, or else to its own port."""
    settings = patient.settings
    tries: list[HTTPConnection] = [_public(settings)] if settings.is_https else []
    if settings.web_port and (patient.is_supervised or not settings.queue_is_embedded):  # else it is another program's
        tries.append(HTTPConnection(_ANYWHERE.get(settings.web_host, settings.web_host), settings.web_port, _SECONDS))
    for one in tries:
        try:
            one.connect()
        except (OSError, HTTPException):
            continue
        return one
    return None


def _public(settings: Settings) -> HTTPSConnection:
    parts = urlsplit(settings.base_url)
    context = ssl.create_default_context(cafile=settings.ca_file)
    return HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=_SECONDS, context=context)


def _missing_flags(cookies: list[str], *, https: bool) -> list[str]:
    flags = ["HttpOnly", "SameSite=Lax", "Path=/", *(["Secure"] if https else [])]
    missing = [flag for flag in flags if any(flag not in one.split("; ") for one in cookies)]
    if https and any(not one.startswith("__Host-") for one in cookies):
        missing.append("__Host-")
    return missing
