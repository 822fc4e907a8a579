"""End to end at the lab's Google: a change is told over HTTP, and one whose notification is lost is found in time."""

from __future__ import annotations

from pathlib import Path

from hub.actions.provider_settings import configure_provider
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.settings import load_settings
from hub.testing import foreign
from hub.testing.lab.google.app import ADA, CLIENT, GoogleLab
from hub.testing.lab.google.stranger import GoogleStranger
from hub.testing.lab.google.visitor import consent, own_token
from hub.testing.lab.switches import Fault
from tests.in_step import is_told_and_finds_what_it_was_not_told, kept_in_step, off_site
from tests.world import HOUR


def test_a_lost_notification_is_healed_by_the_safety_poll(lab: GoogleLab, tmp_path: Path) -> None:
    stranger = GoogleStranger(lab.origin, own_token(lab, ADA), "Europe/Berlin")
    calendar = stranger.make_calendar("scratch")

    def write(uid: str, start: int) -> None:
        stranger.write(calendar, uid, foreign.event(uid, start, start + HOUR))

    def connected(hub: Hub, business: str) -> None:
        configure_provider(hub, OPERATOR, "google", lab.settings)
        off_site("google", "standard", CLIENT.redirect_urls[0], lambda url: consent(url, ADA))(hub, business)

    with kept_in_step(load_settings({}, data_dir=tmp_path / "hub", egress_allow=(lab.origin,)), connected) as kept:
        kept.choose(calendar)
        is_told_and_finds_what_it_was_not_told(kept, write, lab.state.switches.on(Fault.PUSH_DROPPED))
    stranger.close()
