"""The key with which a stand-in signs: one of the process, or one that a folder keeps from start to start."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def signing_key(folder: Path | None) -> rsa.RSAPrivateKey:
    """Return the key of that folder, made when it is first asked for; without one a key that ends with the process.

    Who checks signatures may keep the public half for a while, so another key after each start would not do.
    """
    file = folder / "signing.pem" if folder is not None else None
    if file is not None and file.is_file():
        found = serialization.load_pem_private_key(file.read_bytes(), None)
        if isinstance(found, rsa.RSAPrivateKey):
            return found
    made = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    if file is not None:
        plain = serialization.NoEncryption()  # a stand-in's key guards nothing
        text = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as open_file:
            open_file.write(text)
    return made
