"""A real browser on a real server: headless Chromium, and the application of a small world behind a socket."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from werkzeug.serving import make_server

from hub.store.database import Database, open_database
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.world import World

PHONE, DESK = 360, 1440
"""Widths, in pixels, at which every page is looked at."""

_CHROMIUM, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
_AXE = "axe_core_python"
_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that look at colours: https://dequeuniversity.com/rules/axe/4.10."""
_SHOWN = """
return [...document.body.querySelectorAll('*')].map((one) => {
    const box = one.getBoundingClientRect();
    return [one.tagName, box.x, box.y, box.width, box.height].join(' ');
}).join('\\n') + document.body.innerText;
"""
"""A script that tells what stands where."""
_LEADS = """
const one = arguments[0].closest('a[href], button, input[type=submit]');
if (!one || one.target) return false;
if (one.matches('a')) return one.href.split('#')[0] !== location.href.split('#')[0];
return one.type === 'submit' && !!one.form && !one.form.target && (one.form.noValidate || one.form.checkValidity());
"""
"""A script that tells whether a click on an element leads to another page."""


@pytest.fixture
def database(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    """An empty database. One kind is enough here: what pages say does not depend on it."""
    shutil.copy(_sqlite_template / "hub.sqlite", tmp_path / "hub.sqlite")
    database = open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    yield database
    database.close()


@dataclass(frozen=True)
class Live:
    """The world's application, and the address under which a browser finds it."""

    world: World
    app: Flask
    address: str


@pytest.fixture
def serve() -> Iterator[Callable[[Any, socket.socket], str]]:
    """Serve an application on a socket until the test ends, and return its address."""
    with ExitStack() as servers:
        yield lambda app, listener: servers.enter_context(serving(app, listener))


@contextmanager
def serving(app: Any, listener: socket.socket) -> Iterator[str]:
    """Serve an application on a socket in the block, and give its address."""
    host, port = listener.getsockname()
    server = make_server(host, port, app, threaded=True, fd=listener.fileno())
    server.log = lambda *args, **kwargs: None  # type: ignore[method-assign]
    # The server looks that often whether it is to stop.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://{host}:{port}"
    server.shutdown()
    thread.join()
    server.server_close()
    listener.close()


@pytest.fixture
def live(world: World, serve: Callable[[Any, socket.socket], str]) -> Live:
    """The world behind a real server, with settings that know the address."""
    listener = listen()
    settings = world.hub.settings.model_copy(update={"web_port": listener.getsockname()[1]})
    world.hub = replace(world.hub, settings=settings)
    app = create_app(world.hub, Limiter(""))
    return Live(world, app, serve(app, listener))


def listen() -> socket.socket:
    """Return a socket that listens on a free port of this machine."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    return listener


class _Leading(WebElement):
    """An element whose click waits for the page that it leads to: what comes next must not meet the page before."""

    def click(self) -> None:
        """Click, and where that leads to another page wait for it, or for a while: a script may keep the page."""
        if not self.parent.execute_script(_LEADS, self):
            return super().click()
        before, until = self.parent.execute_script("return document.documentElement"), time.monotonic() + 5
        super().click()
        while time.monotonic() < until:
            with suppress(WebDriverException):  # between two pages there is none
                if self.parent.execute_script("return document.documentElement") != before:
                    return None
            time.sleep(0.01)
        return None


class _Patient(webdriver.Chrome):
    """Waits a while for an element that is not there yet, and after a click for the page to which it leads."""

    _web_element_cls = _Leading

    def find_element(self, by: Any = By.ID, value: str | None = None) -> WebElement:
        """Return the element, or raise when it does not come."""
        until = time.monotonic() + 5
        while True:
            try:
                return super().find_element(by, value)
            except NoSuchElementException:
                if time.monotonic() > until:
                    raise
            time.sleep(0.05)


@pytest.fixture(scope="session")
def _chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    if not (_CHROMIUM and _DRIVER):
        pytest.skip("chromium and chromedriver are not installed: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = _CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = _Patient(options=options, service=Service(_DRIVER))
    browser.set_page_load_timeout(30)
    yield browser
    browser.quit()


@pytest.fixture
def driver(_chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """Chromium without cookies, wide and light, its clock in Berlin. Skips where it is not installed."""
    width(_chromium, DESK)
    scheme(_chromium, "light")
    zone(_chromium, "Europe/Berlin")
    scripts(_chromium, on=True)
    _chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    _chromium.get_log("browser")
    yield _chromium
    for handle in _chromium.window_handles[1:]:
        _chromium.switch_to.window(handle)
        _chromium.close()
    _chromium.switch_to.window(_chromium.window_handles[0])
    _chromium.get("about:blank")


def width(driver: webdriver.Chrome, pixels: int, height: int = 900) -> None:
    """Make the page that wide; a narrow one is a phone's."""
    metrics = {"width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": pixels < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def scheme(driver: webdriver.Chrome, name: str) -> None:
    """Let the visitor like ``light`` or ``dark``, and nothing that moves: colours on their way fail contrast."""
    features = [{"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def zone(driver: webdriver.Chrome, name: str) -> None:
    """Let the visitor's clock be that of an IANA zone."""
    driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": name})


def scripts(driver: webdriver.Chrome, *, on: bool) -> None:
    """Let pages run scripts, or none."""
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not on})


def assert_accessible(driver: webdriver.Chrome, *rules: str) -> None:
    """Fail with every violation that axe finds on the page as it stands, of all its rules or of these."""
    if not driver.execute_script("return 'axe' in window"):
        driver.execute_script(files(_AXE).joinpath("axe.min.js").read_text("utf-8"))
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(arguments[0]).then((all) => done(JSON.stringify(all.violations)),"
        " (error) => done(JSON.stringify([{id: String(error), nodes: []}])))",
        options,
    )
    problems = [
        f"{one['id']}: {one.get('help', '')} at {', '.join(str(node['target']) for node in one['nodes'][:4])}"
        for one in json.loads(found)
    ]
    assert problems == [], f"{driver.current_url}: " + "\n".join(problems)


def assert_fits(driver: webdriver.Chrome) -> None:
    """Fail if the page is wider than the window."""
    wide = driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{driver.current_url} is {wide} pixels too wide"


def assert_good(driver: webdriver.Chrome) -> None:
    """Look at the page on a phone and on a desk, light and dark: accessible each time, and never too wide.

    In the dark only what is about colours is looked at again: it says the same in the same place, which is tried.
    """
    for pixels in (PHONE, DESK):
        width(driver, pixels)
        assert_fits(driver)
        assert_accessible(driver)
        # More than one look: a clock on the page may have ticked between the two.
        same = any(_shows_the_same_in_the_dark(driver) for _ in range(3))
        assert same, f"{driver.current_url} shows something else in the dark"
        assert_fits(driver)
        assert_accessible(driver, *_COLOURS)
        scheme(driver, "light")


def _shows_the_same_in_the_dark(driver: webdriver.Chrome) -> bool:
    """Look at the page in the light and then in the dark, and leave it there."""
    scheme(driver, "light")
    shown = driver.execute_script(_SHOWN)
    scheme(driver, "dark")
    return bool(driver.execute_script(_SHOWN) == shown)


def assert_quiet(driver: webdriver.Chrome) -> None:
    """Fail if the browser complained: a refused script, style or frame, a missing file, an error of a script.

    That a page answered with a status such as 422 is no complaint.
    """
    complaints = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert [one for one in complaints if "/assets/" in one or "responded with a status of 4" not in one] == []
