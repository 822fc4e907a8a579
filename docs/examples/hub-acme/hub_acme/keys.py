"""Connecting an Acme account and ending it: the only module that sees a token. Runs inside the broker."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from hub.plugin import AuthScheme, Form, Grant, Retry, SettingField, Setup, hookimpl

FIELDS = (
    SettingField("url", "Address", "Where your Acme is.", default="https://api.acme.example"),
    SettingField("password", "Access token", "Make one in Acme under Settings, Tokens.", secret=True),
)


@hookimpl
def hub_connect(setup: Setup, answer: Mapping[str, str] | None) -> Form | Grant:
    """Ask for address and token, and try them before granting anything."""
    if answer is None:
        return Form(FIELDS)
    url, token = answer.get("url", "").rstrip("/"), answer.get("password", "").strip()
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or not token:
        return Form(FIELDS, "An address like https://api.acme.example and a token are both needed.")
    me = setup.http.get(f"{url}/v1/me", headers={"Authorization": f"Bearer {token}"})
    if me.status_code == 401:
        return Form(FIELDS, f"{parts.netloc} does not accept this token. Make a new one under Settings, Tokens.")
    if me.status_code != 200:
        return Form(FIELDS, f"{parts.netloc} does not answer like Acme. Check the address.")
    return Grant(
        scheme=AuthScheme.BEARER,
        secret={"access_token": token},
        origins=(url,),
        account_name=me.json()["email"],
        settings={"base": url},
    )


@hookimpl
def hub_revoke(setup: Setup, grant: Grant) -> None:
    """End the token at Acme, and see that it is dead; one that has ended already is a success."""
    base, bearer = grant.settings["base"], {"Authorization": f"Bearer {grant.secret['access_token']}"}
    status = setup.http.delete(f"{base}/v1/token", headers=bearer).status_code
    if status not in {204, 401, 404}:
        raise Retry(f"Acme did not end the token ({status}).")
    if setup.http.get(f"{base}/v1/me", headers=bearer).status_code == 200:
        raise Retry("Acme says that the token has ended, and takes it all the same.")
