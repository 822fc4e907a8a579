"""Origins: which web site may show a booking page in a frame of its own (CSP ``frame-ancestors``)."""

from __future__ import annotations

import re

from hub.core.errors import InputError

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_ORIGIN = re.compile(r"(https?)://(\[::1\]|[a-z0-9.-]+)(?::(\d{1,5}))?/?")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]")
_PORTS = {"https": 443, "http": 80}


def check_origin(field: str, text: object) -> str:
    """Return an exact origin in the form in which browsers send it: lower case, without a default port or a slash.

    ``https`` only, but for loopback; no wildcards, for they would let strangers in. Raises InputError.
    """
    found = _ORIGIN.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    if found is None or not (found[2] == "[::1]" or _HOST.fullmatch(found[2])):
        raise InputError(field, "Give exact origins such as https://www.example.com: scheme and host, without a path.")
    scheme, host, port = found[1], found[2], int(found[3] or 0)
    if scheme == "http" and not _LOOPBACK.fullmatch(host):
        raise InputError(field, "Pages may be shown on https origins only; write it with https://.")
    if found[3] is not None and not 1 <= port <= 65_535:
        raise InputError(field, "A port is a number from 1 to 65535.")
    return f"{scheme}://{host}" if port in (0, _PORTS[scheme]) else f"{scheme}://{host}:{port}"
