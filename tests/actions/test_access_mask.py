"""Where names of accounts are masked beside the lists: in mails about them, and not for who connects one just now."""

from __future__ import annotations

from hub.actions.access_mask import CHOOSING
from hub.actions.connect import connect
from hub.actions.connections import get_connection
from hub.actions.consent import answer_consent, consent_about, consent_question
from hub.actions.health import note_health
from hub.core.security import Visit
from hub.vault.keycalls import Connected
from tests.actions.looking import scene
from tests.post import change, kept, settle, text, with_post
from tests.web.connect import SECRET, with_form
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


def test_who_connects_an_account_for_a_staff_member_sees_it_while_they_choose_its_calendars(world: World) -> None:
    form, olivia, staff = with_form(world), Visit("user", "o" * 26), world.staff(connected=False)
    about = consent_about(form.hub, form.business, "fake", "all", staff)
    text = consent_question(form.hub, about)
    consent = answer_consent(form.hub, olivia, about, text.hash, agreed=True)
    answer = {"server": "dav.example.com", "password": SECRET}
    step = connect(form.hub, form.business, "fake", "all", answer, holder_id=staff, visit=olivia, consent=consent)
    assert isinstance(step, Connected)

    def masked(user_id: str) -> bool:
        return get_connection(form.hub, form.business, step.connection, user_id=user_id).masked

    assert (masked(olivia.actor_id), masked("p" * 26), masked("")) == (False, True, True)
    form.clock.now += CHOOSING + 1
    assert masked(olivia.actor_id)
