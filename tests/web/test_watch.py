from __future__ import annotations

import dataclasses
import logging

import pytest
from flask import Flask

from hub.settings import Settings
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.world import World


def test_every_answer_names_its_request(app: Flask) -> None:
    first, second = (app.test_client().get("/nowhere").headers["X-Request-Id"] for _ in range(2))
    assert len(first) == 26
    assert first != second


def test_the_lines_of_a_request_can_be_told_from_another_ones(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="hub.web.watch"):
        app.test_client().get("/sign-in")
    (record,) = [one for one in caplog.records if one.name == "hub.web.watch"]
    assert record.status in (200, 303)  # type: ignore[attr-defined]


def test_requests_are_counted_for_whoever_has_the_token(world: World) -> None:
    hub = world.hub
    settings = Settings(data_dir=hub.settings.data_dir, metrics_token="let-me-look")  # type: ignore[arg-type]
    client = create_app(dataclasses.replace(hub, settings=settings), Limiter("")).test_client()
    client.get("/sign-in")
    assert client.get("/metrics").status_code == 404
    text = client.get("/metrics", headers={"Authorization": "Bearer let-me-look"}).text
    assert 'hub_requests_total{method="GET",route="account.sign_in",status="' in text
