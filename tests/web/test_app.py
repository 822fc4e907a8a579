from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from hub.core.errors import HubError
from hub.web.app import create_app
from hub.web.guard import guard_doors
from hub.web.limits import Limiter
from hub.web.table import TABLE
from tests.web.conftest import Browser
from tests.world import World


def test_a_page_that_is_not_there_is_refused_in_words(browser: Callable[[], Browser]) -> None:
    answer = browser().get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_api_refuses_with_a_problem(browser: Callable[[], Browser]) -> None:
    answer = browser().get("/api/v1/nowhere")
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json() | {"status": 404} == answer.get_json()


def test_a_route_without_a_row_stops_the_start(world: World) -> None:
    app = create_app(world.hub, Limiter(""))
    bare = Flask("bare", static_folder=None)
    bare.add_url_rule("/strange", "strange", lambda: "hello")
    with pytest.raises(HubError, match="'strange' has no row"):
        guard_doors(bare, [])
    with pytest.raises(HubError, match="is of no route"):
        guard_doors(Flask("empty", static_folder=None), TABLE)
    assert app.url_map


def test_every_file_that_pages_need_is_there(app: Flask, browser: Callable[[], Browser]) -> None:
    answer = browser().get("/nowhere")
    for address in set(_assets(answer.text)):
        file = browser().get(address)
        assert file.status_code == 200, address
        assert "immutable" in file.headers["Cache-Control"]
    assert browser().get("/assets/1/../../setup.cfg").status_code == 404


def _assets(text: str) -> list[str]:
    import re

    return re.findall(r'(?:href|src)="(/assets/[^"]+)"', text)
