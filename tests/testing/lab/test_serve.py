"""The lab's servers: they answer, they are silent when they are told to, and they end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import requests

from hub.testing.lab.serve import Silence, serve


def _app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/silence":
        raise Silence
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]


def test_an_application_is_served_on_loopback_until_the_block_ends() -> None:
    with serve(_app) as origin:
        assert origin.startswith("http://127.0.0.1:")
        assert requests.get(origin, timeout=5).text == "here"
    with pytest.raises(requests.ConnectionError):
        requests.get(origin, timeout=5)


def test_a_silent_application_closes_the_connection_without_an_answer() -> None:
    with serve(_app) as origin, pytest.raises(requests.ConnectionError):
        requests.get(f"{origin}/silence", timeout=5)


def test_a_request_is_read_to_its_end_before_it_is_answered() -> None:
    with serve(_app) as origin:
        for _ in range(5):
            assert requests.post(origin, data=b"x" * 2_000_000, timeout=5).text == "here"
