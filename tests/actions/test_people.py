"""People: reachable or asked again, one person however they write their address, sealed, of one business."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from hub.actions.businesses import create_business
from hub.actions.people import Checked, Customer, check_customer, find_or_add_person, open_person
from hub.core.errors import InputError, Unavailable, UnknownId
from hub.store.person import Person
from tests.tables import contents
from tests.world import ADA, World

FULL = Customer("Ada Lovelace", email="ada@example.com", phone="+49 30 901820")


def find(world: World, customer: Customer, business: str = "") -> str:
    with world.hub.database.writing() as conn:
        return find_or_add_person(world.hub, conn, business or world.business, check_customer(customer))


def people(world: World) -> list[str]:
    with world.hub.database.reading() as conn:
        return list(conn.execute(select(Person.id).where(Person.business_id == world.business)).scalars())


# What was typed


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        (Customer("  Ada \t Lovelace ", email=" Ada@Example.COM "), Checked("Ada Lovelace", "ada@example.com", None)),
        (Customer("Ada", phone="(212) 555-2368"), Checked("Ada", None, "+12125552368")),
        (Customer("Ada", phone="030 901820", region="DE"), Checked("Ada", None, "+4930901820")),
        (Customer("Ada", phone="+49 30 901820", region="US"), Checked("Ada", None, "+4930901820")),
        (FULL, Checked("Ada Lovelace", "ada@example.com", "+4930901820")),
    ],
)
def test_what_was_typed_is_brought_to_one_form(given: Customer, checked: Checked) -> None:
    assert check_customer(given) == checked


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Customer(""), "name"),
        (Customer(" \n\t "), "name"),
        (Customer("x" * 201, email="ada@example.com"), "name"),
        (Customer("Ada\0", email="ada@example.com"), "name"),
        (Customer("\x1b[2J", email="ada@example.com"), "name"),
        (Customer("Ada\ud800", email="ada@example.com"), "name"),
        (Customer("Ada"), "email"),
        (Customer("Ada", email="ada@"), "email"),
        (Customer("Ada", email="ada@example.com\nBcc: ben@example.com"), "email"),
        (Customer("Ada", email="ada@example.com", phone="12345678"), "phone"),
        (Customer("Ada", phone="030 901820", region="US"), "phone"),
        (Customer("Ada", phone="+49 30 901820 ext. 7"), "phone"),
    ],
)
def test_what_cannot_be_used_is_refused_under_its_field_and_not_repeated(given: Customer, field: str) -> None:
    with pytest.raises(InputError) as caught:
        check_customer(given)
    assert caught.value.field == field
    for typed in (given.email, given.phone):
        assert not typed or typed not in caught.value.message


def test_a_customer_is_in_no_representation() -> None:
    for one in (FULL, check_customer(FULL)):
        assert "Ada" not in repr(one)
        assert "ada@" not in repr([one])


# Who it is


def test_a_person_is_found_by_the_address_or_the_number_however_they_are_written(world: World) -> None:
    ada = find(world, FULL)
    assert find(world, Customer("A. L.", email="ADA@EXAMPLE.com")) == ada
    assert find(world, Customer("Somebody", phone="0049 30 90 18 20", region="DE")) == ada
    assert find(world, Customer("Ben", email="ben@example.com")) != ada
    assert len(people(world)) == 2


def test_of_two_who_are_known_the_first_one_is_meant(world: World) -> None:
    first = find(world, Customer("Ada", email="ada@example.com"))
    find(world, Customer("Ben", phone="+49 30 901820"))
    assert find(world, FULL) == first
    assert len(people(world)) == 2


def test_the_same_customer_of_two_businesses_is_two_people_with_nothing_in_common(world: World) -> None:
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    assert find(world, FULL) != find(world, FULL, other)
    rows = contents(world.hub)["person"]
    assert len(rows) == 2
    assert set(rows[0]) & set(rows[1]) <= {1, None, world.clock.now}


def test_a_new_customer_who_books_twice_at_once_is_one_person(world: World) -> None:
    ready, found = threading.Barrier(6), []

    def book() -> None:
        ready.wait(10)
        found.append(find(world, ADA))

    threads = [threading.Thread(target=book) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 6
    assert len(set(found)) == 1
    assert len(people(world)) == 1


# What is kept


def test_a_person_is_opened_as_they_were_given(world: World) -> None:
    opened = open_person(world.hub, world.business, find(world, FULL))
    assert (opened.name, opened.email, opened.phone) == ("Ada Lovelace", "ada@example.com", "+4930901820")
    opened = open_person(world.hub, world.business, find(world, Customer("Łucja", phone="+48 22 123 45 67")))
    assert (opened.name, opened.email, opened.phone) == ("Łucja", "", "+48221234567")


def test_nothing_of_a_person_stands_in_the_clear_and_their_hashes_are_keyed(world: World) -> None:
    find(world, FULL)
    stored = repr(contents(world.hub)).encode()
    for clear in (b"Ada Lovelace", b"ada@example.com", b"901820"):
        assert clear not in stored
        assert clear.hex().encode() not in stored


def test_the_person_of_another_business_is_unknown(world: World) -> None:
    ada = find(world, FULL)
    other = create_business(world.hub, "Ben's Garage", "Europe/Berlin")
    for business, person in ((other, ada), (world.business, "x" * 26)):
        with pytest.raises(UnknownId):
            open_person(world.hub, business, person)


def test_a_person_whose_key_was_destroyed_cannot_be_opened_by_anybody(world: World) -> None:
    ada = find(world, FULL)
    assert world.hub.keyring.destroy_person_key(world.business, ada)
    with pytest.raises(UnknownId):
        open_person(world.hub, world.business, ada)


def test_a_person_whose_booking_fails_was_never_there(world: World) -> None:
    def fail() -> None:
        with world.hub.database.writing() as conn:
            find_or_add_person(world.hub, conn, world.business, check_customer(FULL))
            raise Unavailable("The disk is full.")

    with pytest.raises(Unavailable):
        fail()
    assert people(world) == []
