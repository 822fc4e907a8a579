"""An account that dies is told to whom it concerns, once; and when it works again, what was missed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from hub.actions.calendars import Choice, choose_calendars
from hub.actions.connections import get_connection
from hub.actions.disconnect import disconnect
from hub.actions.health import note_health, note_warning
from hub.actions.offer import offer
from hub.actions.poll import poll_calendars
from hub.actions.reconnected import note_connected
from hub.actions.staff_links import find_staff_link
from hub.actions.trouble import watch_health
from hub.actions.trouble_agency import tell_agency
from hub.core.errors import NeedsReconnect
from hub.core.security import OPERATOR
from hub.core.trouble import DANGER
from hub.plugin import Busy, Refused, Window
from hub.store.connection import OK, Connection
from hub.store.outage import last_outage, open_outage
from hub.vault.names import name_account
from tests.accounts import join, own
from tests.actions.test_book import row
from tests.post import booked, change, settle, text, with_post
from tests.world import DAY, HOUR, MINUTE, MONDAY, World, down

TEN = MONDAY + 2 * HOUR
STAFF, OFFICE = "grace@example.com", "office@example.com"


def account(world: World) -> tuple[str, str]:
    """A staff member's own account, whose calendar is checked and written to; returns both ids."""
    from hub.actions.holders import change_holder, get_holder

    change(world, email=OFFICE)
    staff = world.staff()
    version = get_holder(world.hub, world.business, staff).version
    change_holder(world.hub, world.business, staff, version, {"email": STAFF, "name": "Grace Hopper"})
    with world.hub.database.writing() as conn:
        mine = Connection.business_id == world.business
        owned = update(Connection).where(mine).values(holder_id=staff)
        connection = conn.execute(owned.returning(Connection.id)).scalar_one()
        name_account(conn, world.hub.keyring, world.business, connection, "grace@gmail.com", {})
    return staff, str(connection)


def look(world: World) -> None:
    poll_calendars(world.hub)
    settle(world)


def pass_time(world: World, seconds: int) -> None:
    world.clock.now += seconds
    watch_health(world.hub)
    settle(world)


def lose(world: World, reason: str = "revoked") -> None:
    world.calendars.fail = lambda hook: NeedsReconnect("over", code=reason)
    world.clock.now += 5 * MINUTE
    look(world)


def connect_again(world: World, connection: str) -> None:
    """Do what the broker and `connect` do, without the provider's pages."""
    world.calendars.fail = lambda hook: None
    with world.hub.database.writing() as conn:
        state = {"health": OK, "health_reason": "", "health_at": world.clock(), "epoch": Connection.epoch + 1}
        mine = Connection.business_id == world.business, Connection.id == connection
        conn.execute(update(Connection).where(*mine).values(**state))
    note_connected(world.hub, world.business, connection)


def test_a_lost_account_is_told_to_its_owner_with_a_link_that_works_and_to_the_business_with_the_name_masked(
    world: World,
) -> None:
    post = with_post(world)
    staff, connection = account(world)
    booked(world, world.service(staff))
    settle(world)
    post.taken.clear()
    lose(world)
    (mine,), (office,) = post.to(STAFF), post.to(OFFICE)
    for mail in (mine, office):
        assert "The permission was taken back at the provider." in text(mail)
        assert "no new times of Grace Hopper are offered" in text(mail)
        assert "- Monday, 15 March 2027, 10:00 to 10:30 CET (Europe/Berlin): Check-up" in text(mail)
        assert "Ada Lovelace" not in text(mail)
    assert "grace@gmail.com" in text(mine)
    assert "g•••@g•••" in text(office)
    assert "gmail" not in office.as_string()
    path = next(line for line in text(mine).splitlines() if "/staff/" in line).rpartition("/staff/")[2]
    token, _, rest = path.partition("/")
    found = find_staff_link(world.hub, token)
    assert found is not None
    assert (found.holder_id, rest) == (staff, f"accounts/{connection}")
    assert f"/console/{world.business}/connections/{connection}" in text(office)
    assert len(post.taken) == 2


def test_nobody_is_told_twice_of_one_loss_and_everybody_once_a_day_until_it_ends(world: World) -> None:
    post = with_post(world)
    _, connection = account(world)
    lose(world)
    for _ in range(3):
        note(world, connection, "needs_reconnect", "expired")
        pass_time(world, HOUR)
    assert len(post.taken) == 2
    pass_time(world, DAY)
    assert [mail["Subject"].partition(":")[0] for mail in post.to(STAFF)] == ["Please connect again"] * 2
    links = {line for mail in post.to(STAFF) for line in text(mail).splitlines() if "/staff/" in line}
    assert len(links) == 1  # the same one, while it works
    disconnect(world.hub, OPERATOR, world.business, connection)
    pass_time(world, 2 * DAY)
    assert len(post.taken) == 4


def test_a_lost_account_is_not_asked_any_more_and_nothing_of_it_is_offered_until_it_is_connected_again(
    world: World,
) -> None:
    staff, connection = account(world)
    service = world.service(staff)
    look(world)
    note(world, connection, "needs_reconnect", "revoked")  # found by another call than a look
    settle(world)
    asked = len(world.calendars.calls)
    world.clock.now += MINUTE
    window = Window(TEN, TEN + HOUR)
    assert offer(world.hub, world.business, service, window).starts == []
    world.clock.now += HOUR
    look(world)
    assert len(world.calendars.calls) == asked
    connect_again(world, connection)
    look(world)
    assert offer(world.hub, world.business, service, window).starts


def note(world: World, connection: str, health: str, reason: str = "") -> None:
    with world.hub.database.writing() as conn:
        note_health(conn, world.business, connection, health, reason, world.clock())


def test_a_server_that_is_down_for_a_moment_is_nobodys_news_and_one_that_stays_down_is(world: World) -> None:
    post = with_post(world)
    account(world)
    look(world)
    world.calendars.fail = down()
    for _ in range(3):
        look(world)
        pass_time(world, 4 * MINUTE)
    world.calendars.fail = lambda hook: None
    look(world)
    pass_time(world, HOUR)
    assert post.taken == []
    world.calendars.fail = down()
    for _ in range(6):
        look(world)
        pass_time(world, 4 * MINUTE)
    (mail,) = post.to(STAFF)
    assert "Not working for a while" in mail["Subject"]
    assert "cannot be reached" in text(mail)


def test_what_was_missed_is_told_once_the_calendars_were_looked_at_again(world: World) -> None:
    post = with_post(world)
    staff, connection = account(world)
    service = world.service(staff)
    booked(world, service)
    booked(world, service, TEN + HOUR)
    look(world)
    lose(world)
    post.taken.clear()
    world.calendars.busy[staff].append(Busy(TEN, TEN + HOUR))  # nobody sees it
    world.clock.now += HOUR
    connect_again(world, connection)
    watch_health(world.hub)
    settle(world)
    assert post.taken == []  # nothing was looked at yet
    look(world)
    pass_time(world, MINUTE)
    mails = [mail for mail in post.to(STAFF) if "works again" in mail["Subject"]]
    assert len(mails) == 1
    assert "Something else came to stand over these appointments:\n- Monday, 15 March 2027, 10:00" in text(mails[0])
    assert "11:00" not in text(mails[0]).partition("appointments:")[2]
    with world.hub.database.reading() as conn:
        assert open_outage(conn, world.business, connection) is None
        over = last_outage(conn, world.business, connection)
    assert over is not None
    assert set(over.report) == {"conflict"}
    pass_time(world, 2 * DAY)
    assert len([mail for mail in post.to(STAFF) if "works again" in mail["Subject"]]) == 1


def test_what_was_wrong_before_is_not_held_against_an_account_that_was_connected_again(world: World) -> None:
    _, connection = account(world)
    look(world)
    lose(world)
    connect_again(world, connection)
    assert get_connection(world.hub, world.business, connection).calendars[0].problem == ""
    note(world, connection, "ok")  # as when another of its calendars is looked at first
    assert get_connection(world.hub, world.business, connection).health == "ok"


def test_an_event_that_could_not_be_written_is_written_when_the_account_is_connected_again(world: World) -> None:
    post = with_post(world)
    staff, connection = account(world)
    look(world)
    world.calendars.fail = lambda hook: NeedsReconnect("over") if hook == "hub_create_event" else None
    booking = booked(world, world.service(staff))
    settle(world)
    assert world.calendars.event_times(staff) == []
    connect_again(world, connection)
    world.clock.now += 3 * MINUTE
    look(world)
    assert world.calendars.event_times(staff) == [(TEN, TEN + 30 * MINUTE)]
    assert row(world, booking).calendar_state == "written"
    pass_time(world, MINUTE)
    (mail,) = [mail for mail in post.to(STAFF) if "works again" in mail["Subject"]]
    assert "written into the calendar only now" in text(mail)


def test_the_agency_gets_one_mail_a_user_however_many_accounts_fail(world: World) -> None:
    post = with_post(world)
    hub = world.hub
    own(hub)
    join(hub, "ben@example.com", "agent", world.business)
    join(hub, "vera@example.com", "viewer")
    staff, _ = account(world)
    world.staff()
    booked(world, world.service(staff))
    settle(world)
    post.taken.clear()
    lose(world)
    tell_agency(hub)
    tell_agency(hub)
    settle(world)
    for reader in ("ada@example.com", "ben@example.com"):
        (mail,) = [one for one in post.to(reader) if "Accounts that" in one["Subject"]]
        assert text(mail).count("- Ada's Practice: ") == 2
        assert "1 coming appointment is not watched." in text(mail)
        assert "g•••@g•••" in text(mail)
        assert "gmail" not in mail.as_string()
    assert post.to("vera@example.com") == []
    count = len(post.taken)
    world.clock.now += DAY
    tell_agency(hub)
    settle(world)
    assert len(post.taken) == count + 2


def test_what_is_kept_for_handing_on_has_no_link_to_the_staff_members_page(world: World) -> None:
    from tests.post import kept

    account(world)
    lose(world)
    mail: Any = kept(world, "connection_lost")
    assert "/staff/" not in mail.as_string()


def test_choosing_another_calendar_ends_a_trouble_of_the_one_that_is_gone(world: World) -> None:
    staff, connection = account(world)
    look(world)
    calendar = get_connection(world.hub, world.business, connection).calendars[0].id
    note(world, connection, "failing", "not_found")
    choose_calendars(world.hub, world.business, connection, {calendar: Choice(staff)})
    note(world, connection, "ok")
    assert get_connection(world.hub, world.business, connection).health == "ok"


def test_in_danger_the_owners_mail_has_no_way_in_for_whoever_reads_it_now(world: World) -> None:
    post = with_post(world)
    _, connection = account(world)
    settle(world)
    post.taken.clear()
    with world.hub.database.writing() as conn:
        note_warning(conn, world.business, connection, DANGER, world.clock())
    settle(world)
    by_reader = {mail["To"]: text(mail) for mail in post.mails}
    (mine,) = [said for reader, said in by_reader.items() if STAFF in str(reader)]
    assert "somebody else may have got hold" in mine
    assert "/staff/" not in mine
    assert "ask in the business for a new link" in " ".join(mine.split())


def test_what_was_given_up_while_a_server_was_down_is_written_when_it_has_been_well_for_a_while(world: World) -> None:
    post = with_post(world)
    staff, _ = account(world)
    look(world)
    world.calendars.fail = lambda hook: Refused("no") if hook == "hub_create_event" else None
    booking = booked(world, world.service(staff), TEN + DAY)
    settle(world)
    assert row(world, booking).calendar_state == "failed"
    world.calendars.fail = down()
    for _ in range(5):
        look(world)
        pass_time(world, 4 * MINUTE)
    world.calendars.fail = lambda hook: None
    for _ in range(5):
        look(world)
        pass_time(world, 4 * MINUTE)
    assert world.calendars.event_times(staff) == [(TEN + DAY, TEN + DAY + 30 * MINUTE)]
    (mail,) = [one for one in post.to(STAFF) if "works again" in one["Subject"]]
    assert "not in the calendar as they should be yet" in text(mail)


def test_an_event_that_was_deleted_meanwhile_is_judged_before_people_are_told(world: World) -> None:
    post = with_post(world)
    staff, connection = account(world)
    booked(world, world.service(staff))
    settle(world)
    world.clock.now += 5 * MINUTE
    look(world)
    lose(world)
    world.calendars.events[staff].clear()
    world.clock.now += HOUR
    connect_again(world, connection)
    look(world)
    watch_health(world.hub)  # it is left alone for a minute
    settle(world)
    assert [one for one in post.to(STAFF) if "works again" in one["Subject"]] == []
    pass_time(world, MINUTE)
    pass_time(world, MINUTE)
    (mail,) = [one for one in post.to(STAFF) if "works again" in one["Subject"]]
    assert "These were deleted in the calendar, and cancelled:\n- Monday, 15 March 2027, 10:00" in text(mail)
