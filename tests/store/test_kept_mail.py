"""When mails that wait are due, and the change by which one alone lets a mail wait again."""

from __future__ import annotations

from hub.actions.mail import list_mails
from hub.store.kept_mail import due_times, let_wait, stuck_effect
from hub.store.mail import KEPT, WAITING, change_mail
from tests.post import TEN, booked, change, with_post
from tests.world import DAY, HOUR, World


def test_a_reminder_that_waits_says_when_it_is_due(world: World) -> None:
    with_post(world)
    change(world, reminders=[2 * HOUR])
    booked(world, world.service(world.staff()), TEN + DAY)
    views, _ = list_mails(world.hub, [world.business])
    assert {str(one.kind): one.due_at for one in views} == {
        "booking_confirmed": world.clock.now,
        "booking_reminder": TEN + DAY - 2 * HOUR,
    }
    ids = [one.id for one in views]
    with world.hub.database.reading() as conn:
        assert set(due_times(conn, None, ids)) == set(ids)
        assert due_times(conn, ["agency"], ids) == {}
        assert due_times(conn, None, []) == {}
        assert stuck_effect(conn, world.business, ids[0]) is None


def test_of_two_who_let_a_mail_wait_one_does(world: World) -> None:
    with_post(world)
    booked(world, world.service(world.staff()))
    (mail,) = list_mails(world.hub, [world.business])[0]
    with world.hub.database.writing() as conn:
        change_mail(conn, world.business, mail.id, state=KEPT)
        assert not let_wait(conn, "agency", mail.id, KEPT)
        assert [let_wait(conn, world.business, mail.id, KEPT) for _ in range(2)] == [True, False]
    assert list_mails(world.hub, [world.business])[0][0].state == WAITING
