"""A customer's way through the booking pages in Chromium: booked, moved, cancelled; with a script, without, framed."""

from __future__ import annotations

import html
import socket
from collections.abc import Callable
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from hub.actions.appointment import Appointment, find_appointment
from hub.actions.public_page import find_page
from hub.core.booking import State
from hub.plugin import Busy
from hub.web.booking.embed import embed_snippet
from hub.web.door import Rate
from tests.browser.conftest import (
    PHONE,
    Live,
    assert_fits,
    assert_good,
    assert_quiet,
    listen,
    scripts,
    width,
    zone,
)
from tests.front import Front, make_front
from tests.world import DAY, HOUR, MONDAY, down


@pytest.fixture
def front(live: Live) -> Front:
    """The practice with its page, where one may choose between two people."""
    return make_front(live.world, staff=2)


def see(driver: Chrome, words: str) -> None:
    """Wait until the page says that; while it changes for another one there may be nothing to read."""
    waiting = WebDriverWait(driver, 10, ignored_exceptions=(WebDriverException,))
    waiting.until(lambda _: words in driver.find_element(By.TAG_NAME, "body").text, f"no {words!r} to be seen")


def press(driver: Chrome, selector: str, number: int = 0) -> None:
    """Press what there is, in the middle of the window."""
    found = driver.find_elements(By.CSS_SELECTOR, selector)[number]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    found.click()


def follow(driver: Chrome, words: str) -> None:
    """Follow the link with these words."""
    found = driver.find_element(By.LINK_TEXT, words)
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    found.click()


def fill(driver: Chrome, name: str = "Ada Lovelace") -> None:
    """Fill in the details."""
    driver.find_element(By.NAME, "name").send_keys(name)
    driver.find_element(By.NAME, "email").send_keys("ada@example.com")
    press(driver, "[name=q0]")
    press(driver, "#text-1")


def appointment(live: Live, address: str) -> Appointment:
    """Return the appointment behind a link."""
    business, booking_id, _ = address.partition("/b/manage/")[2].partition("?")[0].partition("/")[0].split(".")
    return find_appointment(live.world.hub, business, booking_id)


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_customer_books_moves_and_cancels(live: Live, front: Front, driver: Chrome, script: bool) -> None:
    scripts(driver, on=script)
    driver.get(live.address + front.home)
    follow(driver, "Check-up")
    follow(driver, "Staff 2")
    follow(driver, "17")
    see(driver, "Wednesday, 17 March")
    press(driver, "button.choice", 2)
    see(driver, "Your details")
    if script:
        assert "left)" in driver.find_element(By.CSS_SELECTOR, "[data-left]").text
    fill(driver)
    press(driver, ".btn-primary")
    see(driver, "You are booked")
    address = driver.current_url.partition("?")[0]
    found = appointment(live, address)
    assert (found.state, found.start) == (State.CONFIRMED, MONDAY + 2 * DAY + 2 * HOUR)
    assert found.staff == ("Staff 2",)

    driver.back()  # to the details: the same booking, not another one
    driver.refresh()
    see(driver, "You are booked")
    driver.get(address)
    follow(driver, "Move it")
    follow(driver, "18")
    see(driver, "Thursday, 18 March")
    press(driver, "button.choice", 5)
    see(driver, "Your appointment was moved")
    moved = appointment(live, address)
    assert (moved.start, moved.staff) == (MONDAY + 3 * DAY + 3 * HOUR + HOUR // 2, ("Staff 2",))

    follow(driver, "Cancel it")
    see(driver, "Cancel this appointment?")
    assert appointment(live, address).state is State.CONFIRMED
    press(driver, ".btn-danger")
    see(driver, "This appointment is cancelled")
    assert appointment(live, address).state is State.CANCELLED
    follow(driver, "Book another time")
    see(driver, "March 2027")
    assert_quiet(driver)


def test_the_script_shows_the_visitors_own_zone_once(live: Live, front: Front, driver: Chrome) -> None:
    zone(driver, "America/New_York")
    driver.get(live.address + front.path)
    WebDriverWait(driver, 10).until(lambda _: "zone=America%2FNew_York" in driver.current_url)
    see(driver, "New York (America) time")
    driver.get(f"{live.address}{front.path}?zone=Asia/Tokyo")
    see(driver, "Tokyo (Asia) time")
    assert "Tokyo" in driver.current_url
    driver.find_element(By.CSS_SELECTOR, ".zone summary").send_keys(Keys.ENTER)  # by keyboard
    driver.find_element(By.ID, "zone").send_keys("London")
    press(driver, ".zone button")
    see(driver, "London (Europe) time")
    assert_quiet(driver)


def test_two_quick_clicks_make_one_booking(live: Live, front: Front, driver: Chrome) -> None:
    driver.get(live.address + front.path)
    press(driver, "button.choice", 0)
    see(driver, "Your details")
    fill(driver)
    button = driver.find_element(By.CSS_SELECTOR, ".btn-primary")
    driver.execute_script("arguments[0].click(); arguments[0].click()", button)
    see(driver, "You are booked")
    assert appointment(live, driver.current_url).state is State.CONFIRMED


def test_a_customer_books_by_keyboard_alone(live: Live, front: Front, driver: Chrome) -> None:
    driver.get(live.address + front.path)

    def tab_to(found: Callable[[WebElement], bool]) -> WebElement:
        for _ in range(80):
            active = driver.switch_to.active_element
            if found(active):
                outline = active.value_of_css_property("outline-style") + active.value_of_css_property("box-shadow")
                assert outline != "nonenone", "whoever uses the keyboard must see where they are"
                return active
            active.send_keys(Keys.TAB)
        raise AssertionError("the keyboard does not get there")

    see(driver, "March 2027")
    tab_to(lambda one: one.text.strip() == "16").send_keys(Keys.ENTER)
    see(driver, "Tuesday, 16 March")
    tab_to(lambda one: one.get_attribute("name") == "start").send_keys(Keys.ENTER)
    see(driver, "Your details")
    tab_to(lambda one: one.get_attribute("name") == "name").send_keys("Ada")
    tab_to(lambda one: one.get_attribute("name") == "email").send_keys("ada@example.com")
    tab_to(lambda one: one.get_attribute("name") == "q0").send_keys(Keys.SPACE)
    tab_to(lambda one: one.get_attribute("id") == "text-1").send_keys(Keys.SPACE)
    tab_to(lambda one: one.tag_name == "button").send_keys(Keys.ENTER)
    see(driver, "You are booked")


def test_the_page_works_in_a_frame_of_the_businesss_site_and_nowhere_else(
    live: Live, front: Front, driver: Chrome, serve: Callable[[Any, socket.socket], str]
) -> None:
    page = find_page(live.world.hub, "adas-practice")
    snippet = embed_snippet(live.world.hub, page, page.services[0])
    assert snippet is not None

    def site(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [f"<!doctype html><title>Ada</title><h1>Ada</h1>{snippet.frame}".encode()]

    own, strange = serve(site, listen()), serve(site, listen())
    front.change(embed_origins=[own])
    driver.get(own)
    driver.switch_to.frame(0)
    see(driver, "Check-up")
    press(driver, "button.choice", 1)
    see(driver, "Your details")
    press(driver, ".btn-primary")
    see(driver, "Nothing is booked yet")
    fill(driver)
    press(driver, ".btn-primary")
    see(driver, "You are booked")
    address = driver.execute_script("return location.href")
    assert appointment(live, address).state is State.CONFIRMED
    assert driver.get_cookies() == []
    follow(driver, "Cancel it")  # in a page of its own
    WebDriverWait(driver, 10).until(lambda _: len(driver.window_handles) == 2)
    driver.switch_to.window(driver.window_handles[1])
    see(driver, "Cancel this appointment?")
    driver.close()
    driver.switch_to.window(driver.window_handles[0])
    assert_quiet(driver)

    driver.get(own)
    driver.switch_to.frame(0)
    see(driver, "Check-up")
    for _ in range(int(Rate.PUBLIC.partition("/")[0]) + 1):
        live.app.extensions["limiter"].hit(Rate.PUBLIC, "PUBLIC", "network", "127.0.0.1")
    press(driver, "a.step[rel=next]")  # asked too often: the refusal shows where the page would
    see(driver, "That was too much at once")
    live.app.extensions["limiter"].forget(Rate.PUBLIC, "PUBLIC", "network", "127.0.0.1")
    driver.get_log("browser")

    driver.get(strange)
    driver.switch_to.frame(0)
    assert "Check-up" not in driver.find_element(By.TAG_NAME, "body").text
    driver.switch_to.default_content()
    assert any("frame-ancestors" in entry["message"] for entry in driver.get_log("browser"))


def test_every_state_of_choosing_is_accessible_at_every_width(live: Live, front: Front, driver: Chrome) -> None:
    world = live.world
    driver.get(live.address + front.home)
    assert_good(driver)
    for query in ("zone=Europe/Berlin", "zone=America/New_York&month=2027-04", "zone=Nowhere/None"):
        driver.get(f"{live.address}{front.path}?{query}")
        driver.execute_script("document.querySelector('.zone').open = true")
        assert_good(driver)
    world.clock.now += HOUR  # what the calendars said is old by now
    for one in front.staff:
        world.calendars.busy[one].append(Busy(MONDAY - DAY, MONDAY + 20 * DAY))
    driver.get(f"{live.address}{front.path}?month=2027-03&zone=UTC")
    see(driver, "Next free day")
    assert_good(driver)
    world.clock.now += HOUR
    world.calendars.fail = down()
    driver.get(f"{live.address}{front.path}?zone=UTC")
    see(driver, "No times can be offered right now")
    assert_good(driver)
    for path in ("/b/nowhere", f"{front.home}/nothing", "/b/manage/x"):
        driver.get(live.address + path)
        assert_good(driver)


def test_every_state_of_a_booking_is_accessible_at_every_width(live: Live, front: Front, driver: Chrome) -> None:
    world, times = live.world, f"{live.address}{front.path}?zone=America/New_York"
    long = "Adalbertine-Wilhelmina " + "von und zu Lovelace-Byron" * 3
    front.change_service(
        questions=[
            {"label": "Is it your first visit?", "required": True, "choices": ["Yes", "No"]},
            {"label": "How did you hear of us?", "choices": [f"Choice {number}" for number in range(9)]},
            {"label": "What brings you here?"},
        ]
    )
    driver.get(times)
    press(driver, "button.choice", 1)
    see(driver, "Your details")
    assert_good(driver)
    press(driver, ".btn-primary")
    see(driver, "Nothing is booked yet")
    assert_good(driver)
    fill(driver, long)
    press(driver, ".btn-primary")
    see(driver, "You are booked")
    assert_good(driver)
    address = driver.current_url.partition("?")[0]
    driver.get(f"{address}/move")
    assert_good(driver)
    driver.get(f"{address}/cancel")
    assert_good(driver)
    press(driver, ".btn-danger")
    see(driver, "is cancelled")
    assert_good(driver)

    driver.get(times)
    press(driver, "button.choice", 3)
    see(driver, "Your details")
    held = driver.current_url
    world.clock.now += world.hub.settings.hold_seconds
    driver.get(held)
    see(driver, "not kept any more")
    assert_good(driver)

    driver.get(times)
    press(driver, "button.choice", 3)
    fill(driver)
    world.calendars.fail = down("hub_free_busy")
    press(driver, ".btn-primary")
    see(driver, "Not confirmed yet")
    assert_good(driver)


def test_what_a_finger_touches_on_a_phone_is_large_enough(live: Live, front: Front, driver: Chrome) -> None:
    width(driver, PHONE)
    driver.get(f"{live.address}{front.path}?zone=America/New_York")
    assert_fits(driver)
    assert small(driver) == []
    press(driver, "button.choice", 1)
    see(driver, "Your details")
    assert small(driver) == []
    fill(driver)
    press(driver, ".btn-primary")
    see(driver, "You are booked")
    assert small(driver) == []


def small(driver: Chrome) -> list[str]:
    """Return what is smaller than 44 pixels, but for links within a text and what is below the page."""
    return list(
        driver.execute_script(
            """
            const targets = document.querySelectorAll("main a, main button, main select, main input, main summary")
            const touched = (one) => !one.closest("footer, p, .aside") && one.type !== "hidden"
            return [...targets].filter(touched).filter((one) => {
              const box = (one.closest(".form-check") || one).getBoundingClientRect()
              return box.width && (box.height < 44 || box.width < 43.5)
            }).map((one) => one.outerHTML.slice(0, 90))
            """
        )
    )


def test_a_name_full_of_markup_runs_nothing(live: Live, front: Front, driver: Chrome) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    driver.get(live.address + front.path)
    press(driver, "button.choice", 0)
    see(driver, "Your details")
    fill(driver, evil)
    press(driver, ".btn-primary")
    see(driver, "You are booked")
    assert evil in driver.find_element(By.TAG_NAME, "main").text
    assert html.escape(evil, quote=False) in driver.page_source
    assert driver.title != "owned"
    assert driver.find_elements(By.CSS_SELECTOR, "main img, main script") == []
    assert_quiet(driver)
