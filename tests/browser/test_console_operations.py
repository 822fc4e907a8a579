"""The day's work in Chromium: booked and moved without a script, accounts connected, names full of markup."""

from __future__ import annotations

from dataclasses import replace

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from hub.actions.book_for import book_for
from hub.actions.bookings import list_bookings
from hub.actions.connections import list_connections
from hub.actions.holders import change_holder, get_holder
from hub.actions.services import change_service
from hub.actions.staff_links import make_staff_link
from hub.core.security import OPERATOR
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.browser.conftest import PHONE, Live, assert_good, assert_quiet, listen, scripts, width
from tests.browser.test_setting_up import enter, fill, press
from tests.web.connect import SECRET, with_form
from tests.world import ADA, DAY, HOUR, MONDAY, World, down

CANARY = "<img src=x onerror=\"document.title='canary'\"><svg onload=\"document.title='canary'\">{{7*7}}"


def test_a_customer_is_booked_and_moved_on_a_phone_without_a_script(live: Live, driver: Chrome) -> None:
    world = live.world
    world.service(world.staff(), world.staff())
    enter(driver, live, f"/console/{world.business}/bookings")
    width(driver, PHONE)
    scripts(driver, on=False)
    press(driver, "Book for a customer")
    press(driver, "Check-up")
    press(driver, "Staff 2")
    press(driver, "10:00")
    fill(driver, name="Ada Lovelace")
    press(driver, "Book")
    assert "so that you can be reached" in driver.find_element(By.ID, "email-fault").text
    fill(driver, email="ada@example.com")
    press(driver, "Book")
    (row,) = list_bookings(world.hub, world.business).items
    assert (row.start, [one.name for one in row.staff]) == (MONDAY + 2 * HOUR, ["Staff 2"])
    press(driver, "Move")
    press(driver, "11:30")
    (row,) = list_bookings(world.hub, world.business).items
    assert row.start == MONDAY + 3 * HOUR + HOUR // 2
    driver.find_element(By.CSS_SELECTOR, "details.confirm summary").click()
    press(driver, "Cancel the booking")
    assert list_bookings(world.hub, world.business).items[0].state == "cancelled"


def test_a_click_into_the_week_says_why_and_books_where_it_is_free(live: Live, driver: Chrome) -> None:
    world = live.world
    service = world.service(world.staff())
    book_for(world.hub, OPERATOR, world.business, service, MONDAY + 2 * HOUR, ADA, zone="Europe/Berlin")
    enter(driver, live, f"/console/{world.business}/week?day=2027-03-15")
    assert len(shown_days(driver)) == 7
    width(driver, PHONE)
    assert shown_days(driver) == ["Monday 15 March"]
    driver.find_element(By.CSS_SELECTOR, ".week-days a:nth-child(2)").click()
    assert shown_days(driver) == ["Tuesday 16 March"]
    click_slot(driver, "Tuesday 16 March", "08:00")
    assert "would not lie within one opening" in driver.find_element(By.ID, "main").text
    press(driver, "Week")
    click_slot(driver, "Tuesday 16 March", "14:30")
    press(driver, "Book this")
    assert "Tuesday, 16 March 2027, 14:30" in driver.find_element(By.ID, "main").text
    driver.get(f"{live.address}/console/{world.business}/week?day=2027-03-15")
    driver.find_element(By.CSS_SELECTOR, "a[aria-label^='10:00 to 10:30, Check-up, Ada Lovelace']").click()
    assert "/bookings/" in driver.current_url
    assert_quiet(driver)


def test_a_staff_member_connects_by_the_link_on_a_phone_without_a_script(
    world: World, driver: Chrome, serve: object
) -> None:
    live = asking(world, serve)
    staff = world.staff(connected=False)
    _, token = make_staff_link(world.hub, OPERATOR, world.business, staff)
    width(driver, PHONE)
    scripts(driver, on=False)
    driver.get(f"{live.address}/staff/{token}")
    press(driver, "Connect my calendar")
    for text in ("Who asks", "What for", "How long", "How to stop"):
        assert text in driver.find_element(By.ID, "main").text, text
    press(driver, "No")
    assert "Nothing was connected" in driver.find_element(By.CSS_SELECTOR, "[role=status]").text
    press(driver, "Connect my calendar")
    press(driver, "Agree and connect")
    fill(driver, **{"answer-server": "wrong.example.com", "answer-password": SECRET})
    send(driver)
    assert "lets nobody in" in driver.find_element(By.CSS_SELECTOR, "[role=alert]").text
    assert driver.find_element(By.NAME, "answer-password").get_attribute("value") == ""
    fill(driver, **{"answer-server": "dav.example.com", "answer-password": SECRET})
    send(driver)
    for box in driver.find_elements(By.CSS_SELECTOR, "input[type=checkbox]"):
        box.click()
    press(driver, "Save")
    assert "Appointments go to dav.example.com" in driver.find_element(By.ID, "main").text
    press(driver, "What you agreed to")
    driver.find_element(By.XPATH, "//summary[contains(., 'Stop writing')]").click()
    press(driver, "Withdraw it")
    assert "those that are written stay" in driver.find_element(By.CSS_SELECTOR, "[role=status]").text
    assert not list_connections(world.hub, world.business)[0].calendars[0].written
    driver.get(f"{live.address}/staff/{token}")
    press(driver, "Open")
    press(driver, "Disconnect")
    press(driver, "Disconnect")
    assert "is disconnected" in driver.find_element(By.ID, "main").text
    assert list_connections(world.hub, world.business)[0].health == "disconnected"


def test_what_is_refused_and_what_needs_somebody_is_as_good_to_look_at(
    world: World, driver: Chrome, serve: object
) -> None:
    live = asking(world, serve)
    staff = world.staff()
    service = world.service(staff)
    book_for(world.hub, OPERATOR, world.business, service, MONDAY + 2 * HOUR, ADA, zone="Europe/Berlin")
    world.calendars.fail = down("hub_free_busy")
    open_one = book_for(world.hub, OPERATOR, world.business, service, MONDAY + 4 * HOUR, ADA, zone="Europe/Berlin")
    base = f"/console/{world.business}"
    enter(driver, live, f"{base}/connections/new/fake")
    press(driver, "Agree and connect")
    fill(driver, **{"answer-server": "wrong.example.com", "answer-password": SECRET})
    send(driver)
    assert_good(driver)
    for path in (
        f"/bookings/{open_one.booking_id}",
        "/bookings?attention=1&holder=" + staff,
        "/bookings?q=Ada",
        "/week",
        f"/week/why?at={MONDAY + DAY}&service_id={service}",
    ):
        driver.get(live.address + base + path)
        assert_good(driver)
    world.calendars.fail = down()
    (found,) = list_connections(world.hub, world.business)
    driver.get(f"{live.address}{base}/connections/{found.id}")
    press(driver, "Test now")
    assert "The test did not work." in driver.find_element(By.ID, "main").text
    assert_good(driver)


def test_names_full_of_markup_run_nothing(world: World, driver: Chrome, serve: object) -> None:
    live = asking(world, serve)
    staff = world.staff()
    service = world.service(staff)
    book_for(
        world.hub,
        OPERATOR,
        world.business,
        service,
        MONDAY + 2 * HOUR,
        replace(ADA, name=CANARY),
        zone="Europe/Berlin",
    )
    booking = list_bookings(world.hub, world.business).items[0].id
    version = get_holder(world.hub, world.business, staff).version
    change_holder(world.hub, world.business, staff, version, {"name": CANARY})
    change_service(world.hub, world.business, service, 1, {"name": CANARY, "description": CANARY})
    base = f"/console/{world.business}"
    enter(driver, live, f"{base}/connections/new/fake")
    press(driver, "Agree and connect")
    fill(driver, **{"answer-server": CANARY, "answer-password": SECRET})
    send(driver)
    evil = driver.current_url.partition("?")[0].rpartition("/")[2]
    _, token = make_staff_link(world.hub, OPERATOR, world.business, staff)
    for path in (
        f"{base}/connections",
        f"{base}/connections/{evil}",
        f"{base}/connections/{evil}/end",
        f"{base}/bookings",
        f"{base}/bookings/{booking}",
        f"{base}/bookings/{booking}/move",
        f"{base}/bookings/new/{service}",
        f"{base}/week?day=2027-03-15",
        f"{base}/week/why?at={MONDAY + 2 * HOUR}",
        f"{base}/holders/{staff}/links",
        f"/staff/{token}",
    ):
        driver.get(live.address + path)
        assert driver.title != "canary", path
        assert driver.find_elements(By.CSS_SELECTOR, "img, svg[onload]") == [], path
        assert "{{7*7}}" in driver.page_source, path
    assert_quiet(driver)


def asking(world: World, serve: object) -> Live:
    """Serve a world whose provider asks for a server and a password."""
    with_form(world)
    listener = listen()
    settings = world.hub.settings.model_copy(update={"web_port": listener.getsockname()[1]})
    world.hub = replace(world.hub, settings=settings)
    app = create_app(world.hub, Limiter(""))
    return Live(world, app, serve(app, listener))  # type: ignore[operator]


def send(driver: Chrome) -> None:
    """Send the form of the page."""
    before = driver.find_element(By.TAG_NAME, "html")
    driver.find_element(By.CSS_SELECTOR, "main form .btn-primary").click()
    WebDriverWait(driver, 10).until(lambda _: driver.find_element(By.TAG_NAME, "html") != before)


def shown_days(driver: Chrome) -> list[str]:
    """Return the days of the week that can be seen."""
    days = driver.find_elements(By.CSS_SELECTOR, ".week-col")
    return [str(one.get_attribute("aria-label")) for one in days if one.is_displayed()]


def click_slot(driver: Chrome, day: str, time: str) -> None:
    """Click into a half hour of the week."""
    found = driver.find_element(By.CSS_SELECTOR, f"[aria-label='{day}'] a[aria-label^='{time}']")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    found.click()
