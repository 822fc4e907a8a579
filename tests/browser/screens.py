"""Screenshots of every page of the table of doors, on the demo business, for docs/screens: `scripts/screens`.

At 360 and 1440 pixels, light; a few in the dark as well. Everybody in them is made up.
"""

from __future__ import annotations

import base64
import logging
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from werkzeug.serving import make_server

from hub.actions.first_run import setup_code
from hub.actions.sign_in import sign_in
from hub.app import close_hub, create_hub
from hub.core.security import Visit
from hub.run.demo_business import build
from hub.run.demo_calendars import find_place
from hub.settings import load_settings
from hub.web.app import create_app
from hub.web.current import SESSION
from hub.web.door import Who
from hub.web.limits import Limiter
from hub.web.table import TABLE
from tests.browser.pages import ENDPOINTS, Places

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
WIDTHS = (360, 1440)
DARK = frozenset({"account.sign_in", "booking.service", "console.overview", "console.week", "console.booking"})
TALLEST = 2400
"""Pixels of a page that are shown; what is below looks like what is above."""


def main() -> int:
    """Take them all, or those whose names the command line holds."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and chromedriver):
        print("chromium and chromedriver are needed: apt-get install chromium chromium-driver", file=sys.stderr)
        return 1
    wanted = sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hub-screens-") as name, _browser(chromium, chromedriver) as driver:
        folder = Path(name) / "data"
        build(folder)
        for endpoint in [one for one in ENDPOINTS if not wanted or one in wanted]:
            with _served(Path(name) / "empty" if endpoint == "account.first_run" else folder) as (
                places,
                address,
                token,
            ):
                _take(driver, places, address, token, endpoint)
    return 0


def _take(driver: webdriver.Chrome, places: Places, address: str, token: str, endpoint: str) -> None:
    who = next(door.who for door in TABLE if door.endpoint == endpoint)
    if who is Who.HALF:
        return
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    driver.get(f"{address}/health/live")
    if who is Who.USER:
        driver.add_cookie({"name": SESSION, "value": token, "path": "/"})
    path = places.address(endpoint)
    for width in WIDTHS:
        for scheme in ("light", "dark") if endpoint in DARK else ("light",):
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            driver.get(address + path)
            _save(driver, f"{endpoint}-{width}{'-dark' if scheme == 'dark' else ''}.png")


def _save(driver: webdriver.Chrome, name: str) -> None:
    size = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], TALLEST), "scale": 1}
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    (FOLDER / name).write_bytes(base64.b64decode(taken["data"]))


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Places, str, str]]:
    """Serve the hub of a data folder, and give its owner's sign-in; an empty folder has no owner."""
    server = make_server("127.0.0.1", 0, lambda environ, start: [], threaded=True)
    settings = load_settings({}, data_dir=folder, web_port=server.server_port)
    hub, place = create_hub(settings), find_place(settings)
    if place is None:
        setup_code(hub)
    token = sign_in(hub, Visit(address="127.0.0.1"), place.email, place.password).token if place else ""
    app = create_app(hub, Limiter(""))
    server.app = app
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Places(hub, app), f"http://127.0.0.1:{server.server_port}", token
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        close_hub(hub)


@contextmanager
def _browser(chromium: str, chromedriver: str) -> Iterator[webdriver.Chrome]:
    options = Options()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()


if __name__ == "__main__":
    sys.exit(main())
