"""Which headers cross the border, in which direction.

The broker owns what frames a message, names its host, carries state or credentials, or tells the server to do
something else than was checked; what is left goes through untouched.
"""

from __future__ import annotations

import re

from hub.core.errors import Refused
from hub.vault.body import CODINGS
from hub.vault.border import Pairs

LARGEST = 65_536
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"})
_FRAMING = frozenset({"host", "content-length", "content-encoding", "accept-encoding", "expect"})
_ROUTING = frozenset({"forwarded", "via", "x-real-ip", "x-original-url", "x-rewrite-url", "x-host"})
_METHOD = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_CREDENTIAL = frozenset({"authorization", "proxy-authorization", "proxy-authenticate", "cookie", "cookie2"})
_OUT = _HOP | _FRAMING | _ROUTING | _METHOD | _CREDENTIAL
_IN = _HOP | {"content-length", "content-encoding", "set-cookie", "set-cookie2", "alt-svc", "proxy-authenticate"}


def outgoing(headers: Pairs, *, keep_authorization: bool = False) -> Pairs:
    """Return the headers that go to the provider. ``keep_authorization``: a key hook signs in by itself.

    Raises Refused("header") for one that could be read as two, and Refused("too_large").
    """
    named = {
        part.strip().lower() for name, value in headers if name.lower() == "connection" for part in value.split(",")
    }
    kept: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Refused("header", "A header holds line breaks or characters that cannot be sent.")
        key = name.lower().replace("_", "-")  # many servers fold the two into one
        signed = keep_authorization and key == "authorization"
        if signed or not (key in _OUT or key in named or key.startswith(("x-forwarded-", "proxy-"))):
            kept[key] = (name, value)
    if sum(len(name) + len(value) for name, value in kept.values()) > LARGEST:
        raise Refused("too_large", f"The headers are larger than {LARGEST} bytes.")
    return (*kept.values(), ("Accept-Encoding", CODINGS))


def incoming(headers: Pairs, method: str, size: int, *, keep_challenge: bool = False) -> Pairs:
    """Return the headers that go to the plugin, with the length of the decoded body (not for HEAD).

    ``keep_challenge``: a key hook may see how the server wants it to sign in.
    """
    drop = _IN if keep_challenge else _IN | {"www-authenticate", "authentication-info"}
    kept = tuple((name, value) for name, value in headers if name.lower() not in drop)
    if method == "HEAD":
        return kept + tuple((name, value) for name, value in headers if name.lower() == "content-length")[:1]
    return (*kept, ("Content-Length", str(size)))
