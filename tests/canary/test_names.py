"""Names of accounts and calendars are planted, and then looked for in databases, their logs, backups and the hub's log.

Whoever gets one of these files reads none of them. That pages mask them is tested with the actions that list them.
"""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hub.actions.book_for import book_for
from hub.actions.calendars import Choice, choose_calendars
from hub.actions.connect import connect, list_calendars
from hub.actions.effects import EFFECTS
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.offer import offer
from hub.actions.people import Customer
from hub.actions.services import add_service
from hub.actions.sync import sync_calendar
from hub.app import close_hub, create_hub
from hub.core.calendar import Window
from hub.core.security import OPERATOR
from hub.core.service import Service
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.run.backup import back_up
from hub.run.demo_business import _CALENDAR, ZONE
from hub.settings import load_settings
from hub.vault import names
from hub.vault.keycalls import Connected
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.browser.pages import Places
from tests.canary.conftest import ROOTS, Output, Run, connect_mail

PATH, NAME = f"canary-{secrets.token_hex(6)}", f"Canary club {secrets.token_hex(6)}"
"""How the provider names a calendar, and how its owner does."""

SENDER = f"canary-{secrets.token_hex(6)}@example.com"


@pytest.fixture
def own_log() -> Iterator[io.StringIO]:
    """What the hub itself logs, at every level."""
    stream, logger = io.StringIO(), logging.getLogger("hub")
    handler, before = logging.StreamHandler(stream), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_no_name_of_an_account_or_calendar_stands_in_a_database_its_log_a_backup_or_the_hubs_log(
    run: Run, own_log: io.StringIO, tmp_path: Path
) -> None:
    kept = Output()
    hub = create_hub(load_settings(run.environment))
    try:
        booked_there(hub, run)
        kept.add_files("live", run.folder, but=without(run))
        back_up(hub.settings, tmp_path / "copies", clock=hub.clock)
    finally:
        close_hub(hub)
    kept.add_files("data", run.folder, but=without(run))
    kept.add_files("backup", tmp_path / "copies")
    kept.add("log", own_log.getvalue())
    assert {"live hub.sqlite", "live hub.sqlite-wal", "data hub.sqlite"} <= kept.found.keys()
    assert any(where.startswith("backup ") for where in kept.found)
    homes = [f"127.0.0.1:{run.place.port}/{user}" for user in ("ada", "ben")]
    planted = (PATH, NAME, SENDER, "ada at 127.0.0.1", "ben at 127.0.0.1", *homes)
    assert {name: kept.holding(name) for name in planted} == {name: [] for name in planted}


def test_without_its_seal_a_name_is_found(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, seal = Output(), names.seal_text
    monkeypatch.setattr(names, "seal_text", lambda *given: seal(*given) + given[-1].encode())
    monkeypatch.setattr(names.Opener, "open", lambda _self, _place, sealed: sealed[sealed.index(b"[") :].decode())
    hub = create_hub(load_settings(run.environment))
    try:
        connected(hub, run)
    except Exception:
        pass
    finally:
        close_hub(hub)
    kept.add_files("data", run.folder, but=without(run))
    assert any(where.startswith("data hub.sqlite") for where in kept.holding("ada at 127.0.0.1"))


def booked_there(hub: Hub, run: Run) -> None:
    """Connect accounts and write a booking into the calendar with the planted names."""
    business, connection_id = connected(hub, run)
    staff = add_staff(hub, business, "Cleo", every_weekday(ZONE, (540, 1020)))
    (found,) = (one for one in list_calendars(hub, business, connection_id) if one.name == NAME)
    choose_calendars(hub, business, connection_id, {found.id: Choice(staff, written=True)})
    service = add_service(hub, business, "Check-up", Service("new", 1800, 1800, 30 * 86_400, staff=(staff,)))
    now = hub.clock()
    start = offer(hub, business, service, Window(now, now + 7 * 86_400)).starts[0]
    book_for(hub, OPERATOR, business, service, start, Customer("Dev", email="dev@example.com"), zone=ZONE)
    drain(hub, EFFECTS)
    assert sync_calendar(hub, business, found.id)


def connected(hub: Hub, run: Run) -> tuple[str, str]:
    """Connect a mail server, and an account with a calendar of the planted names."""
    business = Places(hub, create_app(hub, Limiter(""))).business
    connect_mail(hub, run, SENDER)
    account = ("ada", run.place.calendar_password)
    made = requests.request(
        "MKCALENDAR", f"{run.place.origin}/ada/{PATH}/", data=_CALENDAR.format(name=NAME), auth=account, timeout=10
    )
    assert made.ok, made.status_code
    answer = {"url": f"{run.place.origin}/", "username": account[0], "password": account[1]}
    step = connect(hub, business, "caldav", "calendar", answer)
    assert isinstance(step, Connected)
    return business, step.connection


def without(run: Run) -> tuple[Path, ...]:
    """Return what is no file of the hub's: the demo's own calendar server, and the roots."""
    return (run.folder / "demo", *(run.folder / "keys" / one for one in ROOTS))
