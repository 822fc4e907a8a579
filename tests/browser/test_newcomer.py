"""`scripts/up` for a newcomer, in Chromium: both stand-ins are connected by their own consent pages, booked on, changed
from outside and disconnected, and the other side's state is seen each time.

One hub with all its processes and its demo business, once: nothing here is a fake but the providers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from hub.testing.servers import free_port
from tests.run.conftest import Running

pytestmark = pytest.mark.timeout(240)  # a whole hub is made and started


@dataclass(frozen=True)
class Demo:
    """A demo business that runs: where, how to sign in, and where the lab is."""

    address: str
    email: str
    password: str
    lab: str


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("newcomer") / "data"
    running = Running(folder, {"HUB_WEB_PORT": str(free_port())}, ("--demo",))
    try:
        address = running.wait_for(r"The hub is ready: (\S+)/", 120)[1]
        who = running.wait_for(r"Sign in as\s+(\S+)\s+password\s+(\S+)")
        lab = running.wait_for(r"The lab\s+(\S+)/")[1]
        yield Demo(address, who[1], who[2], lab)
    finally:
        running.stop()
        running.close()


def test_a_newcomer_connects_books_sees_changes_and_disconnects(demo: Demo, driver: Chrome) -> None:
    driver.get(f"{demo.address}/console")
    driver.find_element(By.NAME, "email").send_keys(demo.email)
    driver.find_element(By.NAME, "password").send_keys(demo.password)
    press(driver, "//main//button")
    press(driver, "//a[text()='Willow Street Physio']")
    console = driver.current_url

    connect(driver, console, "google", _allow_at_google)
    choose(driver, "ada@example.com", "Ada Lindqvist")
    connect(driver, console, "microsoft", _allow_at_microsoft)
    choose(driver, "Calendar", "Ben Castillo")

    google = calendar(driver, demo, "google", "Ada (ada@example.com)", "ada@example.com")
    microsoft = calendar(driver, demo, "microsoft", "Ben (ben@studio.example)", "Calendar")
    a_booking_is_written_and_follows_its_event(driver, demo, "Ada Lindqvist", google)
    a_booking_is_written_and_follows_its_event(driver, demo, "Ben Castillo", microsoft)

    assert (grants(driver, demo, "google"), grants(driver, demo, "microsoft")) == (1, 1)
    disconnect(driver, console, "Google Calendar")
    disconnect(driver, console, "Microsoft 365")
    until(driver, lambda: grants(driver, demo, "google") == 0, "Google still shows the permission")
    assert grants(driver, demo, "microsoft") == 1  # Microsoft has nothing by which an application could end it


def a_booking_is_written_and_follows_its_event(driver: Chrome, demo: Demo, person: str, place: str) -> None:
    appointment, later = book(driver, demo, person)
    assert "Phone call" in written(driver, place).text
    before = time_of(driver, appointment)
    driver.get(place)
    move_by(driver, later)
    until(driver, lambda: time_of(driver, appointment) != before, f"{person}'s appointment did not follow its event")


def connect(driver: Chrome, console: str, provider: str, allow: Callable[[Chrome], None]) -> None:
    """Agree here, go to the provider's own pages, agree there, and be back."""
    driver.get(f"{console}/connections/new/{provider}")
    if provider == "google":
        press(driver, "//input[@name='level'][@value='standard']")
    press(driver, "//button[@name='answer'][@value='agree']")
    allow(driver)
    see(driver, "Connected. Choose the calendars to check")


def _allow_at_google(driver: Chrome) -> None:
    see(driver, "wants access to your Google Account")
    press(driver, "//label[contains(., 'ada@example.com')]//input")
    for scope in driver.find_elements(By.NAME, "scope"):
        if not scope.is_selected():
            scope.click()
    press(driver, "//button[@value='allow']")


def _allow_at_microsoft(driver: Chrome) -> None:
    for link in driver.find_elements(By.XPATH, "//main//a[starts-with(normalize-space(), 'Go to')]"):
        link.click()
        break
    see(driver, "would like to")
    press(driver, "//label[contains(., 'ben@studio.example')]//input")
    press(driver, "//button[text()='Accept']")


def choose(driver: Chrome, name: str, holder: str) -> None:
    """Let a calendar stand for somebody, check it, and write bookings into it."""
    box = f"//fieldset[legend[normalize-space()='{name}']]"
    Select(driver.find_element(By.XPATH, f"{box}//select")).select_by_visible_text(holder)
    for part in ("check-", "write-"):
        tick = driver.find_element(By.XPATH, f"{box}//input[starts-with(@name, '{part}')]")
        if not tick.is_selected():
            press(driver, f"{box}//input[starts-with(@name, '{part}')]")
    press(driver, "//button[contains(., 'Save the choice')]")
    see(driver, "Saved")


def book(driver: Chrome, demo: Demo, person: str) -> tuple[str, int]:
    """Book the first call of a day on the booking page.

    Returns the address of the appointment, and after how many seconds there is a time of that day that is free as well.
    """
    driver.get(f"{demo.address}/b/willow-street-physio/phone-call")
    press(driver, f"//main//a[normalize-space()='{person}']")
    starts = sorted(int(one.get_attribute("value") or 0) for one in driver.find_elements(By.NAME, "start"))
    press(driver, f"//button[@name='start'][@value='{starts[0]}']")
    see(driver, "Your details")
    driver.find_element(By.NAME, "name").send_keys("Nia Newcomer")
    driver.find_element(By.NAME, "email").send_keys(f"nia.{person[:3].lower()}@example.com")
    press(driver, "//*[@id='text-1']")
    press(driver, "//main//form//button[contains(@class, 'btn-primary')]")
    see(driver, "You are booked")
    return driver.current_url.partition("?")[0], starts[-1] - starts[0]


def time_of(driver: Chrome, appointment: str) -> str:
    """Return when an appointment takes place, as its page says."""
    driver.get(appointment)
    found = re.search(r"\w+, \d+ \w+ \d{4},? [^\n]*", driver.find_element(By.TAG_NAME, "main").text)
    assert found, driver.find_element(By.TAG_NAME, "main").text
    return found[0]


def calendar(driver: Chrome, demo: Demo, provider: str, account: str, name: str) -> str:
    """Return the address of a calendar's page in the lab."""
    driver.get(f"{demo.lab}/{provider}/")
    heading = f"//h3[starts-with(normalize-space(), '{account}')]"
    link = driver.find_element(
        By.XPATH, f"{heading}/following-sibling::ul[1]//a[starts-with(normalize-space(), '{name}')]"
    )
    return link.get_attribute("href") or ""


def written(driver: Chrome, place: str) -> WebElement:
    """Wait until the hub has written an event into a calendar."""

    def there() -> bool:
        driver.get(place)
        return bool(driver.find_elements(By.XPATH, _OURS))

    until(driver, there, "the hub's event is not in the calendar")
    return driver.find_element(By.XPATH, _OURS)


def move_by(driver: Chrome, seconds: int) -> None:
    """Move the hub's event to later that day, as its owner would."""
    press(driver, f"{_OURS}//summary")
    for name in ("start", "end"):
        field = driver.find_element(By.XPATH, f"{_OURS}//input[@name='{name}']")
        later = datetime.fromisoformat(str(field.get_attribute("value"))) + timedelta(seconds=seconds)
        driver.execute_script("arguments[0].value = arguments[1]", field, f"{later:%Y-%m-%dT%H:%M}")
    press(driver, f"{_OURS}//button[text()='Change']")
    see(driver, "Changed")


def grants(driver: Chrome, demo: Demo, provider: str) -> int:
    """Return how many permissions the provider's page shows."""
    driver.get(f"{demo.lab}/{provider}/")
    return len(driver.find_elements(By.XPATH, "//button[text()='Revoke']"))


def disconnect(driver: Chrome, console: str, title: str) -> None:
    """End the account at the provider with that title."""
    driver.get(f"{console}/connections")
    press(driver, f"//li[contains(., '{title}')]//a")
    press(driver, "//main//a[normalize-space()='Disconnect']")
    press(driver, "//main//button[contains(@class, 'btn-danger')]")
    see(driver, "isconnected")


_OURS = "//article[.//span[starts-with(normalize-space(), 'written by')]]"


def press(driver: Chrome, path: str) -> None:
    """Press what there is, in the middle of the window."""
    found = driver.find_element(By.XPATH, path)
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    found.click()


def see(driver: Chrome, words: str) -> None:
    """Wait until the page says that."""
    until(driver, lambda: words in driver.find_element(By.TAG_NAME, "body").text, f"no {words!r} to be seen")


def until(driver: Chrome, holds: Callable[[], bool], problem: str, seconds: float = 45) -> None:
    """Wait until it holds; while a page changes for another one there may be nothing to read.

    It looks every second and a half: who asks faster is told to be slow.
    """
    waiting = WebDriverWait(driver, seconds, poll_frequency=1.5, ignored_exceptions=(WebDriverException,))
    waiting.until(lambda _driver: holds(), problem)
