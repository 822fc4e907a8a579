"""Where names of accounts are masked beside the lists: in mails about them."""

from __future__ import annotations

from hub.actions.health import note_health
from tests.actions.looking import scene
from tests.post import change, kept, settle, text, with_post
from tests.world import World


def lose(world: World, connection_id: str) -> None:
    with world.hub.database.writing() as conn:
        note_health(conn, world.business, connection_id, "needs_reconnect", "revoked", world.clock())
    settle(world)


def test_of_a_lost_account_only_its_owner_reads_the_name(world: World) -> None:
    post, here = with_post(world), scene(world)
    change(world, email="practice@example.com")
    lose(world, here.connection)
    assert "grace@gmail.com" in text(post.to("grace@example.com")[0])
    (ours,) = post.to("practice@example.com")
    assert "g•••@g•••" in text(ours)
    assert "gmail" not in ours.as_string()


def test_a_mail_that_is_kept_does_not_name_it_for_those_who_hand_it_on(world: World) -> None:
    here = scene(world)
    lose(world, here.connection)
    mail = kept(world, "connection_lost")
    assert "g•••@g•••" in text(mail)
    assert "gmail" not in mail.as_string()
