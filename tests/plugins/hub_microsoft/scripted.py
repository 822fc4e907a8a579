"""A session that gives prepared answers in order and remembers what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import requests

from hub.plugin import Account
from hub_microsoft.client import Client

GRAPH = "https://graph.example"


class Scripted:
    """Answers with each of these in turn: a body, or a status with a body and headers."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        self.asked.append((method, url, more))
        return answer(self.answers.pop(0))

    @property
    def client(self) -> Client:
        settings = {"graph": GRAPH, "kind": "work", "scopes": "Calendars.ReadWrite"}
        return Client(Account("ada", settings, cast("requests.Session", self)))


def answer(given: Any) -> requests.Response:
    """Make a response of a body, or of status, body and headers."""
    status, body, headers = given if isinstance(given, tuple) else (200, given, {})
    made = requests.Response()
    made.status_code = status
    made.headers.update(cast("Mapping[str, str]", headers))
    made._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return made


def refused(status: int, code: str = "", message: str = "", **headers: str) -> tuple[int, Any, dict[str, str]]:
    """An error in Graph's shape."""
    return status, {"error": {"code": code, "message": message}}, {k.replace("_", "-"): v for k, v in headers.items()}
