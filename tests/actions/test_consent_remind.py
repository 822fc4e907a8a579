"""A consent with an end: told two weeks and two days before, gone on with by a yes, and over by itself otherwise."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from hub.actions.ask import ask_provider
from hub.actions.connections import get_connection, list_connections
from hub.actions.consent import consent_about, consent_question, renew_consent
from hub.actions.consent_end import expire_consents
from hub.actions.consent_remind import remind_of_ends
from hub.actions.consents import consent_receipt, list_consents
from hub.actions.disconnect import disconnect
from hub.actions.staff_links import find_staff_link
from hub.core.consent_record import LONGEST
from hub.core.errors import InputError, Refused, StateError
from hub.core.purpose import Purpose
from hub.core.security import OPERATOR, Visit
from hub.store.connection import Connection
from hub.store.consent import Consent
from tests.actions.test_trouble import OFFICE, STAFF, account
from tests.post import settle, text, with_post
from tests.tables import nothing_changed, rows_of
from tests.world import DAY, MONDAY, World

END = MONDAY + 60 * DAY
OLIVIA = Visit("user", "o" * 26)


def renewed(world: World, connection: str, until: int | None, *, agreed: bool = True, holder: str | None = None) -> str:
    about = consent_about(world.hub, world.business, "fake", "all", holder)
    shown = consent_question(world.hub, about).hash
    return renew_consent(world.hub, OLIVIA, about, connection, shown, agreed=agreed, until=until)


def pass_to(world: World, instant: int) -> None:
    world.clock.now = instant
    remind_of_ends(world.hub)
    settle(world)


def works(world: World, connection: str) -> bool:
    try:
        ask_provider(world.hub, world.business, connection, Purpose.SHOW_CALENDARS, "hub_list_calendars")
    except Refused as error:
        return error.reason != "consent"
    return True


def test_the_owner_is_told_twice_with_the_link_to_agree_again_and_nobody_else(world: World) -> None:
    post = with_post(world)
    staff, connection = account(world)
    renewed(world, connection, END, holder=staff)
    for instant in (END - 15 * DAY, END - 14 * DAY, END - 10 * DAY, END - 3 * DAY, END - 2 * DAY, END - DAY):
        pass_to(world, instant)
        pass_to(world, instant)
    first, second = post.to(STAFF)
    assert len(post.mails) == 2
    for mail in (first, second):
        assert mail["Subject"] == "Ends soon: the use of grace@gmail.com"
        assert "until Friday, 14 May 2027, 09:00 CEST (Europe/Berlin)" in text(mail)
    token, _, rest = text(second).partition("/staff/")[2].split()[0].partition("/")
    found = find_staff_link(world.hub, token)
    assert found is not None
    assert (found.holder_id, rest) == (staff, f"accounts/{connection}/agree")


def test_without_an_address_of_its_owner_the_business_is_told_with_the_name_masked(world: World) -> None:
    post = with_post(world)
    _, connection = account(world)
    with world.hub.database.writing() as conn:
        mine = Connection.business_id == world.business, Connection.id == connection
        conn.execute(update(Connection).where(*mine).values(holder_id=None))
    renewed(world, connection, END)
    pass_to(world, END - 13 * DAY)
    (mail,) = post.to(OFFICE)
    assert (len(post.mails), "gmail" in mail.as_string()) == (1, False)
    assert f"/console/{world.business}/connections/{connection}/agree" in text(mail)


def test_agreeing_again_goes_on_without_a_break_and_ends_the_old_mails(world: World) -> None:
    post = with_post(world)
    staff, connection = account(world)
    old = renewed(world, connection, END, holder=staff)
    epoch = rows_of(world.hub, world.business, Connection)[0].epoch
    world.clock.now = END - DAY
    remind_of_ends(world.hub)  # planned, and not sent yet
    assert works(world, connection)
    new = renewed(world, connection, None, holder=staff)
    assert works(world, connection)
    settle(world)
    assert post.mails == []
    world.clock.now = END + DAY
    expire_consents(world.hub)
    assert works(world, connection)
    row = rows_of(world.hub, world.business, Connection)[0]
    assert (row.epoch, row.consent_id, row.health) == (epoch, new, "ok")
    states = {one.id: (str(one.state), one.states[0].reason) for one in list_consents(world.hub, world.business)}
    assert (states[new], states[old]) == (("given", ""), ("invalidated", "replaced"))


def test_a_no_to_the_question_changes_nothing_of_what_stands(world: World) -> None:
    _, connection = account(world)
    old = renewed(world, connection, END)
    no = renewed(world, connection, None, agreed=False)
    assert rows_of(world.hub, world.business, Connection)[0].consent_id == old
    states = {one.id: str(one.state) for one in list_consents(world.hub, world.business)}
    assert (states[no], states[old]) == ("refused", "given")
    assert works(world, connection)


def test_at_its_end_the_account_is_not_used_any_more_and_says_so(world: World) -> None:
    """That the broker refuses from the very second is tested with it, `tests/vault/test_work.py`."""
    _, connection = account(world)
    renewed(world, connection, END)
    world.clock.now = END - 1
    assert works(world, connection)
    assert get_connection(world.hub, world.business, connection).consent_until == END
    world.clock.now = END
    expire_consents(world.hub)
    assert not works(world, connection)
    (found,) = list_connections(world.hub, world.business)
    assert (found.health, found.reason, found.consent_until) == ("needs_reconnect", "consent", None)


def test_the_receipt_says_until_when(world: World) -> None:
    _, connection = account(world)
    receipt = consent_receipt(world.hub, world.business, renewed(world, connection, END))
    said = receipt["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"]
    assert {one["dpv:hasDuration"]["hub:until"] for one in said} == {"2027-05-14T07:00:00Z"}


def test_a_consent_for_a_few_days_is_not_announced_at_once(world: World) -> None:
    post = with_post(world)
    _, connection = account(world)
    renewed(world, connection, MONDAY + 10 * DAY)
    pass_to(world, MONDAY + DAY)
    assert post.mails == []
    pass_to(world, MONDAY + 9 * DAY)
    assert len(post.mails) == 1


def test_a_disconnected_account_and_one_without_an_end_are_not_told_of(world: World) -> None:
    post = with_post(world)
    _, connection = account(world)
    renewed(world, connection, None)
    pass_to(world, MONDAY + 400 * DAY)
    renewed(world, connection, MONDAY + 460 * DAY)
    disconnect(world.hub, OPERATOR, world.business, connection)
    pass_to(world, MONDAY + 459 * DAY)
    assert post.mails == []
    with pytest.raises(StateError, match="connect the account again"):
        renewed(world, connection, None)


@pytest.mark.parametrize("until", [MONDAY, MONDAY - 1, MONDAY + LONGEST + 1])
def test_an_end_that_has_passed_or_is_too_far_is_refused(world: World, until: int) -> None:
    _, connection = account(world)
    with nothing_changed(world.hub), pytest.raises(InputError) as caught:
        renewed(world, connection, until)
    assert caught.value.field == "until"


def test_a_text_that_is_another_one_by_now_is_not_agreed_to(world: World) -> None:
    _, connection = account(world)
    about = consent_about(world.hub, world.business, "fake", "all")
    with nothing_changed(world.hub), pytest.raises(StateError, match="another one"):
        renew_consent(world.hub, OLIVIA, about, connection, "0" * 64, agreed=True)


def test_a_mail_that_was_planned_for_another_account_is_not_written(world: World) -> None:
    post = with_post(world)
    staff, connection = account(world)
    renewed(world, connection, END, holder=staff)
    world.clock.now = END - DAY
    remind_of_ends(world.hub)
    with world.hub.database.writing() as conn:
        mine = Connection.business_id == world.business, Connection.id == connection
        conn.execute(update(Connection).where(*mine).values(consent_id=None))
    settle(world)
    assert post.mails == []
    assert len(rows_of(world.hub, world.business, Consent)) > 1


def test_what_a_staff_member_agreed_to_is_agreed_to_again_by_nobody_else(world: World) -> None:
    staff, connection = account(world)
    about = consent_about(world.hub, world.business, "fake", "all", staff)
    shown = consent_question(world.hub, about).hash
    grace = Visit("staff", staff)
    renew_consent(world.hub, grace, about, connection, shown, agreed=True, until=END)
    for other in (OLIVIA, OPERATOR, Visit("key", "k" * 26), Visit("staff", "s" * 26)):
        with nothing_changed(world.hub), pytest.raises(StateError, match="only they agree again"):
            renew_consent(world.hub, other, about, connection, shown, agreed=True)
    renew_consent(world.hub, grace, about, connection, shown, agreed=True)
    assert get_connection(world.hub, world.business, connection).consent_until is None


def test_agreeing_again_shows_nobody_a_name(world: World) -> None:
    staff, connection = account(world)
    renewed(world, connection, END, holder=staff)
    assert get_connection(world.hub, world.business, connection, user_id=OLIVIA.actor_id).masked
