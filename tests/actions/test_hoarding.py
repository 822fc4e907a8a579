from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.book_for import book_for
from hub.actions.cancel import cancel
from hub.actions.health import note_health
from hub.actions.hoarding import CANCELLED_A_DAY, check_booker
from hub.actions.hold import hold
from hub.actions.let_go import let_go
from hub.actions.people import Customer
from hub.core.contact_proof import LAPSED_A_DAY, Need
from hub.core.errors import InputError, TooMany
from hub.core.security import OPERATOR
from hub.store.booking_contact import BookingContact
from tests.post import TEN, change, connect_post, with_post
from tests.world import ADA, BEN, DAY, HOUR, World


@pytest.fixture
def trusting(world: World) -> World:
    """A business that wants no address proved: the limits alone."""
    change(world, contact_proof="never")
    return world


def held(world: World, service: str, start: int) -> str:
    return hold(world.hub, world.business, service, start, zone="Europe/Berlin").booking_id


def booked(world: World, service: str, start: int, customer: Customer = ADA, network: str = "") -> str:
    booking_id = held(world, service, start)
    check_booker(world.hub, world.business, booking_id, customer, network=network)
    book(world.hub, world.business, booking_id, customer, source="page", network=network)
    return booking_id


@pytest.mark.usefixtures("trusting")
def test_one_contact_has_only_so_many_coming_bookings_and_others_are_not_kept_out(world: World) -> None:
    service, most = world.service(world.staff(), horizon=30 * DAY), world.hub.settings.bookings_per_customer
    made = [booked(world, service, TEN + n * HOUR) for n in range(most)]
    late = held(world, service, TEN + most * HOUR)
    with pytest.raises(TooMany, match=f"There are {most} coming appointments"):
        check_booker(world.hub, world.business, late, Customer("Somebody else", email="ADA@Example.com"))
    check_booker(world.hub, world.business, late, BEN)
    check_booker(world.hub, world.business, made[0], ADA)  # the same booking once more is no further one
    world.clock.now = TEN + HOUR  # the first one is over
    check_booker(world.hub, world.business, held(world, service, TEN + DAY), ADA)


@pytest.mark.usefixtures("trusting")
def test_an_address_and_a_number_count_each_for_itself(world: World) -> None:
    service, most = world.service(world.staff(), horizon=30 * DAY), world.hub.settings.bookings_per_customer
    for n in range(most):
        booked(world, service, TEN + n * HOUR, replace(BEN, email=f"ben{n}@example.com"))
    with pytest.raises(TooMany, match="coming appointments"):
        booked(world, service, TEN + most * HOUR, replace(BEN, email="new@example.com"))


@pytest.mark.usefixtures("trusting")
def test_of_several_processes_that_confirm_at_once_no_more_pass_than_may(world: World) -> None:
    service, most = world.service(*(world.staff() for _ in range(3)), horizon=30 * DAY), 4
    waiting = [held(world, service, TEN + n % 4 * HOUR) for n in range(10)]

    def try_to(booking_id: str) -> bool:
        try:
            check_booker(world.hub, world.business, booking_id, ADA, network="one")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(try_to, waiting)) == most == world.hub.settings.bookings_per_customer


@pytest.mark.usefixtures("trusting")
def test_who_books_and_cancels_again_and_again_is_told_to_talk_to_somebody(world: World) -> None:
    service = world.service(world.staff(), horizon=30 * DAY)
    for _ in range(CANCELLED_A_DAY):
        cancel(world.hub, world.business, booked(world, service, TEN))
    waiting = held(world, service, TEN)
    with pytest.raises(TooMany, match="booked and cancelled today"):
        check_booker(world.hub, world.business, waiting, ADA)
    world.clock.now += DAY
    check_booker(world.hub, world.business, held(world, service, TEN + DAY), ADA)


@pytest.mark.usefixtures("trusting")
def test_one_network_makes_only_so_many_bookings_a_day_under_whatever_names(world: World) -> None:
    tight = replace(world.hub, settings=world.hub.settings.model_copy(update={"bookings_per_network": 3}))
    world.hub = tight
    service = world.service(world.staff(), horizon=30 * DAY)
    for n in range(3):
        made = booked(world, service, TEN + n * HOUR, Customer("A lead", email=f"lead{n}@example.com"), network="one")
    cancel(world.hub, world.business, made)  # cancelling one does not make room for another
    waiting, stranger = held(world, service, TEN + 3 * HOUR), Customer("A lead", email="lead9@example.com")
    with pytest.raises(TooMany, match="from this network today"):
        check_booker(world.hub, world.business, waiting, stranger, network="one")
    check_booker(world.hub, world.business, waiting, stranger, network="two")
    world.clock.now += DAY
    check_booker(world.hub, world.business, held(world, service, TEN + DAY + HOUR), stranger, network="one")


def test_staff_and_programs_book_as_many_as_they_want(world: World) -> None:
    service, most = world.service(world.staff(), horizon=30 * DAY), world.hub.settings.bookings_per_customer
    for n in range(most + 1):
        book_for(world.hub, OPERATOR, world.business, service, TEN + n * HOUR, ADA, zone="Europe/Berlin")


@pytest.mark.usefixtures("trusting")
def test_a_hold_that_lapsed_or_was_asked_for_under_another_name_counts_no_more(world: World) -> None:
    service, most = world.service(world.staff(), horizon=30 * DAY), world.hub.settings.bookings_per_customer
    waiting = [held(world, service, TEN + n * HOUR) for n in range(most + 1)]
    for one in waiting[:most]:
        check_booker(world.hub, world.business, one, ADA)
    with pytest.raises(TooMany):
        check_booker(world.hub, world.business, waiting[most], ADA)
    check_booker(world.hub, world.business, waiting[0], BEN)
    check_booker(world.hub, world.business, waiting[most], ADA)
    world.clock.now += world.hub.settings.hold_seconds
    check_booker(world.hub, world.business, held(world, service, TEN + DAY), ADA)


def test_contacts_are_kept_as_keyed_hashes_of_one_business_and_nothing_without_a_contact(world: World) -> None:
    waiting = held(world, world.service(world.staff()), TEN)
    with pytest.raises(InputError):
        check_booker(world.hub, world.business, waiting, Customer("Ada"))
    check_booker(world.hub, world.business, waiting, replace(ADA, phone="+49 30 901820"))
    with world.hub.database.reading() as conn:
        table = BookingContact
        rows = conn.execute(select(table.__table__).where(table.business_id == world.business)).all()
    assert sorted(row.kind for row in rows) == ["email", "phone"]
    assert all(len(row.contact_hash) == 64 and "@" not in row.contact_hash for row in rows)


def need(world: World, booking_id: str, customer: Customer = ADA, network: str = "", *, proved: bool = False) -> Need:
    return check_booker(world.hub, world.business, booking_id, customer, network=network, proved=proved)


def test_the_first_booking_owes_nothing_and_the_next_one_a_code_by_contact_or_network(world: World) -> None:
    with_post(world)
    service = world.service(world.staff(), horizon=30 * DAY)
    booked(world, service, TEN, ADA, "one")
    waiting = held(world, service, TEN + HOUR)
    stranger = Customer("A lead", email="lead@example.com")
    assert need(world, waiting, Customer("Somebody", email="ADA@Example.com"), "two") is Need.CODE
    assert need(world, waiting, stranger, "one") is Need.CODE
    assert need(world, waiting, ADA, "one", proved=True) is Need.NOTHING
    assert need(world, waiting, stranger, "two") is Need.NOTHING
    change(world, contact_proof="never")
    assert need(world, waiting, ADA, "one") is Need.NOTHING
    change(world, contact_proof="always")
    assert need(world, waiting, Customer("Cyd", email="cyd@example.com"), "three") is Need.CODE


def test_no_code_reaches_a_telephone_number_so_an_address_is_owed(world: World) -> None:
    with_post(world)
    service = world.service(world.staff(), horizon=30 * DAY)
    booked(world, service, TEN, BEN)
    waiting = held(world, service, TEN + HOUR)
    assert need(world, waiting, BEN) is Need.ADDRESS
    assert need(world, waiting, replace(BEN, email="ben@example.com")) is Need.CODE


def test_what_is_asked_of_a_contact_before_it_is_proved_counts_for_nobody_and_says_nothing(world: World) -> None:
    with_post(world)
    service, most = world.service(world.staff(), horizon=30 * DAY), world.hub.settings.bookings_per_customer
    booked(world, service, TEN)
    for n in range(1, most):
        waiting = held(world, service, TEN + n * HOUR)
        assert need(world, waiting, proved=True) is Need.NOTHING
        book(world.hub, world.business, waiting, ADA)
    late = held(world, service, TEN + most * HOUR)
    assert need(world, late) is Need.CODE  # not that there are four already
    with pytest.raises(TooMany, match=f"There are {most} coming"):
        need(world, late, proved=True)
    with world.hub.database.reading() as conn:
        table = BookingContact
        mine = table.business_id == world.business, table.booking_id == late
        assert conn.execute(select(table.kind).where(*mine)).all() == []


@pytest.mark.parametrize("rule", ["second", "always"])
def test_without_a_mail_server_nobody_can_prove_anything_and_half_as_much_is_allowed(world: World, rule: str) -> None:
    change(world, contact_proof=rule)
    service, most = world.service(world.staff(), horizon=30 * DAY), world.hub.settings.bookings_per_customer // 2
    for n in range(most):
        booked(world, service, TEN + n * HOUR)
    late = held(world, service, TEN + most * HOUR)
    with pytest.raises(TooMany, match=f"There are {most} coming appointments"):
        need(world, late)
    with_post(world)
    assert need(world, late) is Need.CODE


def test_a_server_that_does_not_let_the_hub_in_is_none(world: World) -> None:
    with_post(world, connected=False)
    connection_id = connect_post(world, world.business)
    service = world.service(world.staff(), horizon=30 * DAY)
    booked(world, service, TEN)
    waiting = held(world, service, TEN + HOUR)
    assert need(world, waiting) is Need.CODE
    with world.hub.database.writing() as conn:
        note_health(conn, world.business, connection_id, "needs_reconnect", "rejected", world.clock())
    assert need(world, waiting) is Need.NOTHING


def test_who_holds_time_after_time_and_lets_it_lapse_proves_an_address_and_holds_one_at_once(world: World) -> None:
    with_post(world)
    service = world.service(world.staff(), horizon=30 * DAY)

    def hold_one(start: int, network: str = "one") -> str:
        where = {"zone": "Europe/Berlin", "source": "page", "network": network}
        return hold(world.hub, world.business, service, start, **where).booking_id

    for n in range(LAPSED_A_DAY + 1):  # a change of mind is no hoarding
        let_go(world.hub, world.business, hold_one(TEN + n * HOUR))
    waiting = hold_one(TEN + DAY)
    assert need(world, waiting, network="one") is Need.NOTHING
    for n in range(LAPSED_A_DAY):
        hold_one(TEN + 2 * DAY + n * HOUR)
    world.clock.now += world.hub.settings.hold_seconds
    waiting = hold_one(TEN + DAY)
    assert need(world, waiting, network="one") is Need.CODE
    with pytest.raises(TooMany, match="Only one time can be held"):
        hold_one(TEN + DAY + HOUR)
    hold_one(TEN + DAY + HOUR, "two")
    change(world, contact_proof="never")
    hold_one(TEN + DAY + 2 * HOUR)
