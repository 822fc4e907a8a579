"""A process that disconnects is killed: it ended as a whole, or not at all, and a repeat finishes it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.connections import ConnectionView, list_connections
from hub.actions.disconnect import disconnect
from hub.actions.effects import EFFECTS
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR, Kind
from hub.parts import Hub
from hub.store.calendar import BusyTime
from hub.store.connection import Credential
from hub.store.crash import CrashPoint
from hub.store.security import SecurityEvent
from hub.testing.servers import Server
from tests.crash.harness import recover, run_until_killed
from tests.crash.scenarios import Scene


def left(hub: Hub, scene: Scene) -> tuple[ConnectionView, int, int, int]:
    """The connection, and how many busy times, credentials and notes of its end there are."""
    tables: tuple[tuple[Any, Any], ...] = (
        (BusyTime.item, BusyTime.business_id == scene.business),
        (Credential.version, Credential.business_id == scene.business),
        (SecurityEvent.id, SecurityEvent.kind == Kind.DISCONNECTED),
    )
    (connection,) = list_connections(hub, scene.business)
    look = {"purpose": Purpose.PROTECT}
    with hub.database.reading() as conn:
        found = [conn.execute(select(column).where(mine), execution_options=look).all() for column, mine in tables]
    busy, credentials, notes = map(len, found)
    return connection, busy, credentials, notes


@pytest.mark.crash
def test_a_disconnect_that_was_killed_before_it_was_written_did_not_happen_and_is_repeated(
    hub: Hub, server: Server, scene: Scene, database_url: str
) -> None:
    allowed, data_dir = {"HUB_EGRESS_ALLOW": server.origin}, hub.settings.data_dir
    point = CrashPoint.DISCONNECT_BEFORE_COMMIT
    run_until_killed("disconnect", point, data_dir=data_dir, database_url=database_url, environment=allowed)
    connection, busy, credentials, notes = left(hub, scene)
    assert (connection.health, connection.calendars[0].checked, credentials, notes) == ("ok", True, 1, 0)
    assert busy > 0
    done = disconnect(hub, OPERATOR, scene.business, connection.id)
    assert (done.revoked, done.at_risk_count) == (True, 1)
    connection, *counts = left(hub, scene)
    assert (connection.health, connection.calendars[0].checked, counts) == ("disconnected", False, [0, 0, 1])


@pytest.mark.crash
def test_a_disconnect_that_was_killed_after_it_was_written_is_finished_by_the_next_worker(
    hub: Hub, server: Server, scene: Scene, database_url: str
) -> None:
    allowed, data_dir = {"HUB_EGRESS_ALLOW": server.origin}, hub.settings.data_dir
    point = CrashPoint.DISCONNECT_AFTER_COMMIT
    run_until_killed("disconnect", point, data_dir=data_dir, database_url=database_url, environment=allowed)
    connection, busy, credentials, notes = left(hub, scene)
    assert (connection.health, connection.calendars[0].checked, busy, notes) == ("disconnected", False, 0, 1)
    assert (credentials, connection.revoking) == (1, True)
    assert recover(hub, EFFECTS) == []
    connection, *counts = left(hub, scene)
    assert (connection.health, connection.revoking, counts) == ("disconnected", False, [0, 0, 1])
