from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub.oauth.server import OAuthClient, OAuthServer
from hub.testing.lab.google.app import GoogleLab, addresses, google


@pytest.fixture(scope="module")
def running() -> Iterator[GoogleLab]:
    with google() as lab:
        yield lab


@pytest.fixture
def lab(running: GoogleLab) -> Iterator[GoogleLab]:
    yield running
    running.state.switches.turn(None)


@pytest.fixture
def server(lab: GoogleLab) -> OAuthServer:
    place = addresses(lab.origin)
    return OAuthServer(
        place["issuer"], place["authorize_url"], place["token_url"], place["keys_url"], place["revoke_url"]
    )


@pytest.fixture
def client(lab: GoogleLab) -> OAuthClient:
    return OAuthClient(lab.state.client.id, lab.state.client.secret)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
