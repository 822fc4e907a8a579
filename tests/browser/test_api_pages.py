"""The pages of the API: they show every call, let one be tried with a key, and load nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from hub.actions.api_keys import make_key
from hub.actions.sessions import find_session
from hub.core.role import API_RIGHTS
from hub.core.security import OPERATOR
from hub.web.door import Who
from hub.web.table import TABLE
from tests.browser.conftest import Live, assert_quiet
from tests.visitors import token_of

_ORIGINS = "return performance.getEntriesByType('resource').map(one => new URL(one.name).origin)"


_OF_SWAGGER_UI = {"heading-order", "nested-interactive", "region"}
"""What cannot be mended from outside: its headings, regions, and a button in the head of each call."""


def _violations(driver: webdriver.Chrome) -> list[str]:
    driver.execute_script(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run({resultTypes: ['violations']}).then((all) => done(all.violations.map(one =>"
        " [one.id, ...one.nodes.map(node => node.target.join(' '))])))"
    )
    return [" ".join(one)[:300] for one in found if one[0] not in _OF_SWAGGER_UI]


def test_every_call_is_shown_and_one_can_be_tried(live: Live, driver: webdriver.Chrome) -> None:
    session = find_session(live.world.hub, token_of(live.world.hub, "owner"))
    assert session is not None
    key = make_key(live.world.hub, OPERATOR, session.user, "Program", API_RIGHTS, everywhere=True)
    driver.get(f"{live.address}/api/try")
    wait = WebDriverWait(driver, 20)
    wait.until(lambda one: one.find_elements(By.CSS_SELECTOR, ".opblock"))
    shown = driver.find_elements(By.CSS_SELECTOR, ".opblock")
    assert len(shown) == sum(1 for door in TABLE if door.who is Who.KEY)

    assert _violations(driver) == []
    driver.find_element(By.CSS_SELECTOR, ".btn.authorize").click()
    driver.find_element(By.CSS_SELECTOR, ".auth-container input").send_keys(key.token)
    driver.find_element(By.CSS_SELECTOR, ".auth-btn-wrapper .authorize").click()
    driver.find_element(By.CSS_SELECTOR, ".auth-btn-wrapper .btn-done").click()
    call = driver.find_element(By.CSS_SELECTOR, "[id$='list_businesses']")
    driver.execute_script("arguments[0].scrollIntoView()", call)
    call.find_element(By.CSS_SELECTOR, ".opblock-summary-control").click()
    wait.until(lambda _: call.find_elements(By.CSS_SELECTOR, ".try-out__btn"))[0].click()
    wait.until(lambda _: call.find_elements(By.CSS_SELECTOR, ".execute"))[0].click()
    wait.until(lambda _: "Ada's Practice" in call.text)
    assert set(driver.execute_script(_ORIGINS)) <= {live.address, "null"}
    assert_quiet(driver)
