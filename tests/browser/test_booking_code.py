"""A second booking in Chromium, with a script and without: the code, a wrong one, the back button, two clicks."""

from __future__ import annotations

import re

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from hub.core.booking import State
from tests.browser.conftest import DESK, PHONE, Live, assert_good, assert_quiet, scripts, width
from tests.browser.test_booking import appointment, fill, press, see, small
from tests.front import Front, make_front
from tests.post import Post, settle, text, with_post
from tests.world import World

CODE = "[name=code]"


@pytest.fixture
def post(world: World) -> Post:
    """A mail server."""
    return with_post(world)


@pytest.fixture
def front(post: Post, live: Live) -> Front:
    """The practice with its page, which sends mails."""
    return make_front(live.world)


def code_of(live: Live, post: Post) -> str:
    settle(live.world)
    found = [re.search(r"Your code is (\d{6})", text(mail)) for mail in post.mails]
    return next(one[1] for one in reversed(found) if one)


def send_details(live: Live, front: Front, driver: Chrome, number: int) -> None:
    driver.get(live.address + front.path)
    press(driver, "button.choice", number)
    see(driver, "Your details")
    fill(driver)
    press(driver, ".btn-primary")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_second_booking_takes_the_code_of_the_mail(
    post: Post, live: Live, front: Front, driver: Chrome, script: bool
) -> None:
    scripts(driver, on=script)
    send_details(live, front, driver, 0)
    see(driver, "You are booked")
    send_details(live, front, driver, 1)
    see(driver, "Look into your mail")
    code = code_of(live, post)
    if script:
        assert_good(driver)
        width(driver, PHONE)
        assert small(driver) == []
    driver.find_element(By.CSS_SELECTOR, CODE).send_keys(f"{(int(code) + 1) % 10**6:06}")
    press(driver, ".btn-primary")
    see(driver, "You can try 4 times more")
    if script:
        assert_good(driver)
    width(driver, DESK)
    press(driver, "[value=change]")
    see(driver, "Your details")
    assert driver.find_element(By.NAME, "email").get_attribute("value") == "ada@example.com"
    press(driver, ".btn-primary")
    see(driver, "Look into your mail")
    driver.refresh()  # a form that was sent, sent again: no second mail
    see(driver, "Look into your mail")
    assert code_of(live, post) == code
    driver.find_element(By.CSS_SELECTOR, CODE).send_keys(f"{code[:3]} {code[3:]}\n")
    see(driver, "You are booked")
    booked = driver.current_url.partition("?")[0]
    assert appointment(live, booked).state is State.CONFIRMED
    driver.back()
    driver.refresh()
    see(driver, "You are booked")
    assert driver.current_url.partition("?")[0] == booked
    assert_quiet(driver)


def test_two_quick_clicks_on_the_right_code_make_one_booking(
    post: Post, live: Live, front: Front, driver: Chrome
) -> None:
    front.change(contact_proof="always")
    send_details(live, front, driver, 0)
    see(driver, "Look into your mail")
    driver.find_element(By.CSS_SELECTOR, CODE).send_keys(code_of(live, post))
    button = driver.find_element(By.CSS_SELECTOR, ".btn-primary")
    driver.execute_script("arguments[0].click(); arguments[0].click()", button)
    see(driver, "You are booked")
    assert appointment(live, driver.current_url).state is State.CONFIRMED
