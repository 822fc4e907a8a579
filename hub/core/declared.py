"""Whether a request is one that the plugin declared: method, origin and raw encoded path.

What is checked is what is sent: a URL that two programs could read differently is refused, never repaired
(RFC 3986, sections 3 and 6.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

from hub.core.errors import Refused
from hub.core.provider import CONNECTION_HOST, MAIL, Operation
from hub.core.purpose import Purpose

_URL = re.compile(
    r"(https?|smtps?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?(/[^?#]*)?(?:\?([^#]*))?", re.IGNORECASE
)
_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,=:@/?;\[\]]|%[0-9A-Fa-f]{2})*")
_AMBIGUOUS = re.compile(r"%(?:2[ef]|5c|[01][0-9a-f]|7f)", re.IGNORECASE)  # dot, slash, backslash, control characters
_DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")
_DEFAULT_PORTS = {"http": 80, "https": 443, "smtp": 587, "smtps": 465}  # RFC 6409, RFC 8314
LONGEST_URL = 8192


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. ``host`` is lower-case (IPv6 without brackets); ``path`` is raw and encoded."""

    scheme: str
    host: str
    port: int
    path: str
    query: str | None = None

    @property
    def authority(self) -> str:
        """``host`` or ``host:port``; the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """``scheme://host[:port]`` in the one form in which origins are stored and compared."""
        return f"{self.scheme}://{self.authority}"

    @property
    def is_mail(self) -> bool:
        """Whether a mail server is meant."""
        return self.scheme.startswith("smtp")

    @property
    def resource(self) -> str:
        """Path and query, as they go over the wire."""
        return self.path if self.query is None else f"{self.path}?{self.query}"


def parse_target(url: str) -> Target:
    """Return where a URL leads. Raises Refused("address") for one that could be read in two ways."""
    match = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if match is None:
        raise Refused(
            "address", "The address is no plain http, https, smtp or smtps URL; write scheme://host[:port]/path."
        )
    scheme, host, port, path, query = match.groups()
    scheme, host, path = scheme.lower(), host.lower(), path or "/"
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    if host.startswith("["):
        host = _ipv6(host[1:-1])
    if not host or not 0 < number < 65536:
        raise Refused("address", "The address names no host or no port that exists.")
    if not _PATH.fullmatch(path) or path.startswith("//") or _AMBIGUOUS.search(path) or _DOTS.search(path):
        raise Refused(
            "address", "The path holds dot segments, ';', encoded slashes or characters that must be encoded."
        )
    if query is not None and not _QUERY.fullmatch(query):
        raise Refused("address", "The query holds characters that must be percent-encoded.")
    return Target(scheme, host, number, path, query)


def normal_origin(text: str) -> str:
    """Return an origin in its one stored form. Raises Refused("address") if it is more or less than an origin."""
    target = parse_target(text)
    if target.resource != "/":
        raise Refused("address", "An origin is scheme://host[:port] without a path.")
    return target.origin


def _ipv6(text: str) -> str:
    try:
        return IPv6Address(text).compressed
    except ValueError:
        return ""


class Declared:
    """The operations of one provider, ready to be matched."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._by_method: dict[str, list[tuple[Operation, re.Pattern[str]]]] = {}
        for operation in operations:
            self._by_method.setdefault(operation.method, []).append((operation, _template(operation.path)))

    def find(self, method: str, target: Target, purpose: Purpose, origins: Collection[str] | None = None) -> Operation:
        """Return the operation that a request is.

        ``origins`` is what ``{connection}`` means; None, while an account is being connected, means any origin.
        Raises Refused: "undeclared", or "purpose" when the operation exists but not for this purpose.
        """
        if (method == MAIL) is not target.is_mail:
            raise Refused("undeclared", f"{MAIL} goes to mail servers, and nothing else does.")
        known = False
        for operation, template in self._by_method.get(method, ()):
            if not template.fullmatch(target.path) or not _at(operation.host, target, origins):
                continue
            if purpose in operation.purposes:
                return operation
            known = True
        if known:
            raise Refused("purpose", f"This {method} is not declared for the purpose {purpose}.")
        raise Refused("undeclared", f"The plugin declares no {method} for this host and path.")


def _at(host: str, target: Target, origins: Collection[str] | None) -> bool:
    if host == CONNECTION_HOST:
        return origins is None or target.origin in origins
    return host == target.authority


def _template(path: str) -> re.Pattern[str]:
    """Compile a path template: ``{name}`` is one segment that is not empty, ``{rest+}`` any rest of the path."""
    parts = re.split(r"(\{[a-z_]+\+?\})", path)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if not (part.startswith("{") and part.endswith("}")):
        return re.escape(part)
    return ".*" if part.endswith("+}") else "[^/]+"
