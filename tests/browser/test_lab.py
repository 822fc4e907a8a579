"""The lab's page in Chromium: it fits a phone, can be used by everybody, and its forms are taken by a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import presence_of_element_located
from selenium.webdriver.support.ui import WebDriverWait

from hub.testing.lab.page.app import Page, page_application
from hub.testing.lab.serve import serve
from tests.browser.conftest import PHONE, assert_accessible, assert_fits, assert_good, assert_quiet, width
from tests.testing.lab.sides import NOW, Memory, memory_side


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def address(memory: Memory) -> Iterator[str]:
    page = Page({"memory": memory_side(memory)}, lambda: NOW, {"memory": ("hub provider set memory client_id=me",)})
    with serve(page_application(page)) as origin:
        yield origin


def test_the_other_side_can_be_played_in_a_browser(driver: Chrome, memory: Memory, address: str) -> None:
    driver.get(f"{address}/")
    width(driver, PHONE)
    assert_fits(driver)
    assert_accessible(driver)

    driver.find_element(By.LINK_TEXT, "Memory").click()
    assert_fits(driver)
    assert_accessible(driver)
    driver.find_element(By.XPATH, "//button[text()='Revoke']").click()
    assert "Revoked." in told(driver)
    assert memory.granted == []

    driver.find_element(By.PARTIAL_LINK_TEXT, "Work").click()
    for summary in driver.find_elements(By.CSS_SELECTOR, "article summary"):
        summary.click()
    assert_good(driver)
    driver.find_element(By.XPATH, "//button[text()='Add']").click()
    assert "Added" in told(driver)
    assert memory.kept["new"].start == NOW + 3600
    assert_quiet(driver)


def told(driver: Chrome) -> str:
    """Return what the page says was done, once it has come."""
    return WebDriverWait(driver, 10).until(presence_of_element_located((By.CSS_SELECTOR, "[role=status]"))).text
