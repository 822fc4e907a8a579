from __future__ import annotations

import re

import pytest

from hub.core.errors import UnknownId
from hub.web.booking.hold_token import hold_token, open_hold_token
from tests.world import World


def test_a_token_opens_for_its_business_and_fits_an_address(world: World) -> None:
    token = hold_token(world.hub, world.business, "booking")
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)
    assert open_hold_token(world.hub, world.business, token) == "booking"
    with pytest.raises(UnknownId):
        open_hold_token(world.hub, "another", token)


def test_a_name_cannot_slide_from_one_part_into_the_other(world: World) -> None:
    mac = hold_token(world.hub, "ab", "c").partition(".")[2]
    with pytest.raises(UnknownId):
        open_hold_token(world.hub, "a", f"bc.{mac}")


@pytest.mark.parametrize("token", ["", ".", "booking", "booking.", "é.é", "booking.AAAA", "booking\n.x"])
def test_what_is_no_token_is_unknown(world: World, token: str) -> None:
    with pytest.raises(UnknownId):
        open_hold_token(world.hub, world.business, token)
