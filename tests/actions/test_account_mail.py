from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from hub.actions.account_mail import ACCOUNT_MAIL, LinkKind, find_link, link_token, link_url
from hub.actions.effect import Repeat
from hub.actions.effects import EFFECTS
from hub.actions.invite import invite, withdraw_invitation
from hub.actions.mail import list_mails, read_mail
from hub.actions.reset import ask_reset, reset
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.outbox import DONE, entries
from hub.store.sign_in import OneTimeLink
from tests.accounts import ADA, BEN, OTHER_PASSWORD, VISIT, enter, own
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def written(hub: Hub) -> list[tuple[str, str, str]]:
    """Bring about what is due, and return kind, address and text of every mail, newest first."""
    drain(hub, {ACCOUNT_MAIL.name: ACCOUNT_MAIL})
    mails, _ = list_mails(hub, [AGENCY])
    found = []
    for one in mails:
        message = message_from_bytes(read_mail(hub, AGENCY, one.id), policy=policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        found.append((str(one.kind), str(message["To"]), body.get_content()))
    return found


def test_an_invitation_is_mailed_to_the_address_that_it_is_for(hub: Hub) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    ((kind, to, text),) = written(hub)
    assert (kind, to) == ("invitation", BEN)
    assert link_url(hub, LinkKind.INVITATION, made.token) in text
    assert "Engine Agency" in text


def test_a_reset_is_mailed_with_a_link_that_works_and_only_to_who_has_an_account(hub: Hub) -> None:
    ask_reset(hub, VISIT, "nobody@example.com")
    ask_reset(hub, VISIT, ADA)
    ((kind, to, text),) = written(hub)
    assert (kind, to) == ("reset", ADA)
    token = text.split(f"{hub.settings.base_url}/reset/")[1].split()[0]
    reset(hub, VISIT, token, OTHER_PASSWORD)
    with hub.database.reading() as conn:
        done = [one.kind for one in entries(conn, (DONE,))]
    assert done == ["account_mail", "account_mail"]


def test_a_link_that_works_no_more_is_not_mailed(hub: Hub) -> None:
    ada = enter(hub).user
    withdraw_invitation(hub, VISIT, ada, invite(hub, VISIT, ada, BEN, "viewer", everywhere=True).id)
    assert written(hub) == []


def test_mailing_a_link_may_be_repeated(hub: Hub) -> None:
    assert EFFECTS["account_mail"].repeat is Repeat.SAFE


def test_the_secret_follows_from_the_id_and_the_hubs_key(hub: Hub) -> None:
    made = invite(hub, VISIT, enter(hub).user, BEN, "viewer", everywhere=True)
    assert made.token == link_token(hub, made.id)
    assert len(made.token) == 43
    link = find_link(hub, made.token, LinkKind.INVITATION)
    assert link is not None
    assert link.id == made.id
    with hub.database.reading() as conn:
        stored = conn.scalar(select(OneTimeLink.token_hash))
    assert stored
    assert find_link(hub, stored, LinkKind.INVITATION) is None
