"""The ways in, in Chromium: the first owner, a password, a second step, a passkey, an invitation, a new password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from hub.actions.account import OPERATOR_USER
from hub.actions.first_run import setup_code
from hub.actions.invite import invite
from hub.actions.reset import make_reset_link
from hub.actions.second_factor import STEP
from hub.core.security import OPERATOR
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.accounts import ADA, BEN, OTHER_PASSWORD, PASSWORD, own, turn_on_totp
from tests.accounts import enter as enter_by_action
from tests.browser.conftest import Live, assert_good, assert_quiet, listen, scripts
from tests.world import World


@pytest.fixture
def local(world: World, serve: Callable[[Any, Any], str]) -> Live:
    """The world behind a server under a name for which browsers allow passkeys."""
    listener = listen()
    address = f"http://localhost:{listener.getsockname()[1]}"
    settings = world.hub.settings.model_copy(update={"public_url": address})
    world.hub = replace(world.hub, settings=settings)
    app = create_app(world.hub, Limiter(""))
    serve(app, listener)
    return Live(world, app, address)


@pytest.fixture
def authenticator(driver: Chrome) -> Iterator[None]:
    """A passkey device inside the browser, which verifies its user without asking."""
    options = VirtualAuthenticatorOptions(
        protocol=VirtualAuthenticatorOptions.Protocol.CTAP2,
        transport=VirtualAuthenticatorOptions.Transport.INTERNAL,
        has_resident_key=True,
        has_user_verification=True,
        is_user_verified=True,
    )
    driver.add_virtual_authenticator(options)
    yield
    driver.remove_virtual_authenticator()


def see(driver: Chrome, words: str) -> None:
    """Wait until the page says that."""
    waiting = WebDriverWait(driver, 10, ignored_exceptions=(WebDriverException,))
    waiting.until(lambda _: words in driver.find_element(By.TAG_NAME, "body").text, f"no {words!r} to be seen")


def fill(driver: Chrome, **fields: str) -> None:
    """Type into fields by their names."""
    for name, text in fields.items():
        found = driver.find_element(By.NAME, name)
        found.clear()
        found.send_keys(text)


def press(driver: Chrome, words: str) -> None:
    """Press the first button with these words that can be seen."""
    found = driver.find_elements(By.XPATH, f"//button[contains(., '{words}')] | //summary[contains(., '{words}')]")
    (button, *_) = [one for one in found if one.is_displayed()]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button)
    button.click()


def sign_in(driver: Chrome, live: Live, email: str = ADA, password: str = PASSWORD) -> None:
    """Sign in by the form."""
    driver.get(f"{live.address}/sign-in")
    fill(driver, email=email, password=password)
    press(driver, "Sign in")


def signed_out(driver: Chrome) -> None:
    """Sign out from the console."""
    press(driver, "Sign out")
    see(driver, "You are signed out.")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_the_first_owner_makes_an_account_and_signs_in(local: Live, driver: Chrome, script: bool) -> None:
    scripts(driver, on=script)
    code = setup_code(local.world.hub)
    driver.get(local.address)
    see(driver, "Welcome to Frontdesk")
    if script:
        assert_good(driver)
    fill(driver, code="0000", agency="Engine Agency", name="Ada Lovelace", email=ADA, password=PASSWORD)
    press(driver, "Make my account")
    see(driver, "this is not the set-up code".capitalize())
    assert driver.find_element(By.NAME, "name").get_attribute("value") == "Ada Lovelace"
    if script:
        assert_good(driver)
    fill(driver, code=code, password=PASSWORD)
    Select(driver.find_element(By.NAME, "zone")).select_by_value("Europe/London")
    press(driver, "Make my account")
    see(driver, "Your account is made.")
    fill(driver, email=ADA, password=PASSWORD)
    press(driver, "Sign in")
    see(driver, "Ada Lovelace")
    assert driver.current_url == f"{local.address}/console"
    assert_quiet(driver)


def test_a_second_step_is_set_up_and_asked_for(local: Live, driver: Chrome) -> None:
    hub = local.world.hub
    own(hub)
    sign_in(driver, local)
    driver.get(f"{local.address}/account")
    press(driver, "Set up")
    see(driver, "Scan this picture")
    assert_good(driver)
    app = pyotp.TOTP(driver.find_element(By.CSS_SELECTOR, ".copy code").text)
    fill(driver, code=app.at(hub.clock()))
    press(driver, "Turn it on")
    see(driver, "Your recovery codes")
    assert_good(driver)
    codes = [one.text for one in driver.find_elements(By.CSS_SELECTOR, ".codes code")]
    driver.find_element(By.LINK_TEXT, "I have kept them").click()
    signed_out(driver)

    local.world.clock.now += STEP
    sign_in(driver, local)
    see(driver, "One more step")
    assert_good(driver)
    fill(driver, code="000000")
    press(driver, "Go on")
    see(driver, "This code is wrong or was used")
    fill(driver, code=app.at(hub.clock()))
    press(driver, "Go on")
    see(driver, "Ada Lovelace")
    signed_out(driver)

    sign_in(driver, local)
    fill(driver, code=codes[0])
    press(driver, "Go on")
    see(driver, "Ada Lovelace")
    driver.get(f"{local.address}/account")
    see(driver, "9 left")
    assert_quiet(driver)


def test_a_passkey_is_added_and_then_is_enough(local: Live, driver: Chrome, authenticator: None) -> None:
    own(local.world.hub)
    sign_in(driver, local)
    driver.get(f"{local.address}/account")
    driver.find_element(By.ID, "passkey-name").send_keys("Laptop")
    press(driver, "Add a passkey")
    see(driver, "These recovery codes are shown once")
    assert len(driver.find_element(By.CSS_SELECTOR, "#passkey-codes pre").text.split()) == 10
    assert_good(driver)
    driver.find_element(By.LINK_TEXT, "I have kept them").click()
    see(driver, "Laptop")
    signed_out(driver)

    press(driver, "Use a passkey")
    see(driver, "Ada Lovelace")
    signed_out(driver)

    sign_in(driver, local)
    see(driver, "One more step")
    press(driver, "Use a passkey")
    see(driver, "Ada Lovelace")
    assert_quiet(driver)


def test_without_a_passkey_the_page_says_so_and_the_password_still_works(
    local: Live, driver: Chrome, authenticator: None
) -> None:
    own(local.world.hub)
    driver.get(f"{local.address}/sign-in?next=/account")
    press(driver, "Use a passkey")
    see(driver, "Nothing was chosen")
    fill(driver, email=ADA, password=PASSWORD)
    press(driver, "Sign in")
    see(driver, "Where you are signed in")


def test_a_sign_in_that_is_too_old_asks_for_the_password_before_a_passkey(
    local: Live, driver: Chrome, authenticator: None
) -> None:
    own(local.world.hub)
    sign_in(driver, local)
    driver.get(f"{local.address}/account")
    local.world.clock.now += 600
    press(driver, "Add a passkey")
    see(driver, "Your password, please")
    fill(driver, password=PASSWORD)
    press(driver, "Go on")
    see(driver, "Where you are signed in")
    press(driver, "Add a passkey")
    see(driver, "These recovery codes are shown once")


def test_who_was_invited_comes_in_by_the_link(local: Live, driver: Chrome) -> None:
    hub = local.world.hub
    own(hub)
    made = invite(hub, OPERATOR, OPERATOR_USER, BEN, "agent", everywhere=True)
    driver.get(f"{local.address}/invitation/{made.token}")
    see(driver, BEN)
    fill(driver, name="Ben Barnes", password="short")
    press(driver, "Make my account")
    see(driver, "12 characters")
    fill(driver, password=PASSWORD)
    press(driver, "Make my account")
    see(driver, "Your account is made.")
    sign_in(driver, local, BEN)
    see(driver, "Ben Barnes")
    driver.get(f"{local.address}/invitation/{made.token}")
    see(driver, "does not work any more")
    assert_good(driver)


def test_a_new_password_is_set_by_the_link_and_the_second_step_is_still_asked_for(local: Live, driver: Chrome) -> None:
    hub = local.world.hub
    own(hub)
    session = enter_by_action(hub)
    app, _ = turn_on_totp(hub, session)
    driver.get(f"{local.address}/sign-in")
    driver.find_element(By.LINK_TEXT, "Forgotten the password?").click()
    fill(driver, email=ADA)
    press(driver, "Mail me the link")
    see(driver, "Look into your mail")
    assert_good(driver)
    driver.get(f"{local.address}/reset/{make_reset_link(hub, session.user.id)}")
    fill(driver, password=OTHER_PASSWORD)
    press(driver, "Set the password")
    see(driver, "Your password is changed.")
    local.world.clock.now += STEP
    fill(driver, email=ADA, password=OTHER_PASSWORD)
    press(driver, "Sign in")
    see(driver, "One more step")
    fill(driver, code=app.at(hub.clock()))
    press(driver, "Go on")
    see(driver, "Ada Lovelace")
    assert_quiet(driver)
