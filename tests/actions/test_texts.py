"""Consent texts: shown by hash, agreed to or not booked, and never written over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from hub.actions.book import book
from hub.actions.hold import hold
from hub.actions.texts import ConsentText, current_texts, set_text, text_history
from hub.core.consent import TextPurpose, default_text, text_hash
from hub.core.errors import InputError, StateError, UnknownId
from hub.store.agreement import Agreement, TextVersion
from hub.store.business import AGENCY
from tests.tables import nothing_changed
from tests.world import ADA, DAY, HOUR, MONDAY, World

TEN = MONDAY + 2 * HOUR
OURS = "I agree that you use my details to arrange this."


def held(world: World, start: int = TEN) -> str:
    service = world.service(world.staff())
    return hold(world.hub, world.business, service, start, zone="Europe/Berlin", source="page").booking_id


def texts(world: World) -> dict[TextPurpose, ConsentText]:
    return {one.purpose: one for one in current_texts(world.hub, world.business)}


def agreed(world: World) -> list[Any]:
    with world.hub.database.reading() as conn:
        rows = conn.execute(select(Agreement.__table__).where(Agreement.business_id == world.business))
        return list(rows.all())


def test_a_business_has_our_own_texts_from_the_first_look_and_they_name_it(world: World) -> None:
    found = current_texts(world.hub, world.business)
    assert [one.purpose for one in found] == [TextPurpose.BOOKING, TextPurpose.MESSAGES]
    assert all("Ada's Practice" in one.text for one in found)
    assert [one.hash for one in found] == [text_hash(one.purpose, "en", one.text) for one in found]
    with nothing_changed(world.hub):
        assert current_texts(world.hub, world.business) == found


def test_two_who_look_for_the_first_time_at_once_see_the_same_texts(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: current_texts(world.hub, world.business), range(8)))
    assert len(seen) == 1
    assert len(text_history(world.hub, world.business)) == 2


def test_a_new_text_replaces_the_old_one_which_stays_in_the_history(world: World) -> None:
    before = texts(world)[TextPurpose.BOOKING]
    world.clock.now += HOUR
    set_text(world.hub, world.business, TextPurpose.BOOKING, f"  {OURS}\r\n", language="de-AT", was=before.hash)
    now = texts(world)[TextPurpose.BOOKING]
    assert (now.text, now.language, now.until) == (OURS, "de-AT", None)
    history = text_history(world.hub, world.business)
    assert history[0] == now
    (old,) = [one for one in history if one.hash == before.hash]
    assert (old.text, old.until) == (before.text, world.clock.now)
    set_text(world.hub, world.business, TextPurpose.BOOKING, before.text)
    assert texts(world)[TextPurpose.BOOKING] == before
    assert len(text_history(world.hub, world.business)) == 3


def test_two_who_change_one_text_are_told_and_the_second_changes_nothing(world: World) -> None:
    seen = texts(world)[TextPurpose.BOOKING].hash
    set_text(world.hub, world.business, TextPurpose.BOOKING, OURS, was=seen)
    with nothing_changed(world.hub), pytest.raises(StateError, match="Somebody else") as caught:
        set_text(world.hub, world.business, TextPurpose.BOOKING, "I agree to something else.", was=seen)
    assert caught.value.code == "changed"


def test_the_text_about_messages_may_be_left_out_and_the_one_about_the_booking_may_not(world: World) -> None:
    assert [one.purpose for one in set_text(world.hub, world.business, TextPurpose.MESSAGES, None)] == ["booking"]
    assert set(texts(world)) == {TextPurpose.BOOKING}
    with nothing_changed(world.hub), pytest.raises(InputError) as caught:
        set_text(world.hub, world.business, TextPurpose.BOOKING, None)
    assert caught.value.field == "text"
    set_text(world.hub, world.business, TextPurpose.MESSAGES, "Write to me at times.", was="")
    assert set(texts(world)) == set(TextPurpose)


@pytest.mark.parametrize(
    ("text", "language", "field"),
    [("", "en", "text"), ("short", "en", "text"), ("x" * 5001, "en", "text"), ("a\0" * 20, "en", "text"),
     (OURS, "english", "language")],
)  # fmt: skip
def test_a_text_that_says_nothing_or_cannot_be_kept_is_refused(
    world: World, text: str, language: str, field: str
) -> None:
    current_texts(world.hub, world.business)
    with nothing_changed(world.hub), pytest.raises(InputError) as caught:
        set_text(world.hub, world.business, TextPurpose.BOOKING, text, language=language)
    assert caught.value.field == field


def test_what_a_customer_saw_and_said_is_kept_with_the_booking_by_hash(world: World) -> None:
    booking_id, shown = held(world), texts(world)
    said = {shown[TextPurpose.BOOKING].hash: True, shown[TextPurpose.MESSAGES].hash: False}
    for _ in range(2):  # a repeat notes nothing twice
        book(world.hub, world.business, booking_id, ADA, agreements=said)
    rows = agreed(world)
    assert {row.text_hash: row.given for row in rows} == said
    assert len(rows) == 2
    assert {(row.booking_id, row.channel, row.at) for row in rows} == {(booking_id, "page", world.clock.now)}
    assert all(row.person_id for row in rows)


def test_where_no_text_was_shown_none_is_noted(world: World) -> None:
    book(world.hub, world.business, held(world), ADA)
    assert agreed(world) == []


def test_nobody_books_without_agreeing_to_what_must_be_and_the_time_stays_held(world: World) -> None:
    booking_id, shown = held(world), texts(world)
    must, may = shown[TextPurpose.BOOKING].hash, shown[TextPurpose.MESSAGES].hash
    other = text_hash(TextPurpose.BOOKING, "en", default_text(TextPurpose.BOOKING, "Somebody else"))
    for said in ({}, {must: False}, {may: True}, {must: False, may: True}, {must: True, other: True}, {"\0": True}):
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            book(world.hub, world.business, booking_id, ADA, agreements=said)
        assert caught.value.field == "agreements"
    assert book(world.hub, world.business, booking_id, ADA, agreements={must: True}).booking_id == booking_id


def test_the_text_of_another_business_is_none_of_ours(world: World, strangers: dict[str, str]) -> None:
    his = current_texts(world.hub, strangers["ben"])[0].hash
    booking_id = held(world)
    current_texts(world.hub, world.business)
    with nothing_changed(world.hub), pytest.raises(InputError, match="not in use"):
        book(world.hub, world.business, booking_id, ADA, agreements={his: True})


def test_a_text_that_was_replaced_counts_for_a_day_for_those_who_have_the_page_open(world: World) -> None:
    service, old = world.service(world.staff()), texts(world)[TextPurpose.BOOKING].hash
    set_text(world.hub, world.business, TextPurpose.BOOKING, OURS)
    world.clock.now += DAY - 1
    for late, start in ((0, TEN + 2 * DAY), (1, TEN + 3 * DAY)):
        world.clock.now += late
        booking_id = hold(world.hub, world.business, service, start, zone="Europe/Berlin").booking_id
        if late:
            with nothing_changed(world.hub), pytest.raises(InputError, match="load the page again"):
                book(world.hub, world.business, booking_id, ADA, agreements={old: True})
        else:
            book(world.hub, world.business, booking_id, ADA, agreements={old: True})
    assert [row.text_hash for row in agreed(world)] == [old]


def test_the_agency_and_businesses_that_are_not_there_have_no_texts(world: World) -> None:
    for one in (AGENCY, "x" * 26, "", "\0"):
        with nothing_changed(world.hub):
            for call in (
                lambda one=one: current_texts(world.hub, one),
                lambda one=one: text_history(world.hub, one),
                lambda one=one: set_text(world.hub, one, TextPurpose.BOOKING, OURS),
            ):
                with pytest.raises(UnknownId):
                    call()
    with world.hub.database.reading() as conn:
        assert conn.execute(select(TextVersion.hash).where(TextVersion.business_id == AGENCY)).all() == []
