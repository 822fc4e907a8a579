"""A token signed by a server: its parts, and whether the signature is of one of the server's own keys (RFC 7515).

The algorithm is pinned, and the keys come from the server's declared JWKS alone: what a token's own header says about
keys is never followed (RFC 8725).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import requests

from hub.core.errors import ProviderError, Retry
from hub.oauth import failures

ALGORITHM = "RS256"
_LONGEST = 16_000
_FOREIGN = frozenset({"jku", "x5u", "jwk", "x5c", "crit"})

Part = Mapping[str, Any]


def parts_of(token: str) -> tuple[Part, Part] | None:
    """Return a compact token's header and claims, neither of them believed yet; None for what is no such token."""
    pieces = token.split(".")
    if len(token) > _LONGEST or len(pieces) != 3:
        return None
    header, claims = (_decoded(piece) for piece in pieces[:2])
    return None if header is None or claims is None else (header, claims)


def is_pinned(header: Part, *types: str) -> bool:
    """Tell whether a header names our algorithm, one of these types or none, and nothing of keys."""
    kind = str(header.get("typ", types[0])).lower()
    known = kind in {one.lower() for one in types}
    return known and header.get("alg") == ALGORITHM and not _FOREIGN & header.keys()


def is_signed(http: requests.Session, keys_url: str, token: str, header: Part) -> bool:
    """Ask for the server's keys, and tell whether the one that the header names made the signature.

    Raises Retry when the keys cannot be had.
    """
    key = _key(_keys(http, keys_url), header.get("kid"))
    return key is not None and _verifies(token, key)


def _decoded(piece: str) -> Part | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _keys(http: requests.Session, keys_url: str) -> list[Part]:
    problem: ProviderError | None = None
    keys: object = None
    try:
        answer = http.get(keys_url, timeout=20, allow_redirects=False)
        if answer.status_code == 200 and len(answer.content) <= failures.LARGEST:
            keys = answer.json().get("keys")
    except requests.exceptions.JSONDecodeError:
        keys = None
    except requests.RequestException as error:
        problem = failures.of_session(error)
    except (ValueError, AttributeError, RecursionError):
        keys = None
    if problem is not None:
        raise problem
    if not isinstance(keys, list):
        raise Retry("The provider's keys cannot be had now. Try again in a few minutes.", code="unreadable")
    return [key for key in keys if isinstance(key, dict)]


def _key(keys: list[Part], kid: object) -> Part | None:
    """Return the one key that the token names, if it is for this and nothing else."""
    for key in keys:
        fits = key.get("kty") == "RSA" and key.get("alg", ALGORITHM) == ALGORITHM and key.get("use", "sig") == "sig"
        if fits and isinstance(kid, str) and key.get("kid") == kid:
            return {name: key[name] for name in ("kty", "n", "e") if name in key}
    return None


def _verifies(token: str, key: Part) -> bool:
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        public = RSAKey.import_key({name: str(value) for name, value in key.items()})
        jws.deserialize_compact(token, public, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True
