"""Connecting a mail server: ask for it, try to sign in, and return the grant.

Runs inside the broker and needs nothing but requests and the standard library.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from types import MappingProxyType

import requests

from hub.plugin import AuthScheme, Form, Grant, SettingField, Setup, hookimpl

_FIELDS = (
    SettingField("server", "Server", "The name of the server for outgoing mail, as smtp.example.com."),
    SettingField("port", "Port", "Empty: 587 for STARTTLS, 465 for TLS, 25 for none.", required=False),
    SettingField(
        "security",
        "Encryption",
        "None is only for a server that the operator listed in HUB_EGRESS_ALLOW.",
        default="starttls",
        choices=(("starttls", "STARTTLS (usual, port 587)"), ("tls", "TLS (port 465)"), ("none", "None")),
    ),
    SettingField("username", "User name", "Often the e-mail address. Empty: without signing in.", required=False),
    SettingField(
        "password",
        "Password",
        "Where the provider has app passwords, make one for this.",
        secret=True,
        required=False,
    ),
    SettingField("sender", "Sender address", "The address from which mails come. The server must allow it."),
    SettingField(
        "sender_name", "Sender name", "What is shown with it. Empty: the name of the business.", required=False
    ),
)
_SCHEMES = MappingProxyType({"starttls": ("smtp", 587), "tls": ("smtps", 465), "none": ("smtp", 25)})
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")
_ADDRESS = re.compile(r"[!-;=?-~]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_OK, _NOT_LET_IN, _NOT_NOW = 200, 401, 429


class _Problem(Exception):
    """The owner can do something about it; the argument says what."""


@hookimpl
def hub_connect(setup: Setup, answer: Mapping[str, str] | None) -> Form | Grant:
    """Ask until the server lets the account in."""
    if answer is None:
        return Form(_FIELDS)
    given = {field.name: answer.get(field.name, "").strip() for field in _FIELDS}
    given["password"] = answer.get("password", "")
    try:
        url = _address(given)
        tls = "none" if given["security"] == "none" else "required"
        _sign_in(setup.http, url, tls, given)
    except _Problem as problem:
        return Form(_FIELDS, str(problem))
    signed = bool(given["username"])
    return Grant(
        scheme=AuthScheme.BASIC if signed else AuthScheme.NONE,
        secret={"username": given["username"], "password": given["password"]} if signed else {},
        origins=(url,),
        account_name=given["sender"],
        settings={"server": url, "tls": tls, "sender": given["sender"], "sender_name": given["sender_name"]},
    )


def _address(given: dict[str, str]) -> str:
    """Return the origin that was typed; raise _Problem that names the field."""
    host, security = given["server"].lower(), given["security"].lower() or "starttls"
    given["security"] = security
    if not _HOST.fullmatch(host):
        raise _Problem("Server: give the name of a host and nothing else, as smtp.example.com.")
    if security not in _SCHEMES:
        raise _Problem("Encryption: choose starttls, tls or none.")
    scheme, usual = _SCHEMES[security]
    port = given["port"] or str(usual)
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise _Problem("Port: give a number from 1 to 65535, or leave it empty.")
    if not _ADDRESS.fullmatch(given["sender"]):
        raise _Problem("Sender address: this is no e-mail address; write it as name@example.com.")
    if any(not one.isprintable() for one in given["sender_name"]):
        raise _Problem("Sender name: give a name without control characters.")
    if bool(given["username"]) != bool(given["password"]):
        raise _Problem("User name and password: give both, or neither for a server that asks for none.")
    return f"{scheme}://{host}:{int(port)}"


def _sign_in(http: requests.Session, url: str, tls: str, given: Mapping[str, str]) -> None:
    username, password = given["username"], given["password"]
    headers = {"Mail-Tls": tls, "Mail-From": given["sender"]}
    if username:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    sentence = ""
    try:
        response = http.request("MAIL", url, headers=headers)
    except requests.RequestException as error:
        sentence = _unreachable(url, error)
    if sentence:
        raise _Problem(sentence)
    host, code = url.partition("://")[2], response.headers.get("Smtp-Code", "")
    if response.status_code == _NOT_LET_IN and not username:
        raise _Problem(f"{host} wants a user name and password ({code}). Give both.")
    if response.status_code == _NOT_LET_IN:
        raise _Problem(
            f"{host} does not accept this user name and password ({code}). If you sign in there with a second factor, "
            "make an app password and use that."
        )
    if response.status_code == _NOT_NOW:
        raise _Problem(f"{host} does not take anything right now ({code}). Try again in a few minutes.")
    if response.status_code != _OK:
        raise _Problem(
            f"{host} takes no mail from this sender address ({code}). Give an address that belongs to the account, or "
            "ask its operator whether the hub may send mail there."
        )


def _unreachable(url: str, error: requests.RequestException) -> str:
    failure = getattr(error, "failure", None)
    outcome, reason = str(getattr(failure, "outcome", "")), str(getattr(failure, "reason", ""))
    host = url.partition("://")[2]
    if reason == "auth":
        return f"{host} offers no way to sign in that the hub knows (PLAIN or LOGIN). Look for another port or server."
    if outcome == "refused":
        return (
            f"The hub may not go to {host}: the address is private, the port is not one of mail, or the line would not "
            f"be encrypted. Whoever runs the hub can allow it by adding {url} to the setting egress_allow."
        )
    if reason == "starttls":
        return f"{host} offers no encryption (STARTTLS), so nothing was sent. Choose tls and port 465, or ask for it."
    if outcome == "tls":
        return (
            f"The encryption of {host} cannot be trusted ({reason}), so the password was not sent. Check the name and "
            "the port. For a server with an authority of its own, whoever runs the hub can name that in the setting "
            "egress_ca_file."
        )
    if outcome == "timeout":
        return f"{host} did not answer in time. Check the name, the port and the encryption that belongs to it."
    return f"{host} cannot be reached or hangs up. Check the name, the port and the encryption that belongs to it."
