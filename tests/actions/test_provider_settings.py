"""What the installation's settings of a provider are used for beside connecting."""

from __future__ import annotations

import pytest

from hub.actions.provider_settings import is_stand_in, request_to_administrator
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


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:4000", True),
        ("https://localhost:4000/common", True),
        ("http://[::1]:4000", True),
        ("https://localhost.example.com", False),
        ("https://login.example.com/127.0.0.1", False),
        ("", False),  # the provider's own
    ],
)
def test_a_provider_is_a_stand_in_where_an_address_of_its_settings_is_on_this_machine(
    world: World, address: str, here: bool
) -> None:
    with elsewhere(world):
        world.hub.broker.configure("fake", {"server": address})
        assert is_stand_in(world.hub, "fake") is here
