"""What the installation's settings of a provider are used for beside connecting."""

from __future__ import annotations

from hub.actions.provider_settings import request_to_administrator
from tests.elsewhere import elsewhere
from tests.world import World


def test_the_text_for_an_administrator_says_where_they_can_agree_if_that_is_known(world: World) -> None:
    with elsewhere(world):
        provider = world.hub.registry.provider("fake")
        with_address = request_to_administrator(world.hub, provider, "all", "Studio", "https://login.example/agree?a=b")
        without = request_to_administrator(world.hub, provider, "all", "Studio")
    assert "https://login.example/agree?a=b" in with_address
    assert "https://login" not in without
    assert "Studio" in without
