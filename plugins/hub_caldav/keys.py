"""Connecting an account: ask for address, user name and password, find the calendars, try them, return the grant.

Runs inside the broker and needs nothing but requests and the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from hub.plugin import AuthScheme, Form, Grant, SettingField, Setup, hookimpl
from hub_caldav.discovery import Discovery, Problem, UnconfirmedHost
from hub_caldav.signin import SignIn

_FIELDS = (
    SettingField(
        "url",
        "Server or e-mail address",
        "As your provider gives it for CalDAV: https://dav.example.com/, or ada@example.com.",
    ),
    SettingField("username", "User name", "Often the e-mail address."),
    SettingField(
        "password",
        "Password",
        "Where the provider has app passwords (iCloud, Fastmail, Nextcloud and others), make one for this.",
        secret=True,
    ),
)


@hookimpl
def hub_connect(setup: Setup, answer: Mapping[str, str] | None) -> Form | Grant:
    """Ask until the server lets the user in and shows where the calendars are."""
    if answer is None:
        return Form(_FIELDS)
    url, username, password = (answer.get(field.name, "").strip() for field in _FIELDS)
    password = answer.get("password", "")
    if not username and "@" in url and "://" not in url:
        username = url
    if not (url and username and password):
        return Form(_FIELDS, "Address, user name and password are all needed.")
    confirmed = answer.get("other_host", "").strip()
    found = None
    try:
        signin = SignIn(setup.http, username, password, typed=url, confirmed=confirmed)
        found = Discovery(signin).find()
    except UnconfirmedHost as other:
        field = SettingField("other_host", "Host that may get the password", f"To agree, type: {other.host}")
        return Form((*_FIELDS, field), other.sentence)
    except Problem as problem:
        return Form(_FIELDS, problem.sentence)
    host = urlsplit(found.homes[0]).hostname or ""
    origins = {_origin(address) for address in (*found.homes, found.principal) if address}
    return Grant(
        scheme=AuthScheme.DIGEST if signin.digest else AuthScheme.BASIC,
        secret={"username": username, "password": password},
        origins=tuple(sorted(origins)),
        account_name=username if "@" in username else f"{username} at {host}",
        settings={
            "home": " ".join(found.homes),
            "principal": found.principal,
            "addresses": " ".join(sorted(found.addresses | ({username.lower()} if "@" in username else set()))),
        },
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
