"""Mails as rows: queued with their cause, listed within what the reader may see."""

from __future__ import annotations

from contextlib import suppress

import pytest

from hub.actions.businesses import create_business
from hub.actions.mail import find_mail_view, list_mails, queue_mail, read_mail
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.mail import MailKind
from hub.store.business import AGENCY
from tests.mailserver import parsed
from tests.post import booked, settle, states, text, with_post
from tests.world import HOUR, World

LINK = "http://127.0.0.1:8765/reset/secret"


def queue(world: World, to: str = "grace@example.com", **values: str) -> str:
    given = {"agency_name": "Our agency", "link": LINK, "until": "tomorrow", **values}
    with world.hub.database.writing() as conn:
        return queue_mail(world.hub, conn, business_id=AGENCY, kind=MailKind.RESET, to=to, values=given, name="Grace")


def test_a_mail_of_values_is_sealed_at_once_and_sent_as_it_was_written(world: World) -> None:
    post = with_post(world)
    mail_id = queue(world)
    before = read_mail(world.hub, AGENCY, mail_id)
    settle(world)
    assert [one.raw for one in post.taken] == [before]
    assert (post.taken[0].recipients, post.taken[0].sender) == (("grace@example.com",), "hub@agency.test")
    (mail,) = post.mails
    assert LINK in text(mail)
    page = mail.get_body(("html",))
    assert page is not None
    assert f'<a href="{LINK}">' in page.get_content()


def test_a_link_to_elsewhere_in_a_value_is_text(world: World) -> None:
    with_post(world)
    mail = parsed(read_mail(world.hub, AGENCY, queue(world, link="https://evil.example/x")))
    page = mail.get_body(("html",))
    assert page is not None
    assert "<a " not in page.get_content()


def test_without_a_server_it_comes_from_the_hubs_own_address_and_is_kept(world: World) -> None:
    with_post(world, connected=False)
    mail_id = queue(world)
    settle(world)
    assert states(world) == [("reset", "kept")]
    assert parsed(read_mail(world.hub, AGENCY, mail_id))["From"].addresses[0].addr_spec == "hub@[127.0.0.1]"


def test_a_transaction_that_is_rolled_back_takes_its_mail_with_it(world: World) -> None:
    post = with_post(world)
    with suppress(InputError), world.hub.database.writing() as conn:
        queue_mail(world.hub, conn, business_id=AGENCY, kind=MailKind.RESET, to="a@example.com", values={})
        raise InputError("x", "rolled back")
    settle(world)
    assert (post.taken, states(world)) == ([], [])


def test_an_address_that_cannot_be_written_queues_nothing(world: World) -> None:
    for address in ("nobody", "a@example.com\r\nBcc: b@example.com", "jürgen@example.com"):
        with pytest.raises(InputError):
            queue(world, to=address)
    assert states(world) == []


def test_a_list_goes_page_by_page_and_shows_nothing_of_other_businesses(world: World) -> None:
    with_post(world, connected=False)
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    service = world.service(world.staff())
    for hour in (2, 3, 4):
        booked(world, service, world.clock.now + hour * HOUR)
    queue(world)
    settle(world)
    first, cursor = list_mails(world.hub, [world.business], limit=2)
    rest, end = list_mails(world.hub, [world.business], limit=2, cursor=cursor)
    assert (len(first), len(rest), end) == (2, 1, "")
    assert [one.id for one in (*first, *rest)] == sorted((one.id for one in (*first, *rest)), reverse=True)
    assert list_mails(world.hub, [ben]) == ([], "")
    assert len(list_mails(world.hub, None)[0]) == 4
    assert [one.kind for one in list_mails(world.hub, [AGENCY])[0]] == ["reset"]
    assert list_mails(world.hub, [world.business], states=("sent",))[0] == []


def test_the_mail_of_another_business_answers_like_an_unknown_one(world: World) -> None:
    with_post(world, connected=False)
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    booked(world, world.service(world.staff()))
    (view,), _ = list_mails(world.hub, None)
    for business, mail in ((ben, view.id), (world.business, "x" * 26)):
        with pytest.raises(UnknownId):
            read_mail(world.hub, business, mail)
    with pytest.raises(StateError, match="waiting"):
        read_mail(world.hub, world.business, view.id)


def test_a_list_is_narrowed_to_readers_and_one_is_looked_at_without_its_text(world: World) -> None:
    with_post(world, connected=False)
    mail_id = queue(world)
    settle(world)
    assert list_mails(world.hub, [AGENCY], readers=("staff", "customer")) == ([], "")
    ((found,), _) = list_mails(world.hub, [AGENCY], readers=("user",))
    assert found == find_mail_view(world.hub, AGENCY, mail_id)
    with pytest.raises(UnknownId):
        find_mail_view(world.hub, world.business, mail_id)


@pytest.mark.parametrize("identifier", ["\0", "x", "\ud800"])
def test_what_cannot_be_an_id_is_no_mail_and_no_place_in_the_list(world: World, identifier: str) -> None:
    with pytest.raises(UnknownId):
        read_mail(world.hub, AGENCY, identifier)
    with pytest.raises(InputError):
        list_mails(world.hub, None, cursor=identifier)
