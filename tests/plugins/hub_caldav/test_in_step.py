"""End to end at a real server that tells nobody: a change is found by asking, in time."""

from __future__ import annotations

import uuid
from pathlib import Path

from hub.actions.connect import connect
from hub.parts import Hub
from hub.settings import load_settings
from hub.testing import foreign
from hub.testing.servers import Server
from hub.vault.keycalls import Connected
from hub_caldav import trial
from tests.in_step import is_asked_in_time, kept_in_step
from tests.world import HOUR


def test_a_change_is_found_by_the_poll_before_what_is_known_is_too_old(server: Server, tmp_path: Path) -> None:
    stranger = trial.stranger({"home": server.home}, server.username, server.password)
    calendar = stranger.make_calendar(name := f"in-step-{uuid.uuid4().hex[:8]}")

    def write(uid: str, start: int) -> None:
        stranger.write(calendar, uid, foreign.event(uid, start, start + HOUR))

    def connected(hub: Hub, business: str) -> None:
        given = {"url": server.url, "username": server.username, "password": server.password}
        assert isinstance(connect(hub, business, "caldav", "calendar", given), Connected)

    with kept_in_step(load_settings({}, data_dir=tmp_path / "hub", egress_allow=(server.origin,)), connected) as kept:
        kept.choose(f"{name}/")
        is_asked_in_time(kept, write)
    stranger.remove_calendar(calendar)
    stranger.close()
