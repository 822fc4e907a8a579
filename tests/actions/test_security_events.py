from __future__ import annotations

import csv
import io

import pytest

from hub.actions.api_keys import make_key
from hub.actions.businesses import create_business
from hub.actions.record import record
from hub.actions.security_events import COLUMNS, Wanted, export_events, list_events, list_own_events, names_in
from hub.actions.sessions import User
from hub.actions.sign_in import sign_in
from hub.core.errors import InputError, StateError
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from tests.accounts import ADA, BEN, CYD, OTHER_PASSWORD, VISIT, enter, join, own
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


@pytest.fixture
def ada(hub: Hub) -> User:
    return enter(hub).user


def test_events_are_listed_newest_first_and_page_by_page(hub: Hub, ada: User, world: World) -> None:
    for number in range(25):
        world.clock.now += number % 3  # some at one time
        record(hub, VISIT, Kind.BAD_LINK, Outcome.REFUSED, about=f"{number}")
    only = Wanted(kind=Kind.BAD_LINK)
    seen, cursor = [], ""
    while True:
        page = list_events(hub, ada, only, after=cursor, limit=7)
        seen += page.items
        assert len(page.items) <= 7
        cursor = page.next
        if not cursor:
            break
    assert len({one.about for one in seen}) == len(seen) == 25
    assert [(one.at, one.id) for one in seen] == sorted(((one.at, one.id) for one in seen), reverse=True)


@pytest.mark.parametrize(("after", "limit"), [("nonsense", 50), ("W10", 50), ("", 0), ("", 100_000)])
def test_a_cursor_that_is_none_and_a_page_too_large_are_refused(hub: Hub, ada: User, after: str, limit: int) -> None:
    with pytest.raises(InputError):
        list_events(hub, ada, after=after, limit=limit)


def test_each_filter_leaves_what_it_says(hub: Hub, ada: User, world: World) -> None:
    ben = join(hub, BEN)
    start = world.clock.now = world.clock.now + 100
    with pytest.raises(InputError):
        sign_in(hub, VISIT, BEN, OTHER_PASSWORD)
    record(hub, VISIT, Kind.NOT_ALLOWED, Outcome.REFUSED, within=world.business)
    world.clock.now += 100
    enter(hub, BEN)

    def found(**given: object) -> list[tuple[str, str]]:
        events = list_events(hub, ada, Wanted(**given)).items  # type: ignore[arg-type]
        return [(one.kind, one.outcome) for one in events]

    assert found(kind=Kind.SIGN_IN, user_id=ben) == [("sign_in", "ok"), ("sign_in", "failed")]
    assert found(outcome=Outcome.REFUSED) == [("not_allowed", "refused")]
    assert found(business_id=world.business) == [("not_allowed", "refused")]
    assert found(since=start, until=start + 100) == [("not_allowed", "refused"), ("sign_in", "failed")]
    assert found(since=start + 100) == [("sign_in", "ok")]


def test_who_is_limited_sees_the_events_of_their_businesses_and_their_own(hub: Hub, ada: User, world: World) -> None:
    other = create_business(hub, "Garage", "UTC")
    ben = join(hub, BEN, "auditor", world.business)
    join(hub, CYD)
    enter(hub, CYD)
    for within in (world.business, other, ""):
        record(hub, VISIT, Kind.CONNECTED, within=within)
    found = list_events(hub, enter(hub, BEN).user).items
    assert {one.within for one in found if one.kind == "connected"} == {world.business}
    assert all(ben in (one.actor_id, one.about) for one in found if one.kind != "connected")
    assert {one.kind for one in found} == {"connected", "sign_in", "invitation_accepted"}
    assert list_events(hub, enter(hub, BEN).user, Wanted(business_id=other)).items == ()


@pytest.mark.parametrize("role", ["agent", "viewer"])
def test_without_the_right_one_sees_ones_own_events_alone(hub: Hub, role: str) -> None:
    ben = join(hub, BEN, role)
    with pytest.raises(InputError):
        sign_in(hub, VISIT, BEN, OTHER_PASSWORD)
    by = enter(hub, BEN).user
    for forbidden in (lambda: list_events(hub, by), lambda: export_events(hub, by)):
        with pytest.raises(StateError) as caught:
            forbidden()
        assert caught.value.code == "not_allowed"
    found = list_own_events(hub, by).items
    assert [(one.kind, one.outcome) for one in found] == [
        ("sign_in", "ok"), ("sign_in", "failed"), ("invitation_accepted", "ok"),
    ]  # fmt: skip
    assert all(ben in (one.actor_id, one.about) for one in found)


def test_the_export_has_every_event_with_networks_in_place_of_addresses(hub: Hub, ada: User) -> None:
    for number in range(1100):
        record(hub, Visit(address=f"203.0.113.{number % 200}"), Kind.BAD_LINK, Outcome.REFUSED)
    text = "".join(export_events(hub, ada))
    rows = list(csv.reader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert len([row for row in rows if row[1] == "bad_link"]) == 1100
    assert {row[9] for row in rows[1:]} == {"203.0.113.0/24"}
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert rows[1][0].endswith("Z")


def test_what_a_browser_says_of_itself_is_no_formula_in_a_table(hub: Hub, ada: User) -> None:
    for text in ('=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)", 'a","b\n=1'):
        record(hub, Visit(device=text), Kind.BAD_LINK)
    rows = list(csv.reader(io.StringIO("".join(export_events(hub, ada, Wanted(kind=Kind.BAD_LINK))))))
    assert len(rows) == 6
    assert not any(cell[:1] in tuple("=+-@") for row in rows[1:] for cell in row)


def test_no_event_holds_what_was_typed(hub: Hub, ada: User) -> None:
    with pytest.raises(InputError):
        sign_in(hub, VISIT, "somebody@example.com", "a password that was typed")
    text = "".join(export_events(hub, ada))
    assert "somebody" not in text
    assert "typed" not in text
    assert ADA not in text


@pytest.mark.parametrize("device", ["=1+1", "  =1+1", "@SUM(A1)", "\uff1d1+1", "-2", "+49"])
def test_no_beginning_of_a_formula_stays_one(hub: Hub, ada: User, device: str) -> None:
    record(hub, Visit(device=device), Kind.BAD_LINK, Outcome.REFUSED)
    rows = list(csv.reader(io.StringIO("".join(export_events(hub, ada, Wanted(kind=Kind.BAD_LINK))))))
    assert rows[1][-1] == f"'{device}"


def test_events_name_users_and_keys(hub: Hub, ada: User) -> None:
    key = make_key(hub, VISIT, ada, "Website", ["view"], everywhere=True).key
    record(hub, Visit(actor="user", actor_id=ada.id), Kind.KEY_ENDED, about=key.id)
    names = names_in(hub, list_events(hub, ada, Wanted(kind=Kind.KEY_ENDED)).items)
    assert names == {ada.id: "Ada Lovelace", key.id: "Website"}
    assert names_in(hub, ()) == {}
