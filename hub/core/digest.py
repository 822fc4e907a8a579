"""Digest access authentication (RFC 7616; without qop also RFC 2069), as the client: for the broker and key hooks.

MD5, SHA-256 and their session variants, qop "auth". Written out here because the one in requests keeps its state in
private attributes and encodes names as latin-1.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

_TOKEN = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z/=-]+?)(?:\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s,\"]+))?(?=\s|,|\Z)")
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_STRENGTH = ("SHA-256-SESS", "SHA-256", "MD5-SESS", "MD5")


@dataclass(frozen=True, slots=True)
class DigestChallenge:
    """What a server asked for, and how often its nonce has been used."""

    realm: str
    nonce: str
    algorithm: str
    qop: bool
    opaque: str | None
    named: bool  # whether the server named the algorithm: then it is repeated
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1), compare=False, repr=False)

    def authorization(self, method: str, resource: str, username: str, password: str, cnonce: str = "") -> str:
        """Return the value of the Authorization header for one request. ``resource`` is path and query as sent."""
        cnonce = cnonce or secrets.token_hex(16)
        count = f"{next(self.counter):08x}"
        secret = self._hash(f"{username}:{self.realm}:{password}")
        if self.algorithm.endswith("-SESS"):
            secret = self._hash(f"{secret}:{self.nonce}:{cnonce}")
        request = self._hash(f"{method}:{resource}")
        middle = f"{self.nonce}:{count}:{cnonce}:auth" if self.qop else self.nonce
        parts = [
            _user(username),
            f'realm="{_quoted(self.realm)}"',
            f'nonce="{_quoted(self.nonce)}"',
            f'uri="{resource}"',
            f'response="{self._hash(f"{secret}:{middle}:{request}")}"',
        ]
        if self.named:
            parts.append(f"algorithm={self.algorithm.replace('SESS', 'sess')}")
        if self.opaque is not None:
            parts.append(f'opaque="{_quoted(self.opaque)}"')
        if self.qop:
            parts += ["qop=auth", f"nc={count}"]
        if self.qop or self.algorithm.endswith("-SESS"):
            parts.append(f'cnonce="{cnonce}"')
        return "Digest " + ", ".join(parts)

    def _hash(self, text: str) -> str:
        return _HASHES[self.algorithm.removesuffix("-SESS")](text.encode()).hexdigest()


def find_digest_challenge(headers: Iterable[str]) -> DigestChallenge | None:
    """Return the strongest Digest challenge of the WWW-Authenticate headers that can be answered, or None."""
    found = [challenge for header in headers for challenge in _challenges(header)]
    return min(found, key=lambda challenge: _STRENGTH.index(challenge.algorithm), default=None)


def offers_scheme(headers: Iterable[str], scheme: str) -> bool:
    """Tell whether the WWW-Authenticate headers offer a scheme."""
    return any(name == scheme.lower() for header in headers for name, _ in _schemes(header))


def _challenges(header: str) -> Iterator[DigestChallenge]:
    for scheme, values in _schemes(header):
        algorithm = values.get("algorithm", "MD5").upper()
        qops = {part.strip().lower() for part in values["qop"].split(",")} if "qop" in values else set()
        if scheme != "digest" or not values.get("nonce") or algorithm not in _STRENGTH or (qops and "auth" not in qops):
            continue
        yield DigestChallenge(
            values.get("realm", ""), values["nonce"], algorithm, bool(qops), values.get("opaque"), "algorithm" in values
        )


def _schemes(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Split one header, which may hold several challenges (RFC 9110, 11.6.1), into schemes and parameters."""
    scheme, values = "", dict[str, str]()
    for name, value in _TOKEN.findall(header):
        if value:
            unquoted = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
            values[name.lower()] = unquoted
            continue
        if scheme:
            yield scheme, values
        scheme, values = name.lower(), {}
    if scheme:
        yield scheme, values


def _user(username: str) -> str:
    if username.isascii():
        return f'username="{_quoted(username)}"'
    return f"username*=UTF-8''{quote(username, safe='')}"  # RFC 7616, section 3.4


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
