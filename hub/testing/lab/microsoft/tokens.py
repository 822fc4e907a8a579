"""Codes, tokens and grants: what an application may do, for how long, and how it proves who signed in."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from hub.testing.lab.microsoft.people import Person

CODE_LIVES = 600
TOKEN_LIVES = 3600
REFRESH_LIVES = 90 * 86_400
"""Seconds; a refresh token of a web application lives 90 days (page: refresh tokens)."""

_KEY_ID = "lab-key"


@dataclass(slots=True)
class Code:
    """An authorization code, and the request that it answers."""

    person: Person
    client: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    nonce: str
    until: float
    used: bool = False


@dataclass(slots=True)
class Granted:
    """What somebody let an application do. ``refresh`` and ``access`` are its tokens, with when they end.

    ``dead`` is the AADSTS code with which a refresh is answered from then on; 0 while the grant lives.
    """

    id: str
    person: Person
    client: str
    scopes: tuple[str, ...]
    since: int
    refresh: dict[str, float] = field(default_factory=dict)
    access: dict[str, float] = field(default_factory=dict)
    dead: int = 0


class Tokens:
    """All codes and grants. Refresh tokens are renewed with each use, and old ones go on working.

    ``folder`` keeps the key of id tokens. Whoever changes anything here holds ``lock``.
    """

    def __init__(self, clock: Callable[[], float], folder: Path | None = None) -> None:
        self.folder, self.lock = folder, threading.RLock()
        self.codes: dict[str, Code] = {}
        self.grants: dict[str, Granted] = {}
        self.lives = TOKEN_LIVES
        self._clock = clock

    def code(self, code: Code) -> str:
        """Keep a code and return it as it travels."""
        text = f"0.{secrets.token_urlsafe(48)}"
        self.codes[text] = code
        return text

    def grant(self, person: Person, client: str, scopes: Iterable[str]) -> Granted:
        """Return the grant of a person to an application, with these scopes from now on."""
        wanted = tuple(scopes)
        for one in list(self.grants.values()):
            if (one.person.id, one.client, one.dead) == (person.id, client, 0):
                one.scopes = tuple(dict.fromkeys((*one.scopes, *wanted)))
                return one
        made = Granted(secrets.token_hex(8), person, client, wanted, int(self._clock()))
        self.grants[made.id] = made
        return made

    def issue(self, grant: Granted, scopes: Iterable[str]) -> tuple[str, str]:
        """Return a new access and a new refresh token."""
        now = self._clock()
        access, refresh = f"EwB{secrets.token_urlsafe(60)}", f"M.C5{secrets.token_urlsafe(60)}"
        grant.access[access] = now + self.lives
        if "offline_access" in scopes:
            grant.refresh[refresh] = now + REFRESH_LIVES
        else:
            refresh = ""
        return access, refresh

    def refreshed(self, token: str) -> Granted | None:
        """Return the grant of a refresh token, dead or alive, or None if there is no such token."""
        return next((one for one in list(self.grants.values()) if token in one.refresh), None)

    def signed_in(self, access: str) -> Granted | None:
        """Return the grant of an access token that is good now."""
        for one in list(self.grants.values()):
            if access in one.access:
                return one if not one.dead and one.access[access] > self._clock() else None
        return None

    def end(self, grant: Granted, code: int) -> None:
        """Let a grant die: its tokens are taken no more, and a refresh is answered with that AADSTS code."""
        grant.dead = code

    def live(self, grant: Granted) -> int:
        """Return how many of its tokens work."""
        now = self._clock()
        return 0 if grant.dead else sum(until > now for until in (*grant.refresh.values(), *grant.access.values()))


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 4.2)."""
    return _b64(hashlib.sha256(verifier.encode()).digest())


def id_token(claims: Mapping[str, Any], key: rsa.RSAPrivateKey) -> str:
    """Return the claims as a JWT signed by the key."""
    head = _b64(json.dumps({"typ": "JWT", "alg": "RS256", "kid": _KEY_ID}).encode())
    body = _b64(json.dumps(dict(claims)).encode())
    signature = key.sign(f"{head}.{body}".encode(), padding.PKCS1v15(), SHA256())
    return f"{head}.{body}.{_b64(signature)}"


def public_keys(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Return the key set with which tokens signed by the key can be checked (RFC 7517)."""
    numbers = key.public_key().public_numbers()
    parts = {
        name: _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        for name, value in (("n", numbers.n), ("e", numbers.e))
    }
    return {"keys": [{"kty": "RSA", "use": "sig", "kid": _KEY_ID, "alg": "RS256", **parts}]}


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
