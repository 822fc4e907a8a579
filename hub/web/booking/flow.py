"""What a visitor carries from page to page of a booking, in the address alone: no cookie is needed, nor a script."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from flask import request

from hub.actions.public_page import PublicPage, PublicService
from hub.core.errors import InputError, UnknownId
from hub.core.zones import check_zone
from hub.parts import Hub
from hub.web.booking.hold_token import open_hold_token
from hub.web.current import entry
from hub.web.headers import allow_frames

UNKNOWN_ZONE = "We do not know this time zone. Times are shown in the time of the place below; choose another one."


@dataclass(frozen=True, slots=True)
class Flow:
    """Zone and staff member that were chosen, an earlier hold, and whether the page stands in a frame.

    ``held_id`` is the booking of that hold. ``problem`` says what could not be taken of the address.
    """

    zone: str
    own_zone: bool
    staff: str = ""
    embed: bool = False
    held: str = ""
    held_id: str = ""
    problem: str = ""

    @property
    def carried(self) -> dict[str, str]:
        """What addresses and forms carry on."""
        given = {"zone": self.zone if self.own_zone else "", "staff": self.staff, "held": self.held}
        return {name: value for name, value in given.items() if value} | ({"embed": "1"} if self.embed else {})


def read_flow(hub: Hub, page: PublicPage, service: PublicService, *, zone: str = "") -> Flow:
    """Return what the request carries, as far as it makes sense; ``zone`` holds unless the visitor chose one."""
    given, problem = request.values.get("zone", ""), ""
    try:
        chosen = check_zone(given) if given else ""
    except (InputError, ValueError):
        chosen, problem = "", UNKNOWN_ZONE
    staff = request.values.get("staff", "")
    held, held_id = request.values.get("held", ""), ""
    if held:
        try:
            held_id = open_hold_token(hub, page.business_id, held)
        except UnknownId:
            held = ""
    return Flow(
        zone=chosen or zone or page.zone,
        own_zone=bool(chosen),
        staff=staff if staff in dict(service.staff) else "",
        embed=is_embedded(),
        held=held,
        held_id=held_id,
        problem=problem,
    )


def is_embedded() -> bool:
    """Tell whether the page is meant to stand in a frame."""
    return request.values.get("embed") == "1"


def frame(page: PublicPage) -> None:
    """Let the web sites of the business show this answer in a frame, if it is meant for one."""
    if is_embedded():
        allow_frames(page.embed_origins)


def is_trapped() -> bool:
    """Tell whether a field was filled in that people do not see: machines do that."""
    return bool(request.form.get("website", ""))


def network(hub: Hub) -> str:
    """Return a keyed hash of the visitor's network: holds are counted by it, and it says nothing without the key."""
    return hmac.digest(hub.keyring.door_key("network"), entry().network.encode(), sha256).hex()


def read_start() -> int:
    """Return the start (UTC seconds) that was chosen; InputError for what is none."""
    given = request.form.get("start", "")
    if not (given.isascii() and given.isdigit() and len(given) <= 11):
        raise InputError("start", "Choose one of the times.")
    return int(given)


def read_day(name: str) -> date | None:
    """Return the first day of what the address names as ``2027-03`` or ``2027-03-15``; None for anything else."""
    given = request.args.get(name, "")
    try:
        return date.fromisoformat(f"{given}-01" if len(given) == 7 else given)
    except ValueError:
        return None
