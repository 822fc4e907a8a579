"""A mail that came back is found, shown and told; nothing else changes."""

from __future__ import annotations

import pytest

from hub.actions.bounce import take_bounce
from hub.actions.mail import list_mails
from hub.core.errors import InputError
from tests.core.test_bounce import HEAD, report
from tests.post import Post, booked, change, settle, states, text, with_post
from tests.world import World


def sent(world: World) -> tuple[Post, str]:
    """A confirmation that went out, and the Message-ID that it has."""
    post = with_post(world)
    change(world, email="office@practice.example.com")
    booked(world, world.service(world.staff()))
    settle(world)
    return post, next(one.message_id for one in post.taken if one.recipients == ("ada@example.com",))


def back(message_id: str, action: bytes = b"failed") -> bytes:
    return report(action).replace(b"abc@hub.test", message_id.encode())


def test_a_mail_that_came_back_is_marked_and_its_staff_are_told_once(world: World) -> None:
    post, message_id = sent(world)
    found = take_bounce(world.hub, back(message_id))
    assert found is not None
    assert take_bounce(world.hub, back(message_id)) is None
    settle(world)
    view = next(one for one in list_mails(world.hub, [world.business])[0] if one.id == found.mail_id)
    assert (view.state, view.problem, view.booking_id) == ("bounced", "5.1.1", found.booking_id)
    told = [mail for mail in post.to("office@practice.example.com") if "not reached" in mail["Subject"]]
    assert len(told) == 1
    assert "It came back." in text(told[0])


def test_a_delay_changes_nothing(world: World) -> None:
    _, message_id = sent(world)
    assert take_bounce(world.hub, back(message_id, b"delayed")) is None
    assert ("booking_confirmed", "sent") in states(world)


def test_a_report_of_no_mail_of_ours_changes_nothing(world: World) -> None:
    sent(world)
    before = states(world)
    assert take_bounce(world.hub, report()) is None
    assert states(world) == before


def test_what_is_no_report_is_refused(world: World) -> None:
    with pytest.raises(InputError):
        take_bounce(world.hub, HEAD + b"\r\n")


def test_a_notice_that_came_back_is_told_to_nobody_else(world: World) -> None:
    post, _ = sent(world)
    notice = next(one.message_id for one in post.taken if one.recipients == ("office@practice.example.com",))
    assert take_bounce(world.hub, back(notice)) is not None
    count = len(post.taken)
    settle(world)
    assert len(post.taken) == count
