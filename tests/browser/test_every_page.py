"""Every page of the table of doors, on the demo business: accessible, never too wide, quiet, and of one origin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from selenium import webdriver

from hub.actions.sign_in import sign_in
from hub.app import close_hub, create_hub
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.run.demo_business import build
from hub.run.demo_calendars import find_place
from hub.settings import load_settings
from hub.store.annotate import Base
from hub.store.guard import Across
from hub.store.security import SecurityEvent
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.door import Who
from hub.web.limits import Limiter
from hub.web.table import TABLE
from tests.browser.conftest import assert_good, assert_quiet, listen, serving
from tests.browser.pages import ENDPOINTS, Places

WHO = {door.endpoint: door.who for door in TABLE}


@dataclass
class Demo:
    """The demo business behind a server, and the token of its owner's sign-in."""

    places: Places
    address: str
    token: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "data"
    build(made)
    return made


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Demo]:
    """One for all pages: a look changes nothing, as is tried below."""
    listener = listen()
    settings = load_settings({}, data_dir=folder, web_port=listener.getsockname()[1])
    place = find_place(settings)
    assert place is not None
    hub = create_hub(settings)
    app = create_app(hub, Limiter(""))
    token = sign_in(hub, Visit(address="127.0.0.1"), place.email, place.password).token
    with serving(app, listener) as address:
        yield Demo(Places(hub, app), address, token)
    close_hub(hub)


@pytest.fixture
def demo(running: Demo) -> Demo:
    """The business with places of its own: a time that is held for one test lapses before the last."""
    return replace(running, places=Places(running.places.hub, running.places.app))


def test_a_look_changes_nothing(demo: Demo) -> None:
    """Crawl every page as its visitors and mail scanners do: the tables stay as they were (RFC 9110, 9.2.1)."""
    places = demo.places
    addresses = {endpoint: places.address(endpoint) for endpoint in ENDPOINTS}
    signed_in, stranger = places.app.test_client(), places.app.test_client()
    signed_in.set_cookie(SESSION, demo.token)
    for endpoint, address in addresses.items():
        before = contents(places.hub)
        for method in ("GET", "HEAD"):
            (signed_in if WHO[endpoint] is Who.USER else stranger).open(address, method=method)
        after = contents(places.hub)
        assert [name for name in before if before[name] != after[name]] == [], endpoint


def contents(hub: Hub) -> dict[str, list[Any]]:
    """Every row of every table, without what only says that somebody was there: times, and the use of a staff link."""
    with hub.database.reading() as conn:
        found = {}
        for table in Base.metadata.sorted_tables:
            columns = [one for one in table.columns if one.name not in ("seen_at", "used_at", "confirmed_at")]
            query = sa.select(*columns).order_by(*table.primary_key.columns)
            if table.name == SecurityEvent.__tablename__:
                query = query.where(SecurityEvent.kind != Kind.STAFF_LINK_USED)
            found[table.name] = [tuple(row) for row in conn.execute(query.execution_options(across=Across.OPERATOR))]
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_page_is_accessible_on_a_phone_and_on_a_desk_light_and_dark(
    demo: Demo, driver: webdriver.Chrome, endpoint: str
) -> None:
    if endpoint == "account.first_run" or WHO[endpoint] is Who.HALF:
        pytest.skip("shown to nobody here: tried in tests/browser/test_account.py")
    driver.get(f"{demo.address}/health/live")
    if WHO[endpoint] is Who.USER:
        driver.add_cookie({"name": SESSION, "value": demo.token, "path": "/"})
    driver.get(demo.address + demo.places.address(endpoint))
    assert "refusal" not in driver.find_element("tag name", "body").get_attribute("class")
    assert driver.execute_script("return performance.getEntriesByType('navigation')[0].responseStatus") == 200
    assert_good(driver)
    assert_quiet(driver)
    names = driver.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert [name for name in names if not name.startswith((demo.address, "data:"))] == [], json.dumps(names)
