"""A process that mails is killed at every point: no mail is lost in silence, and none goes out twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.actions.businesses import create_business
from hub.actions.connect import connect
from hub.actions.effects import EFFECTS
from hub.actions.holders import add_staff
from hub.actions.mail import list_mails
from hub.actions.services import add_service
from hub.app import close_hub, create_hub
from hub.core.hours import DayWindow, WeeklyHours
from hub.core.service import Service
from hub.parts import Hub
from hub.settings import load_settings
from hub.store.business import AGENCY
from hub.store.crash import CrashPoint
from hub.store.outbox import UNKNOWN, entries, replay
from hub.vault.keycalls import Connected
from tests.crash.harness import recover, run_until_killed
from tests.mailserver import MailServer, mail_server

pytestmark = pytest.mark.crash


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server(auth=False) as running:
        yield running


@pytest.fixture
def hub(database_url: str, tmp_path: Path, server: MailServer) -> Iterator[Hub]:
    environment = {"HUB_DATA_DIR": str(tmp_path), "HUB_DATABASE_URL": database_url, "HUB_EGRESS_ALLOW": server.origin}
    hub = create_hub(load_settings(environment))
    answer = {"server": "127.0.0.1", "port": str(server.port), "security": "none", "sender": "hub@agency.test"}
    assert isinstance(connect(hub, AGENCY, "smtp", "send", answer), Connected)
    business = create_business(hub, "Ada's Practice", "UTC")
    staff = add_staff(hub, business, "Ada", WeeklyHours("UTC", tuple(DayWindow(day, 0, 1440) for day in range(7))))
    service = add_service(hub, business, "Check-up", Service("new", 1800, 1800, 30 * 86_400, staff=(staff,)))
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)
    scene = {"business": business, "service": service, "start": int(noon.timestamp())}
    (tmp_path / "scenario.json").write_text(json.dumps(scene))
    yield hub
    close_hub(hub)


def killed(hub: Hub, server: MailServer, point: CrashPoint) -> None:
    settings, allowed = hub.settings, {"HUB_EGRESS_ALLOW": server.origin}
    run_until_killed(
        "book",
        point,
        data_dir=settings.data_dir,
        database_url=settings.database,
        module="tests.crash.mailing",
        environment=allowed,
    )


def state(hub: Hub) -> str:
    (view,), _ = list_mails(hub, None)
    return view.state


@pytest.mark.parametrize(
    "point", [CrashPoint.BOOK_AFTER_COMMIT, CrashPoint.EFFECT_CLAIMED, CrashPoint.EFFECT_PERFORMED]
)
def test_a_mail_that_was_not_in_the_servers_hands_goes_out_once(
    hub: Hub, server: MailServer, point: CrashPoint
) -> None:
    killed(hub, server, point)
    assert recover(hub, EFFECTS) == []
    assert len(server.mails) == 1
    assert state(hub) == "sent"


@pytest.mark.parametrize(("point", "count"), [(CrashPoint.MAIL_BEFORE_HANDING, 0), (CrashPoint.MAIL_AFTER_HANDING, 1)])
def test_a_mail_that_may_have_been_taken_is_shown_and_repeated_only_when_somebody_says_so(
    hub: Hub, server: MailServer, point: CrashPoint, count: int
) -> None:
    killed(hub, server, point)
    assert recover(hub, EFFECTS) == []
    assert len(server.mails) == count
    assert state(hub) == "unknown"
    with hub.database.writing() as conn:
        (entry,) = entries(conn, (UNKNOWN,))
        assert (entry.kind, entry.problem) == ("send_mail", "outcome_unknown")
        replay(conn, hub.clock(), entry.id)
    recover(hub, EFFECTS)
    assert len(server.mails) == count + 1
    assert state(hub) == "sent"
