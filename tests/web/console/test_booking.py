"""One booking in the console: all that belongs to it, and what is done about it at the version that was looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hub.actions.bookings import find_row
from hub.actions.cancel import cancel
from hub.actions.effects import EFFECTS
from hub.core.booking import State
from hub.jobs.perform import drain
from tests.actions.test_outside_look import look, move
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at
from tests.web.console.test_bookings import booked
from tests.world import ADA, DAY, HOUR, MONDAY, World, down

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)


def one_booking(world: World) -> tuple[str, str]:
    """Book at ten on Monday; return the booking's id and the address of its page."""
    one = booked(world, world.service(world.staff()), MONDAY + 2 * HOUR)
    return one, f"/console/{world.business}/bookings/{one}"


def requested(world: World) -> tuple[str, str]:
    """Book while the calendar cannot be asked."""
    service = world.service(world.staff())
    world.calendars.fail = down("hub_free_busy")
    one = booked(world, service, MONDAY + 2 * HOUR)
    return one, f"/console/{world.business}/bookings/{one}"


def test_the_page_shows_all_that_belongs_to_it(world: World, signed_in: SignedIn) -> None:
    _, path = one_booking(world)
    page = signed_in("viewer").get(path).text
    for text in (
        "Monday, 15 March 2027, 10:00 to 10:30",
        "Ada Lovelace",
        "ada@example.com",
        "being written",
        "History",
    ):
        assert text in page, text
    assert "/cancel" not in page


def test_it_is_cancelled_once_and_twice_is_no_harm(world: World, signed_in: SignedIn) -> None:
    one, path = one_booking(world)
    agnes = signed_in("agent")
    agnes.get(path)
    seen = {**looked_at(agnes), "token": token(agnes)}
    assert "Cancelled." in agnes.follow(agnes.post(f"{path}/cancel", seen)).text
    assert find_row(world.hub, world.business, one).state is State.CANCELLED
    with nothing_changed(world.hub, but=SEEN):
        assert agnes.post(f"{path}/cancel", seen).status_code == 303  # a second click


def test_somebody_who_looked_at_an_older_version_changes_nothing(world: World, signed_in: SignedIn) -> None:
    _, path = requested(world)
    agnes = signed_in("agent")
    agnes.get(path)
    with nothing_changed(world.hub, but=SEEN):
        answer = agnes.post(f"{path}/confirm", {"version": "1"})
    assert answer.status_code == 409
    assert "Somebody else changed this booking meanwhile" in answer.text


def test_a_requested_one_is_confirmed_by_hand(world: World, signed_in: SignedIn) -> None:
    one, path = requested(world)
    agnes = signed_in("agent")
    assert "the calendar could not be asked" in agnes.get(path).text
    assert "Confirmed." in agnes.follow(agnes.post(f"{path}/confirm", looked_at(agnes))).text
    assert find_row(world.hub, world.business, one).state is State.CONFIRMED


def test_a_requested_one_is_declined_for_a_reason(world: World, signed_in: SignedIn) -> None:
    one, path = requested(world)
    agnes = signed_in("agent")
    agnes.get(path)
    assert agnes.post(f"{path}/decline", {**looked_at(agnes), "reason": "because"}).status_code == 422
    page = agnes.follow(agnes.post(f"{path}/decline", {**looked_at(agnes), "reason": "duplicate"})).text
    assert "another appointment for the same thing" in page
    assert find_row(world.hub, world.business, one).state is State.CANCELLED


def test_a_no_show_is_marked_once_it_began_and_taken_off_again(world: World, signed_in: SignedIn) -> None:
    one, path = one_booking(world)
    agnes = signed_in("agent")
    assert "Did not come" not in agnes.get(path).text
    assert agnes.post(f"{path}/attendance", {**looked_at(agnes), "attendance": "no_show"}).status_code == 409
    world.clock.now += 3 * HOUR
    agnes.get(path)
    page = agnes.follow(agnes.post(f"{path}/attendance", {**looked_at(agnes), "attendance": "no_show"})).text
    assert "They came after all" in page
    assert find_row(world.hub, world.business, one).attendance == "no_show"
    agnes.follow(agnes.post(f"{path}/attendance", {**looked_at(agnes), "attendance": ""}))
    assert find_row(world.hub, world.business, one).attendance == ""


def test_it_is_moved_to_a_time_that_is_offered(world: World, signed_in: SignedIn) -> None:
    one, path = one_booking(world)
    agnes = signed_in("agent")
    page = agnes.get(f"{path}/move?day=2027-03-16").text
    assert "Tuesday, 16 March" in page
    start = MONDAY + DAY + 3 * HOUR
    assert f'value="{start}"' in page
    page = agnes.follow(agnes.post(f"{path}/move", {**looked_at(agnes), "start": str(start)})).text
    assert "Moved." in page
    assert find_row(world.hub, world.business, one).start == start


def test_a_move_that_does_not_go_leaves_it_where_it_was(world: World, signed_in: SignedIn) -> None:
    one, path = one_booking(world)
    agnes = signed_in("agent")
    agnes.get(f"{path}/move")
    seen = looked_at(agnes)
    for start, status in ((MONDAY + 2 * HOUR + 60, 422), (MONDAY - HOUR, 422), ("soon", 422)):
        assert agnes.post(f"{path}/move", {**seen, "start": str(start)}).status_code == status, start
    good = MONDAY + 5 * HOUR
    assert agnes.post(f"{path}/move", {"version": "1", "start": str(good)}).status_code == 409
    world.calendars.fail = down("hub_free_busy")
    agnes.get(f"{path}/move")
    answer = agnes.post(f"{path}/move", {**seen, "start": str(good)})
    assert answer.status_code == 503
    assert "stays as it was" in answer.text
    assert find_row(world.hub, world.business, one).start == MONDAY + 2 * HOUR
    world.calendars.fail = lambda hook: None
    cancel(world.hub, world.business, one)
    assert agnes.get(f"{path}/move").status_code == 303


def test_a_viewer_looks_and_does_nothing(world: World, signed_in: SignedIn) -> None:
    _, path = one_booking(world)
    vera = signed_in("viewer")
    vera.get(path)
    for rest in ("/cancel", "/confirm", "/decline", "/attendance", "/move"):
        assert vera.post(f"{path}{rest}", {"version": "3"}).status_code == 403, rest
    assert signed_in("auditor").get(path).status_code == 403


def test_what_is_not_of_this_business_is_not_there(world: World, signed_in: SignedIn, other_business: str) -> None:
    one, path = one_booking(world)
    ada = signed_in("owner")
    ada.get(path)
    given = {"token": token(ada), "version": "3", "start": str(MONDAY + 5 * HOUR), "reason": "other"}
    for booking in (one, "0" * 26):
        there = f"/console/{other_business}/bookings/{booking}"
        with nothing_changed(world.hub, but=SEEN):
            assert ada.get(there).status_code == 404
            assert ada.get(f"{there}/move").status_code == 404
            for rest in ("/cancel", "/confirm", "/decline", "/attendance", "/move"):
                assert ada.client.post(f"{there}{rest}", data=given).status_code == 404, rest


def test_what_a_customer_typed_is_text(world: World, signed_in: SignedIn) -> None:
    evil = replace(ADA, name="<img src=x onerror=alert(1)>{{7*7}}")
    service = world.service(world.staff())
    one = booked(world, service, MONDAY + 2 * HOUR, evil)
    ada = signed_in("owner")
    for path in ("/bookings", f"/bookings/{one}", "/week"):
        page = ada.get(f"/console/{world.business}{path}").text
        assert "<img src=x" not in page, path
        assert "{{7*7}}" in page, path


def token(browser: Browser) -> str:
    """Return the form token of the page that was seen last."""
    return browser.page.partition('name="token" value="')[2].partition('"')[0]


def test_an_event_that_was_moved_to_a_bad_time_is_shown_with_where_it_stands_and_written_back(
    world: World, signed_in: SignedIn
) -> None:
    _, path = one_booking(world)
    drain(world.hub, EFFECTS)
    look(world)
    (ada,) = world.calendars.events
    move(world, ada, 60)
    look(world)
    agnes = signed_in("agent")
    page = agnes.get(path).text
    assert "Its event was moved in the calendar, to a time at which no appointment can be." in page
    assert "It stands there from Mon 15 Mar 2027, 10:01 to 10:31 now." in page
    answer = agnes.follow(agnes.post(f"{path}/write-back", looked_at(agnes)))
    assert "It is being written into the calendar again." in answer.text
    assert "Its event was moved" not in answer.text
    drain(world.hub, EFFECTS)
    assert world.calendars.event_times(ada) == [(MONDAY + 2 * HOUR, MONDAY + 2 * HOUR + 1800)]
    assert "/write-back" not in signed_in("viewer").get(path).text
