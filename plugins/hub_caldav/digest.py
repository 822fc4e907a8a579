"""The answer to one Digest challenge (RFC 7616), for the requests of the connect step; later the broker signs in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import parse_http_list, parse_keqv_list

_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


def authorization(challenge: str, method: str, url: str, username: str, password: str, cnonce: str = "") -> str | None:
    """Return the Authorization header for the parameters of a challenge, or None if it asks for more than is here.

    Known are MD5 and SHA-256, with qop ``auth`` or none.
    """
    asked = _parameters(challenge)
    algorithm = asked.get("algorithm", "MD5").upper()
    qops = {part.strip() for part in asked.get("qop", "").split(",") if part.strip()}
    if algorithm not in _HASHES or not asked.get("nonce") or (qops and "auth" not in qops):
        return None

    def hashed(*parts: str) -> str:
        text = ":".join(parts).encode()
        return hashlib.new(_HASHES[algorithm], text, usedforsecurity=False).hexdigest()

    resource = urlsplit(url)
    uri = (resource.path or "/") + (f"?{resource.query}" if resource.query else "")
    user, realm, nonce = username.encode().decode("latin-1"), asked.get("realm", ""), asked["nonce"]
    secret, request = hashed(username, realm, password), hashed(method, uri)
    cnonce = cnonce or secrets.token_hex(12)
    middle = ("00000001", cnonce, "auth") if qops else ()
    given = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    given["response"] = hashed(secret, nonce, *middle, request)
    if "opaque" in asked:
        given["opaque"] = asked["opaque"]
    if qops:
        given["cnonce"] = cnonce
    bare = {"algorithm": algorithm} if "algorithm" in asked else {}
    if qops:
        bare |= {"qop": "auth", "nc": "00000001"}
    quoted = [f'{name}="{_escaped(value)}"' for name, value in given.items()]
    return "Digest " + ", ".join([*quoted, *(f"{name}={value}" for name, value in bare.items())])


def _parameters(challenge: str) -> Mapping[str, str]:
    pairs = [pair for pair in parse_http_list(challenge) if "=" in pair]
    return {name.lower(): value for name, value in parse_keqv_list(pairs).items()}


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
