"""Connecting on a provider's own pages in Chromium: what browsers do with the redirects, and how the pages look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from hub.actions.staff_links import make_staff_link
from hub.core.security import OPERATOR
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.browser.conftest import PHONE, Live, assert_good, listen, scripts, width
from tests.browser.test_setting_up import enter, press
from tests.elsewhere import SECRET, elsewhere
from tests.world import World


@pytest.fixture
def live(world: World, serve: Callable[[Any, Any], str]) -> Iterator[Live]:
    """The world with a provider that asks on its own pages, and that nobody has set up yet."""
    listener = listen()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with ExitStack() as opened:
        opened.enter_context(elsewhere(world, set_up=False, public_url=address))
        app = create_app(world.hub, Limiter(""))
        yield Live(world, app, serve(app, listener))


def test_a_provider_is_set_up_and_connected_in_two_clicks(live: Live, driver: Chrome) -> None:
    new = f"/console/{live.world.business}/connections/new"
    enter(driver, live, new)
    assert_good(driver)
    press(driver, "Set up")
    assert_good(driver)
    driver.find_element(By.NAME, "setting-client_id").send_keys("app-1")
    driver.find_element(By.NAME, "setting-client_secret").send_keys(SECRET)
    press(driver, "Save")
    assert SECRET not in driver.page_source
    driver.get(live.address + new)
    press(driver, "Elsewhere")
    assert_good(driver)
    driver.find_element(By.ID, "level-2").click()
    assert driver.find_element(By.CLASS_NAME, "level-text-2").is_displayed()
    assert not driver.find_element(By.CLASS_NAME, "level-text-1").is_displayed()
    press(driver, "Agree and go on to Elsewhere")
    assert driver.find_element(By.TAG_NAME, "h1").text == "ada@example.com"
    assert_good(driver)
    address = driver.current_url
    driver.back()
    driver.forward()
    assert driver.current_url == address  # what came back is in no history


def test_it_goes_without_a_script_on_a_phone_at_a_staff_members_link(live: Live, driver: Chrome) -> None:
    live.world.hub.broker.configure("fake", {"client_id": "app-1", "client_secret": SECRET})
    staff = live.world.staff(connected=False)
    _, token = make_staff_link(live.world.hub, OPERATOR, live.world.business, staff)
    width(driver, PHONE)
    scripts(driver, on=False)
    driver.get(f"{live.address}/staff/{token}/connect/fake")
    press(driver, "Agree and go on to Elsewhere")
    assert "Is this the right account?" in driver.find_element(By.TAG_NAME, "main").text
    assert driver.current_url.startswith(f"{live.address}/staff/{token}/accounts/")
    scripts(driver, on=True)
    assert_good(driver)
    driver.get(f"{live.address}/connect/return?state=x&code=y")
    assert_good(driver)
