"""The customer's link: only the hub can make one, and it fits one booking."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.actions.customer_link import customer_link, customer_token, open_customer_token
from hub.core.errors import UnknownId
from tests.world import World

BUSINESS, BOOKING = "B" * 26, "K" * 26


def test_a_token_leads_to_its_booking_and_fits_into_an_address(world: World) -> None:
    token = customer_token(world.hub, BUSINESS, BOOKING)
    assert open_customer_token(world.hub, token) == (BUSINESS, BOOKING)
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    assert token == customer_token(world.hub, BUSINESS, BOOKING)


def test_a_link_begins_with_the_address_of_the_settings(world: World) -> None:
    assert customer_link(world.hub, BUSINESS, BOOKING).startswith(f"{world.hub.settings.base_url}/b/manage/B")


def test_a_token_of_one_booking_is_none_of_another(world: World) -> None:
    mac = customer_token(world.hub, BUSINESS, BOOKING).rpartition(".")[2]
    others = [(BUSINESS, "L" * 26), ("C" * 26, BOOKING), (BOOKING, BUSINESS), (BUSINESS + "K", "K" * 25)]
    for business, booking in others:
        with pytest.raises(UnknownId):
            open_customer_token(world.hub, f"{business}.{booking}.{mac}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.one_of(st.text(max_size=120), st.integers(0, 200)))
def test_any_other_text_is_no_token_and_is_not_repeated(world: World, change: str | int) -> None:
    token = customer_token(world.hub, BUSINESS, BOOKING)
    if isinstance(change, int):
        place = change % len(token)
        other = token[:place] + chr(ord(token[place]) ^ 1) + token[place + 1 :]
    else:
        other = change
    with pytest.raises(UnknownId) as caught:
        open_customer_token(world.hub, other)
    assert "B" * 26 not in str(caught.value)
