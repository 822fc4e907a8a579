"""Setting a business up in Chromium: with a script and without, two at one thing, names full of markup."""

from __future__ import annotations

from urllib.parse import urlsplit

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import presence_of_element_located
from selenium.webdriver.support.wait import WebDriverWait

from hub.actions.businesses import list_businesses
from hub.actions.holders import change_holder, get_holder
from hub.actions.services import list_services
from hub.web.current import SESSION
from tests.browser.conftest import PHONE, Live, assert_good, assert_quiet, scripts, width
from tests.visitors import token_of


def enter(driver: Chrome, live: Live, path: str = "/console") -> None:
    """Sign Ada in, and open a page."""
    driver.get(f"{live.address}/health/live")
    driver.add_cookie({"name": SESSION, "value": token_of(live.world.hub, "owner"), "path": "/"})
    driver.get(live.address + path)


def fill(driver: Chrome, **values: str) -> None:
    """Type into the fields of the page."""
    for name, value in values.items():
        field = driver.find_element(By.NAME, name)
        field.clear()
        field.send_keys(value)


def press(driver: Chrome, words: str) -> None:
    """Press the button or follow the link with these words, and wait for the page that it leads to."""
    before = driver.find_element(By.TAG_NAME, "html")
    found = driver.find_element(
        By.XPATH, f"//main//*[self::a or self::button][not(@aria-hidden)][contains(normalize-space(), '{words}')]"
    )
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    found.click()
    WebDriverWait(driver, 10).until(lambda _: driver.find_element(By.TAG_NAME, "html") != before)


def test_a_business_is_set_up_from_nothing_on_a_phone_without_a_script(live: Live, driver: Chrome) -> None:
    enter(driver, live)
    width(driver, PHONE)
    scripts(driver, on=False)
    press(driver, "Add a business")
    fill(driver, name="Clara's Clinic")
    press(driver, "Add the business")
    press(driver, "Add staff")
    press(driver, "Add a staff member")
    fill(driver, name="Clara")
    press(driver, "Add")
    assert urlsplit(driver.current_url).path.count("/holders/") == 1
    press(driver, "Weekly hours")
    press(driver, "Copy to Tuesday")
    press(driver, "Save")
    (business,) = list_businesses(live.world.hub, None, search="Clara").items
    driver.get(f"{live.address}/console/{business.id}/services")
    press(driver, "Add a service")
    fill(driver, name="Check-up")
    press(driver, "Add a question")
    fill(driver, **{"questions-0-label": "Which tooth?"})
    press(driver, "Add the service")
    (service,) = list_services(live.world.hub, business.id).items
    assert [one.label for one in service.questions] == ["Which tooth?"]
    assert service.rules.staff


def test_who_saves_second_sees_both_and_may_still_save(live: Live, driver: Chrome) -> None:
    world = live.world
    staff = world.staff(connected=False)
    enter(driver, live, f"/console/{world.business}/holders/{staff}/edit")
    fill(driver, name="What I typed")
    change_holder(world.hub, world.business, staff, 1, {"name": "Adam was faster"})
    press(driver, "Save")
    text = driver.find_element(By.TAG_NAME, "main").text
    assert "Somebody else changed this meanwhile" in text
    assert "Adam was faster" in text
    assert driver.switch_to.active_element.get_attribute("role") == "alert"
    assert_good(driver)
    press(driver, "Save")
    assert get_holder(world.hub, world.business, staff).name == "What I typed"


def test_a_fault_is_marked_where_it_is_for_every_reader(live: Live, driver: Chrome) -> None:
    staff = live.world.staff(connected=False)
    enter(driver, live, f"/console/{live.world.business}/holders/{staff}/hours")
    driver.execute_script("document.getElementById('monday-0-end').value = '08:00'")
    press(driver, "Save")
    field = driver.find_element(By.ID, "monday-0-end")
    assert field.get_attribute("aria-invalid") == "true"
    told = driver.find_element(By.ID, field.get_attribute("aria-describedby") or "")
    assert "ends before it begins" in told.text
    assert_good(driver)
    assert_quiet(driver)


def test_a_zone_is_found_by_typing(live: Live, driver: Chrome) -> None:
    enter(driver, live, "/console/new")
    made = presence_of_element_located((By.CSS_SELECTOR, "input.find-in"))  # by the script, after the page
    WebDriverWait(driver, 10).until(made).send_keys("new yo")
    chosen = driver.find_element(By.NAME, "zone")
    assert chosen.get_attribute("value") == "America/New_York"
    assert_good(driver)
    assert_quiet(driver)


def test_names_full_of_markup_run_nothing_on_any_page_of_setting_up(live: Live, driver: Chrome) -> None:
    world, evil = live.world, "<img src=x onerror=document.title='ran'>"
    staff = world.staff(connected=False)
    change_holder(world.hub, world.business, staff, 1, {"name": evil})
    service = world.service(staff)
    for path in ("", "/holders", f"/holders/{staff}", f"/services/{service}", f"/services/{service}/edit"):
        enter(driver, live, f"/console/{world.business}{path}")
        assert driver.title != "ran", path
        assert not driver.find_elements(By.CSS_SELECTOR, "img[src='x']"), path
