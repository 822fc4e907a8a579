"""Who is told what: the customer of their own request, the staff by rule."""

from __future__ import annotations

import icalendar
import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.cancel import cancel
from hub.actions.customer_link import customer_link
from hub.actions.hold import hold
from hub.actions.holders import change_holder, get_holder
from hub.actions.notice_rules import set_rules
from hub.actions.people import Customer
from hub.actions.poll import poll_calendars
from hub.actions.reschedule import reschedule
from hub.plugin import Busy, Refused
from hub.store.holder import Holder
from tests.post import TEN, booked, change, settle, states, text, with_post
from tests.world import ADA, BEN, DAY, HOUR, World, down

OFFICE, STAFF = "office@practice.example.com", "staff@practice.example.com"


def staffed(world: World) -> str:
    """A staff member and a business with addresses; returns a service of theirs."""
    change(world, email=OFFICE, phone="+49 30 901820", place="1 Example Street")
    staff = world.staff()
    give_address(world, staff, STAFF)
    return world.service(staff)


def give_address(world: World, staff: str, address: str, **more: object) -> None:
    version = get_holder(world.hub, world.business, staff).version
    change_holder(world.hub, world.business, staff, version, {"email": address, **more})


def subjects(mails: list) -> list[str]:  # type: ignore[type-arg]
    return [mail["Subject"].strip().partition(":")[0] for mail in mails]


def test_a_booking_is_told_to_the_customer_its_staff_and_the_business(world: World) -> None:
    post = with_post(world)
    booking = booked(world, staffed(world))
    settle(world)
    (mail,) = post.to("ada@example.com")
    assert "Monday, 15 March 2027, 10:00 to 10:30 CET (Europe/Berlin)" in text(mail)
    assert customer_link(world.hub, world.business, booking) in text(mail)
    assert "1 Example Street" in text(mail)
    assert mail["Reply-To"].addresses[0].addr_spec == OFFICE
    for reader in (OFFICE, STAFF):
        (mail,) = post.to(reader)
        assert subjects([mail]) == ["Booked"]
        assert "Ada Lovelace" in text(mail)
        assert customer_link(world.hub, world.business, booking) not in text(mail)
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_each_reader_reads_the_time_in_a_zone_of_their_own(world: World) -> None:
    post = with_post(world)
    service = staffed(world)
    booked(world, service, zone="America/New_York")
    give_address(world, world_staff(world), STAFF, zone="Asia/Tokyo")
    settle(world)
    assert "05:00 to 05:30 EDT (America/New_York)" in text(post.to("ada@example.com")[0])
    assert "18:00 to 18:30 JST (Asia/Tokyo)" in text(post.to(STAFF)[0])
    assert "10:00 to 10:30 CET (Europe/Berlin)" in text(post.to(OFFICE)[0])


def world_staff(world: World) -> str:
    with world.hub.database.reading() as conn:
        return str(conn.execute(select(Holder.id).where(Holder.business_id == world.business)).scalar_one())


def invitations(mails: list) -> list[tuple[str, str, int, str]]:  # type: ignore[type-arg]
    found = []
    for mail in mails:
        for part in mail.iter_parts():
            if part.get_content_type() == "text/calendar":
                calendar = icalendar.Calendar.from_ical(part.get_content())
                (event,) = calendar.walk("VEVENT")
                assert part.get_param("method") == calendar["METHOD"]
                assert str(event["ATTENDEE"]) == "mailto:ada@example.com"
                assert str(event["ORGANIZER"]) == "mailto:hub@agency.test"
                start = event["DTSTART"].dt.timestamp()
                found.append((str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"]), int(start)))
    return found


def test_the_invitation_follows_the_booking_and_goes_to_the_customer_alone(world: World) -> None:
    post = with_post(world)
    booking = booked(world, staffed(world))
    settle(world)
    reschedule(world.hub, world.business, booking, TEN + 2 * HOUR)
    settle(world)
    cancel(world.hub, world.business, booking)
    settle(world)
    found = invitations(post.to("ada@example.com"))
    assert [(method, start) for method, _, _, start in found] == [
        ("REQUEST", TEN),
        ("REQUEST", TEN + 2 * HOUR),
        ("CANCEL", TEN + 2 * HOUR),
    ]
    assert {uid for _, uid, _, _ in found} == {f"frontdesk-{booking}"}
    sequences = [sequence for _, _, sequence, _ in found]
    assert sequences == sorted(set(sequences))
    assert invitations(post.to(STAFF)) == invitations(post.to(OFFICE)) == []


def test_a_move_says_both_times_and_a_cancellation_names_its_staff(world: World) -> None:
    post = with_post(world)
    booking = booked(world, staffed(world))
    settle(world)
    reschedule(world.hub, world.business, booking, TEN + 2 * HOUR)
    settle(world)
    cancel(world.hub, world.business, booking)
    settle(world)
    for reader in ("ada@example.com", STAFF, OFFICE):
        moved, cancelled = post.to(reader)[1:]
        assert "12:00 to 12:30" in text(moved)
        assert "It was before: Monday, 15 March 2027, 10:00 to" in text(moved)
        assert "With: Staff 1" in text(cancelled)


def test_who_loses_a_booking_to_somebody_else_is_told_that_it_is_gone(world: World) -> None:
    post = with_post(world)
    first, second = world.staff(), world.staff()
    service = world.service(first, second)
    give_address(world, first, "first@practice.example.com")
    give_address(world, second, "second@practice.example.com")
    booking = booked(world, service)
    settle(world)
    had = "first" if post.to("first@practice.example.com") else "second"
    gets = "second" if had == "first" else "first"
    busy = first if had == "first" else second
    world.calendars.busy[busy].append(Busy(TEN + 2 * HOUR, TEN + 3 * HOUR))
    poll_calendars(world.hub)
    world.clock.now += 400
    settle(world)
    reschedule(world.hub, world.business, booking, TEN + 2 * HOUR)
    settle(world)
    assert subjects(post.to(f"{had}@practice.example.com")) == ["Booked", "Cancelled"]
    assert "10:00 to" in text(post.to(f"{had}@practice.example.com")[1])
    assert subjects(post.to(f"{gets}@practice.example.com")) == ["Moved"]


def test_a_request_is_said_to_be_one_and_confirmed_by_a_mail_of_its_own(world: World) -> None:
    post = with_post(world)
    service = staffed(world)
    held = hold(world.hub, world.business, service, TEN, zone="UTC")
    world.calendars.fail = down("hub_free_busy")
    book(world.hub, world.business, held.booking_id, ADA)
    settle(world)
    (mail,) = post.to("ada@example.com")
    assert subjects([mail]) == ["Not confirmed yet"]
    assert invitations([mail]) == []
    assert post.to(STAFF) == []
    world.calendars.fail = lambda hook: None
    world.clock.now += 60
    settle(world)
    assert subjects(post.to("ada@example.com")) == ["Not confirmed yet", "Confirmed"]
    assert subjects(post.to(STAFF)) == ["Booked"]


def test_a_request_that_turned_out_to_be_taken_is_cancelled_with_the_reason(world: World) -> None:
    post = with_post(world)
    staff = world.staff()
    held = hold(world.hub, world.business, world.service(staff), TEN, zone="UTC")
    world.calendars.fail = down("hub_free_busy")
    book(world.hub, world.business, held.booking_id, ADA)
    settle(world)
    world.calendars.fail = lambda hook: None
    world.calendars.busy[staff].append(Busy(TEN, TEN + HOUR))
    world.clock.now += 60
    settle(world)
    mail = post.to("ada@example.com")[-1]
    assert subjects([mail]) == ["Cancelled"]
    assert "turned out to be taken" in text(mail)
    assert invitations([mail]) == []


def test_a_hold_and_its_end_are_nobodys_news(world: World) -> None:
    with_post(world)
    held = hold(world.hub, world.business, staffed(world), TEN, zone="UTC")
    cancel(world.hub, world.business, held.booking_id)
    settle(world)
    assert states(world) == []


def test_a_customer_without_an_address_gets_no_mail_and_the_staff_do(world: World) -> None:
    post = with_post(world)
    booked(world, staffed(world), customer=BEN)
    settle(world)
    assert {one.recipients for one in post.taken} == {(STAFF,), (OFFICE,)}
    assert "+49 30 901820" in text(post.to(STAFF)[0])


def test_a_calendar_that_takes_no_event_is_told_to_the_staff_and_the_customer_hears_nothing_of_it(
    world: World,
) -> None:
    post = with_post(world)
    service = staffed(world)
    world.calendars.fail = lambda hook: Refused("forbidden") if hook == "hub_create_event" else None
    booked(world, service)
    settle(world)
    assert subjects(post.to("ada@example.com")) == ["Confirmed"]
    assert "Please look at the calendar" in subjects(post.to(STAFF))
    assert any("could not be written" in text(mail) for mail in post.to(STAFF))


def test_messages_do_not_wait_for_the_calendar(world: World) -> None:
    post = with_post(world)
    world.calendars.fail = down("hub_create_event")
    booked(world, world.service(world.staff()))
    settle(world)
    assert subjects(post.to("ada@example.com")) == ["Confirmed"]


def test_an_event_over_a_booking_is_told_to_the_staff_once(world: World) -> None:
    post = with_post(world)
    service = staffed(world)
    booked(world, service)
    settle(world)
    world.calendars.busy[world_staff(world)].append(Busy(TEN, TEN + HOUR))
    for _ in range(3):
        world.clock.now += 400
        poll_calendars(world.hub)
        settle(world)
    told = [mail for mail in post.to(STAFF) if "Please look" in mail["Subject"]]
    assert len(told) == 1
    assert "Something else stands in the calendar" in text(told[0])


def test_rules_decide_whom_of_the_business_a_change_is_told(world: World) -> None:
    post = with_post(world)
    service = staffed(world)
    set_rules(world.hub, world.business, [("staff_booked", "business"), ("staff_cancelled", "staff")])
    cancel(world.hub, world.business, booked(world, service))
    set_rules(world.hub, world.business, [])
    cancel(world.hub, world.business, booked(world, service, TEN + HOUR))
    settle(world)
    assert sorted((subjects([mail])[0], mail["To"].addresses[0].addr_spec) for mail in post.mails) == [
        ("Cancelled", "ada@example.com"),
        ("Cancelled", "ada@example.com"),
        ("Cancelled", STAFF),
    ]


def test_a_staff_member_who_left_is_not_written_to(world: World) -> None:
    post = with_post(world)
    service = staffed(world)
    booked(world, service)
    give_address(world, world_staff(world), STAFF, active=False)
    settle(world)
    assert post.to(STAFF) == []


@pytest.mark.parametrize("name", ["Win at https://evil.test", "Ada\r\nBcc: eve@evil.test", "<script>alert(1)</script>"])
def test_what_a_customer_typed_as_a_name_harms_nobody(world: World, name: str) -> None:
    post = with_post(world)
    service = staffed(world)
    try:
        booked(world, service, customer=Customer(name, email="ada@example.com"))
    except Exception:
        return  # refused at the door: nothing was booked
    settle(world)
    (mail,) = post.to("ada@example.com")
    assert (
        "evil.test" not in mail.as_string().replace("=\r\n", "").replace("=\n", "") or "\nBcc:" not in mail.as_string()
    )
    assert "Bcc" not in mail
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script" not in page.get_content()
    assert "https://evil.test" not in text(mail)


def test_an_appointment_that_is_over_is_nobodys_news(world: World) -> None:
    post = with_post(world)
    booking = booked(world, world.service(world.staff()))
    settle(world)
    world.clock.now = TEN + DAY
    cancel(world.hub, world.business, booking)
    settle(world)
    assert len(post.taken) == 1
