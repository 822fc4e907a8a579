"""Trying the agency's mail server: one mail to oneself, through the outbox."""

from __future__ import annotations

import pytest

from hub.actions.sessions import User
from hub.actions.try_mail import last_test_mail, send_test_mail, sends_mail
from hub.core.errors import StateError
from tests.accounts import ADA, VISIT, enter, own
from tests.post import settle, with_post
from tests.world import World


@pytest.fixture
def ada(world: World) -> User:
    own(world.hub)
    return enter(world.hub).user


def test_a_test_goes_to_whoever_asks_and_says_how_it_ended(world: World, ada: User) -> None:
    post = with_post(world)
    assert sends_mail(world.hub)
    assert last_test_mail(world.hub) is None
    mail_id = send_test_mail(world.hub, VISIT, ada)
    settle(world)
    assert post.taken[0].recipients == (ADA,)
    found = last_test_mail(world.hub)
    assert found is not None
    assert (found.id, found.state) == (mail_id, "sent")


def test_without_a_server_nothing_is_queued(world: World, ada: User) -> None:
    with_post(world, connected=False)
    assert not sends_mail(world.hub)
    with pytest.raises(StateError, match="connect one"):
        send_test_mail(world.hub, VISIT, ada)
    assert last_test_mail(world.hub) is None
