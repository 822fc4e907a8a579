"""Credentials: a grant sealed with its connection's key, and noticed when it is rolled back.

The version of each stored grant is bound into its ciphertext, and the highest one is kept as a watermark in the key
store, outside the data: an older row that somebody puts back is below it and is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.core.errors import NeedsReconnect, Tampered
from hub.core.provider import AuthScheme, Grant
from hub.store import connection as store
from hub.store.account_notice import put_marks
from hub.store.keys import delete_connection_keys, find_connection_key
from hub.store.token_mark import put_token_marks
from hub.vault.cipher import Place
from hub.vault.keys import Keyring
from hub.vault.token_watch import Marker


def store_credential(
    conn: sa.Connection, keyring: Keyring, business: str, connection: str, grant: Grant, now: int
) -> int:
    """Seal a grant in place of the one there was, and return its version.

    After the commit, and only then, hand the version to `Keyring.raise_watermark`.
    """
    if find_connection_key(conn, business, connection) is None:
        cipher = keyring.make_connection_key(conn, business, connection)
    else:
        cipher = keyring.connection_key(conn, business, connection, sealing=True)
    stored = store.credential_version(conn, business, connection)
    version = max(stored, keyring.watermark(business, connection)) + 1
    sealed = cipher.seal(_to_bytes(grant), credential_place(business, connection), version)
    store.put_credential(conn, business, connection, version, cipher.version, sealed, now)
    put_token_marks(conn, business, connection, Marker(keyring).of_grant(grant))
    return version


def open_credential(keyring: Keyring, business: str, connection: str, row: sa.Row[*tuple[Any, ...]]) -> Grant:
    """Return the grant in a row of `find_for_call`.

    Raises NeedsReconnect when there is none, Tampered when it was changed, swapped or rolled back.
    """
    if row.sealed is None:
        raise NeedsReconnect("The connection has no credential any more; connect it again.")
    if row.wrapped is None:
        raise Tampered("The key of the connection's credential is gone; connect the account again.")
    if row.version < keyring.watermark(business, connection):
        raise Tampered(
            "The connection's credential is older than the newest one stored: it was rolled back. "
            "Connect the account again."
        )
    cipher = keyring.unwrap_connection_key(business, connection, row.key_version, row.wrapped)
    return _from_bytes(cipher.open(row.sealed, credential_place(business, connection), row.version))


def destroy_credential(conn: sa.Connection, business: str, connection: str) -> None:
    """Delete a connection's credential and every version of its key."""
    store.delete_credential(conn, business, connection)
    put_marks(conn, business, connection, ())
    delete_connection_keys(conn, business, connection)


def credential_place(business: str, connection: str) -> Place:
    """Return where a connection's credential is sealed for."""
    return Place(business, "credential", connection, "sealed")


def _to_bytes(grant: Grant) -> bytes:
    fields: Mapping[str, Any] = {
        "scheme": grant.scheme,
        "secret": dict(grant.secret),
        "origins": grant.origins,
        "account_name": grant.account_name,
        "settings": dict(grant.settings),
        "scopes": grant.scopes,
        "expires_at": grant.expires_at,
        "account_id": grant.account_id,
    }
    return json.dumps(fields).encode()


def _from_bytes(content: bytes) -> Grant:
    fields = json.loads(content)
    return Grant(
        scheme=AuthScheme(fields["scheme"]),
        secret=fields["secret"],
        origins=tuple(fields["origins"]),
        account_name=fields["account_name"],
        settings=fields["settings"],
        scopes=tuple(fields["scopes"]),
        expires_at=fields["expires_at"],
        account_id=fields.get("account_id", ""),
    )
