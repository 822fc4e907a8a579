"""What a provider hears at the address for messages about accounts (RFC 8935, 2.2 and 2.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.core.errors import HubError, InputError, PluginBroken, Retry, Unavailable
from hub.core.push import Incoming
from hub.web.app import create_app
from hub.web.limits import Limiter
from hub.web.webhooks.account import LARGEST
from tests.pushing import PUBLIC, reachable
from tests.world import World


def send(world: World, answer: Callable[..., Any], body: bytes = b"a.b.c", monkeypatch: Any = None) -> TestResponse:
    """Send a message of which the broker says what it says here."""
    monkeypatch.setattr(type(world.hub.broker), "verify", lambda self, provider, request: answer(request))
    client: FlaskClient = create_app(reachable(world).hub, Limiter("")).test_client()
    return client.post("/webhooks/fake", base_url=PUBLIC, data=body, content_type="application/secevent+jwt")


def raising(error: HubError) -> Callable[[Incoming], Any]:
    def refuse(request: Incoming) -> Any:
        raise error

    return refuse


def test_what_is_believed_is_taken_without_a_word(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    answer = send(world, lambda request: seen.append(request.body) or (), monkeypatch=monkeypatch)
    assert (answer.status_code, answer.data, seen) == (202, b"", [b"a.b.c"])


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (InputError("token", "No.", code="invalid_key"), "invalid_key"),
        (InputError("token", "No.", code="<script>"), "invalid_request"),
        (PluginBroken("None."), "invalid_issuer"),
    ],
)
def test_what_is_not_believed_is_answered_with_the_standards_word(
    world: World, monkeypatch: pytest.MonkeyPatch, error: HubError, word: str
) -> None:
    answer = send(world, raising(error), monkeypatch=monkeypatch)
    assert (answer.status_code, answer.get_json()["err"]) == (400, word)


@pytest.mark.parametrize("error", [Retry("Later."), Unavailable("No broker.")])
def test_while_nobody_can_tell_it_is_to_be_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch, error: HubError
) -> None:
    answer = send(world, raising(error), monkeypatch=monkeypatch)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_too_much_is_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert send(world, lambda request: (), b"x" * (LARGEST + 1), monkeypatch=monkeypatch).status_code == 413
