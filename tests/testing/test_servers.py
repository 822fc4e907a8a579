"""Servers start, answer, and are gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from hub.core.errors import Unavailable
from hub.testing.servers import radicale, xandikos


def test_radicale_asks_for_the_password_and_is_gone_afterwards(tmp_path: Path) -> None:
    with radicale(tmp_path) as server, requests.Session() as session:
        session.trust_env = False
        assert session.request("PROPFIND", server.home).status_code == 401
        session.auth = (server.username, server.password)
        assert session.request("PROPFIND", server.home).status_code == 207
    with pytest.raises(requests.ConnectionError):
        session.get(server.url)


def test_xandikos_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    with xandikos(tmp_path) as server, requests.Session() as session:
        session.trust_env = False
        assert session.request("PROPFIND", server.home).status_code == 207
    with pytest.raises(requests.ConnectionError):
        session.get(server.url)


def test_a_server_that_does_not_start_is_said_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="radicale"), radicale(tmp_path, options=["--no-such-option"]):
        pass
