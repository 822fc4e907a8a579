"""End to end at the lab's Microsoft: a change is told over HTTP; one whose notification is lost is found in time."""

from __future__ import annotations

import time
from pathlib import Path

from hub.parts import Hub
from hub.settings import load_settings
from hub.testing import foreign
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.stranger import Stranger
from hub.testing.lab.microsoft.visitor import agree
from hub.testing.lab.switches import Fault
from hub_microsoft.provider import BOOKINGS
from tests.in_step import is_told_and_finds_what_it_was_not_told, kept_in_step, off_site
from tests.plugins.hub_microsoft.conftest import BACK, person
from tests.world import HOUR


def test_a_lost_notification_is_healed_by_the_safety_poll(lab: Microsoft, trusted: str, tmp_path: Path) -> None:
    who = person(lab)
    stranger = Stranger(who)
    calendar = stranger.make_calendar(f"scratch {time.monotonic_ns()}")

    def write(uid: str, start: int) -> None:
        stranger.write(calendar, uid, foreign.event(uid, start, start + HOUR))

    def connected(hub: Hub, business: str) -> None:
        hub.broker.configure("microsoft", lab.settings)
        off_site("microsoft", BOOKINGS, BACK, lambda url: agree(url, who))(hub, business)

    reach = {"egress_allow": (lab.origin, lab.signin.pages), "egress_ca_file": Path(trusted)}
    with kept_in_step(load_settings({}, data_dir=tmp_path / "hub", **reach), connected) as kept:
        kept.choose(calendar)
        is_told_and_finds_what_it_was_not_told(kept, write, lab.switches.on(Fault.PUSH_DROPPED))
    stranger.remove_calendar(calendar)
