"""How safe an installation is, in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from hub.settings import load_settings
from hub.web.console.safety import safety


@pytest.mark.parametrize(
    ("given", "bare", "tone", "part"),
    [
        ({}, [], "warn", "HUB_PUBLIC_URL is not set"),
        ({"public_url": "http://hub.example"}, [], "warn", "without TLS"),
        ({"public_url": "https://hub.example"}, [], "good", "over TLS"),
        ({"public_url": "https://hub.example"}, [], "info", "No proxy in front is believed"),
        ({"public_url": "https://hub.example", "proxies": 1}, [], "info", "one proxy in front"),
        ({"public_url": "https://hub.example", "proxies": 2}, [], "info", "2 proxies in front"),
        ({}, [], "good", "Every owner signs in with a second step"),
        ({}, ["Ada", "Ben"], "warn", "Without a second step: Ada, Ben."),
        ({"public_url": "http://hub.example", "metrics_token": "x" * 20}, [], "warn", "metrics"),
    ],
)
def test_each_state_has_its_sentence(given: dict[str, Any], bare: list[str], tone: str, part: str) -> None:
    said = safety(load_settings({}, **given), bare)
    assert [one for one, text in said if part in text] == [tone]
