"""Live tokens are known again wherever they stand, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Callable
from urllib.parse import quote

import pytest
from sqlalchemy import select

from hub.core.provider import AuthScheme, Grant
from hub.store.connection import Credential
from hub.vault.credentials import destroy_credential, store_credential
from hub.vault.keys import Keyring
from hub.vault.roots import Roots
from hub.vault.token_watch import WINDOW, Marker, TokenWatch
from tests.vault.conftest import PASSWORD, Vault


def token(length: int = 60) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


GOOGLE = f"ya29.{token()}-{token(40)}_{token(10)}"
REFRESH = f"1//0{token(70)}"
MICROSOFT = f"M.C512_BAY.0.U.-{token(30)}!{token(9)}*{token(44)}$$"
PIECES = f"EwB4A8l6/{token(33)}+{token(5)}/{token(50)}=="
JWT = ".".join(
    base64.urlsafe_b64encode(one).decode().rstrip("=")
    for one in (
        b'{"typ":"JWT","alg":"RS256","kid":"q-23falevZhhD3hm9CQbkP5MQyU"}',
        b'{"sub":"ada","x":1}',
        secrets.token_bytes(64),
    )
)
EVERY = {"google": GOOGLE, "refresh": REFRESH, "microsoft": MICROSOFT, "pieces": PIECES, "jwt": JWT}


def bearer(**secret: str) -> Grant:
    return Grant(AuthScheme.BEARER, secret, (), "ada")


def keep(vault: Vault, connection: str, grant: Grant, at: int = 0) -> None:
    with vault.database.writing() as conn:
        store_credential(conn, vault.keyring, vault.business, connection, grant, at or vault.clock())


def marks(vault: Vault, connection: str) -> list[str]:
    mine = Credential.business_id == vault.business, Credential.connection_id == connection
    with vault.database.reading() as conn:
        return list(conn.execute(select(Credential.token_marks).where(*mine)).scalar_one())


SHAPES: dict[str, Callable[[str], str]] = {
    "bare": lambda text: text,
    "page": lambda text: f"<p>{text}</p>",
    "json": lambda text: json.dumps({"token": text}),
    "escaped": lambda text: json.dumps(f"\n{text}"),
    "address": lambda text: f"https://ada.example/?next={quote(text, safe='')}&x=1",
    "header": lambda text: f"Bearer {text}; path=/",
    "base64url": lambda text: json.dumps({"data": base64.urlsafe_b64encode(text.encode()).decode()}),
    "base64 of json": lambda text: base64.b64encode(json.dumps({"access_token": text}).encode()).decode(),
}


def test_a_live_token_of_any_provider_is_found_in_any_shape(vault: Vault) -> None:
    shown = {f"{kind} {name}": shape(text).encode() for kind, text in EVERY.items() for name, shape in SHAPES.items()}
    assert not [name for name, text in shown.items() if TokenWatch(vault.database, vault.keyring).holds(text)]
    for kind, text in EVERY.items():
        keep(vault, vault.connect(f"https://{kind}.example.test"), bearer(access_token=text))
    watch = TokenWatch(vault.database, vault.keyring)
    assert [name for name, text in shown.items() if not watch.holds(b"harmless", text)] == []


def test_ids_times_passwords_short_words_and_tokens_of_nobody_are_no_tokens(vault: Vault) -> None:
    connection = vault.connect("https://dav.example.test")
    assert marks(vault, connection) == []
    watch = TokenWatch(vault.database, vault.keyring)
    keep(vault, vault.connect("https://two.example.test"), bearer(access_token=JWT, refresh_token="short-1"))
    head = JWT.split(".")[0]
    for text in (PASSWORD, "short-1", connection, "2026-11-28T12:00:00Z", token(), head, secrets.token_urlsafe(90)):
        assert not watch.holds(f"{text} {text}".encode()), text


def test_the_marks_say_nothing_of_a_token_and_another_hub_makes_others(vault: Vault) -> None:
    connection = vault.connect("https://dav.example.test")
    keep(vault, connection, bearer(access_token=GOOGLE, refresh_token=REFRESH))
    found = marks(vault, connection)
    assert 0 < len(found) <= 16
    assert {len(one) for one in found} == {32}
    elsewhere = Roots(credential=b"x" * 32, data=b"y" * 32)
    other = Marker(Keyring(vault.database, vault.keystore, elsewhere, clock=vault.clock))
    assert not set(other.of_grant(bearer(access_token=GOOGLE, refresh_token=REFRESH))) & set(found)


def test_a_token_that_was_stored_just_now_is_known_at_once_and_one_that_was_replaced_for_a_while(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, time = vault.connect("https://dav.example.test"), [1000.0]
    monkeypatch.setattr("hub.vault.token_watch.time.monotonic", lambda: time[0])
    watch = TokenWatch(vault.database, vault.keyring)
    keep(vault, connection, bearer(access_token=GOOGLE))
    assert watch.holds(GOOGLE.encode())
    keep(vault, connection, bearer(access_token=PIECES))
    assert not watch.holds(PIECES.encode())
    assert watch.holds(PIECES.encode(), at_once=True)
    assert watch.holds(GOOGLE.encode())
    with vault.database.writing() as conn:
        destroy_credential(conn, vault.business, connection)
    time[0] += WINDOW
    assert not watch.holds(GOOGLE.encode())
    assert not watch.holds(PIECES.encode())
