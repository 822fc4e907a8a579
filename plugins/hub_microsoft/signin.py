"""msal at the broker's door: its requests go through the hub's session, and it keeps nothing.

msal would remember tokens (in its cache), answers (in its HTTP cache) and discovery of instances; each is switched off
or emptied here. Imported only when a key hook runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import msal
import requests

from hub.plugin import Retry, Setup
from hub_microsoft import failures


class Door:
    """What msal calls an HTTP client: the hub's session, no redirects, and only answers that are JSON."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def get(
        self, url: str, params: Any = None, headers: Mapping[str, str] | None = None, **_options: Any
    ) -> requests.Response:
        """Send a GET."""
        return _sound(self._session.get(url, params=params, headers=headers, allow_redirects=False))

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Mapping[str, str] | None = None, **_options: Any
    ) -> requests.Response:
        """Send a POST."""
        return _sound(self._session.post(url, params=params, data=data, headers=headers, allow_redirects=False))

    def close(self) -> None:
        """The session is the hub's."""


class Forgetful(msal.TokenCache):  # type: ignore[misc] # msal has no types
    """A token cache that keeps nothing: the grant goes to the vault and nowhere else."""

    def add(self, event: Any, now: float | None = None) -> None:
        """Keep nothing."""

    def search(self, *_wanted: Any, **_options: Any) -> Iterator[Any]:
        """Find nothing."""
        return iter(())

    def modify(self, *_entries: Any, **_options: Any) -> None:
        """Change nothing."""


class PublicOnly(dict[str, Any]):
    """An HTTP cache for discovery alone: answers to a POST hold tokens, or say that one is to wait."""

    def __setitem__(self, key: str, value: Any) -> None:
        if not str(key).startswith("POST"):
            super().__setitem__(key, value)


_PUBLIC = PublicOnly()
"""Discovery documents, for a while: the same for everybody, and asked for once in each process."""


def begun(setup: Setup, authority: str, scopes: list[str]) -> tuple[str, dict[str, Any]]:
    """Return where to send the owner, and what msal must be given when they are back: verifier, nonce, state.

    The answer is to come by query. msal would have it by form_post and warns of anything else; but a browser brings no
    cookie along with a form that another site posts (SameSite=Lax), and the cookie is what ties the answer to it.
    """
    flow: dict[str, Any] = application(setup, authority).initiate_auth_code_flow(
        scopes, redirect_uri=setup.redirect_url, state=setup.state, prompt="select_account", response_mode="form_post"
    )
    url = urlsplit(flow.pop("auth_uri"))
    query = [(name, value) for name, value in parse_qsl(url.query) if name != "response_mode"]
    return url._replace(query=urlencode([*query, ("response_mode", "query")])).geturl(), flow


def application(setup: Setup, authority: str) -> Any:
    """Return msal's client for one use. It holds the client secret, so it is not kept."""
    return msal.ConfidentialClientApplication(
        setup.settings.get("client_id", ""),
        client_credential=setup.settings.get("client_secret", ""),
        authority=authority,
        instance_discovery=False,
        azure_region=False,
        http_client=Door(setup.http),
        token_cache=Forgetful(),
        http_cache=_PUBLIC,
    )


def _sound(answer: requests.Response) -> requests.Response:
    """Return an answer that msal may read. What is none is not given to it: it would log the text."""
    if answer.status_code in {408, 429} or answer.status_code >= 500 or 300 <= answer.status_code < 400:
        after = failures.retry_after(answer.headers.get("Retry-After", ""))
        raise Retry("Microsoft's sign-in cannot answer now; it is tried again.", after=after)
    try:
        read = json.loads(answer.content)
    except ValueError:
        read = None
    if not isinstance(cast("Any", read), dict):
        raise Retry(
            "Microsoft's sign-in answers with a page where it should not; it is tried again.", code="unreadable"
        )
    return answer
