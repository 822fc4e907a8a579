"""A business's own wording: stored, previewed, used, and taken back."""

from __future__ import annotations

import pytest

from hub.actions.businesses import create_business
from hub.actions.mail_texts import SAMPLE, get_text, list_texts, preview_text, reset_text, set_text
from hub.core.errors import InputError, UnknownId
from hub.core.mail import CONNECTION_KINDS, VARIABLES, MailKind
from hub.core.mail_defaults import DEFAULTS
from hub.store.business import AGENCY
from tests.post import booked, settle, text, with_post
from tests.world import World

KIND = MailKind.BOOKING_CONFIRMED
OWN = ("See you, {customer_name}", "On {when}.\n{manage_link}\n{{7*7}} {0.__class__}")


def test_a_business_says_it_in_its_own_words(world: World) -> None:
    post = with_post(world)
    set_text(world.hub, world.business, KIND, *OWN)
    booked(world, world.service(world.staff()))
    settle(world)
    (mail,) = post.mails
    assert mail["Subject"] == "See you, Ada Lovelace"
    assert text(mail).startswith("On Monday, 15 March 2027")
    assert "{{7*7}} {0.__class__}" in text(mail)


def test_the_words_are_those_of_one_business_and_one_kind(world: World) -> None:
    ben = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    set_text(world.hub, world.business, KIND, *OWN)
    assert [view.kind for view in list_texts(world.hub, world.business) if view.own] == [KIND]
    assert not any(view.own for view in list_texts(world.hub, ben))
    reset_text(world.hub, world.business, KIND)
    view = get_text(world.hub, world.business, KIND)
    assert (view.own, view.body) == (False, DEFAULTS[KIND].body)


def test_a_text_without_what_its_reader_needs_is_not_stored(world: World) -> None:
    with pytest.raises(InputError, match=r"\{manage_link\}"):
        set_text(world.hub, world.business, KIND, "Hello", "On {when}.")
    assert not get_text(world.hub, world.business, KIND).own


def test_mails_about_accounts_are_worded_by_the_agency_alone(world: World) -> None:
    with pytest.raises(InputError, match="agency"):
        set_text(world.hub, world.business, MailKind.RESET, "Hello", "{link}")
    set_text(world.hub, AGENCY, MailKind.RESET, "Hello", "{link}")
    assert {view.kind for view in list_texts(world.hub, AGENCY)} == {
        *CONNECTION_KINDS,
        MailKind.INVITATION,
        MailKind.RESET,
        MailKind.TEST,
        MailKind.USER_ACCESS_ASKED,
        MailKind.USER_ACCESS_VIEWED,
        MailKind.USER_CONNECTIONS,
    }


def test_the_texts_of_a_business_that_is_not_there_are_unknown(world: World) -> None:
    for action in (lambda: list_texts(world.hub, "x" * 26), lambda: set_text(world.hub, "x" * 26, KIND, *OWN)):
        with pytest.raises(UnknownId):
            action()


@pytest.mark.parametrize("kind", MailKind)
def test_a_preview_shows_invented_people(kind: MailKind) -> None:
    assert VARIABLES[kind] <= set(SAMPLE)
    text = preview_text(kind, DEFAULTS[kind].subject, DEFAULTS[kind].body)
    assert "{" not in text.subject + text.body
