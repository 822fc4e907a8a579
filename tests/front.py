"""A business that can be booked by strangers: Ada's practice with its page, two of the staff and a check-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.actions.businesses import change_business, get_business
from hub.actions.services import change_service, get_service
from tests.world import DAY, World

SITE = "https://ada.example"
"""The practice's own web site, which may show the page in a frame."""


@dataclass(frozen=True)
class Front:
    """Where the page is, and what is on it."""

    world: World
    staff: tuple[str, ...]
    service: str
    home: str
    path: str

    def change(self, **changes: Any) -> None:
        """Change the business."""
        hub, business = self.world.hub, self.world.business
        change_business(hub, business, get_business(hub, business).version, changes)

    def change_service(self, **changes: Any) -> None:
        """Change the service."""
        hub, business = self.world.hub, self.world.business
        change_service(hub, business, self.service, get_service(hub, business, self.service).version, changes)


def make_front(world: World, *, staff: int = 1, **rules: Any) -> Front:
    """Give the world's business a page with a check-up of 30 minutes, offered for 60 days, every 30 minutes."""
    team = tuple(world.staff() for _ in range(staff))
    service = world.service(*team, **{"step": 1800, "horizon": 60 * DAY, **rules})
    front = Front(world, team, service, "/b/adas-practice", "/b/adas-practice/check-up")
    front.change(
        slug="adas-practice",
        phone="+49 30 901820",
        email="front@ada.example",
        place="Lindenstraße 1, Berlin",
        region="DE",
        embed_origins=[SITE],
    )
    front.change_service(
        slug="check-up",
        description="A look at your teeth, and what to do about them.",
        questions=[{"label": "Is it your first visit?", "required": True, "choices": ["Yes", "No"]}],
    )
    return front
