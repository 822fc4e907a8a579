"""Links of staff members: whose they are, how long they work, and what may be seen by them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from hub.actions.disconnect import disconnect
from hub.actions.holders import add_resource
from hub.actions.staff_links import (
    DAY,
    StaffLink,
    end_staff_link,
    find_staff_link,
    list_staff_links,
    mail_own_link,
    mailed_link,
    mailed_token,
    make_staff_link,
    staff_connections,
)
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.security import OPERATOR, Visit
from hub.store.holder import Holder
from hub.store.security import SecurityEvent
from tests.actions.looking import scene
from tests.actions.test_calendars import account
from tests.post import settle, text, with_post
from tests.tables import contents, nothing_changed
from tests.world import World, connection_named

CYD = Visit("user", "cyd")


def noted(world: World) -> list[tuple[str, str, str, str]]:
    table = SecurityEvent
    columns = table.kind, table.actor, table.about, table.detail
    with world.hub.database.reading() as conn:
        return [tuple(row) for row in conn.execute(select(*columns).order_by(table.at, table.id))]


def switch_off(world: World, holder_id: str) -> None:
    with world.hub.database.writing() as conn:
        mine = Holder.business_id == world.business, Holder.id == holder_id
        conn.execute(update(Holder).where(*mine).values(active=False))


def test_a_link_is_found_by_its_secret_which_is_kept_nowhere(world: World) -> None:
    ada = world.staff()
    link, token = make_staff_link(world.hub, CYD, world.business, ada)
    assert len(token) >= 43
    found = find_staff_link(world.hub, token)
    assert found == link
    assert (link.business_id, link.holder_id, link.holder, link.until) == (
        world.business,
        ada,
        "Staff 1",
        world.clock.now + 30 * DAY,
    )
    assert token not in repr(contents(world.hub))
    assert noted(world) == [("staff_link_made", "user", ada, ""), ("staff_link_used", "staff", link.id, "")]


def test_a_link_that_is_unknown_over_ended_or_of_somebody_who_left_opens_nothing(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    ended, token = make_staff_link(world.hub, CYD, world.business, ada, days=1)
    end_staff_link(world.hub, CYD, world.business, ended.id)
    for wrong in ("", "x" * 43, "x" * 5000, "\x00", "\ud800", token):
        assert find_staff_link(world.hub, wrong) is None
    _, token = make_staff_link(world.hub, CYD, world.business, ada, days=1)
    world.clock.now += DAY - 1
    assert find_staff_link(world.hub, token) is not None
    world.clock.now += 1
    assert find_staff_link(world.hub, token) is None
    _, token = make_staff_link(world.hub, CYD, world.business, ben)
    switch_off(world, ben)
    assert find_staff_link(world.hub, token) is None


def test_a_new_link_ends_the_older_also_when_two_are_made_at_once(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    _, first = make_staff_link(world.hub, CYD, world.business, ada)
    _, other = make_staff_link(world.hub, CYD, world.business, ben)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: make_staff_link(world.hub, CYD, world.business, ada)[1], range(4)))
    assert find_staff_link(world.hub, first) is None
    assert sum(find_staff_link(world.hub, token) is not None for token in made) == 1
    assert find_staff_link(world.hub, other) is not None
    made_events = [one for one in noted(world) if one[0] == "staff_link_made"]
    assert sorted(one[3] for one in made_events) == ["", "", *["replaced"] * 4]


def test_looking_at_a_link_does_not_use_it_up_and_is_noted_once_a_minute(world: World) -> None:
    """A scanner that fetches the address of a mail changes nothing by it."""
    _, token = make_staff_link(world.hub, CYD, world.business, world.staff())
    assert find_staff_link(world.hub, token) is not None
    with nothing_changed(world.hub):
        for _ in range(3):
            assert find_staff_link(world.hub, token) is not None
    world.clock.now += 60
    find_staff_link(world.hub, token)
    (link,) = list_staff_links(world.hub, world.business)
    assert link.seen_at == world.clock.now
    world.clock.now += 3600
    find_staff_link(world.hub, token, Visit("staff", link.holder_id, "192.0.2.7"))
    assert [one[0] for one in noted(world)].count("staff_link_used") == 2


def test_ending_a_link_is_noted_once_and_what_it_connected_stays(world: World) -> None:
    ada = world.staff(connected=False)
    link, _ = make_staff_link(world.hub, CYD, world.business, ada)
    mine = account(world, "mine", owner=ada)
    end_staff_link(world.hub, CYD, world.business, link.id)
    with nothing_changed(world.hub):
        end_staff_link(world.hub, CYD, world.business, link.id)
    assert [one[0] for one in noted(world)] == ["staff_link_made", "staff_link_ended"]
    assert [one.id for one in staff_connections(world.hub, link)] == [mine]
    assert not list_staff_links(world.hub, world.business, ada)[0].works(world.clock.now)


def test_by_a_link_the_own_accounts_are_seen_and_ended_and_no_others(world: World) -> None:
    ada, ben = world.staff(), world.staff()
    mine, his = account(world, "mine", owner=ada), account(world, "his", owner=ben)
    link, _ = make_staff_link(world.hub, CYD, world.business, ada)
    assert [one.id for one in staff_connections(world.hub, link)] == [mine]
    with nothing_changed(world.hub):
        for other in (his, connection_named(world, ada), connection_named(world, ben)):
            with pytest.raises(UnknownId):
                disconnect(world.hub, OPERATOR, link.business_id, other, holder_id=link.holder_id)
    disconnect(world.hub, OPERATOR, link.business_id, mine, holder_id=link.holder_id)
    assert [one.health for one in staff_connections(world.hub, link)] == ["disconnected"]


def test_only_active_staff_of_the_business_get_a_link_for_a_time_that_ends(
    world: World, strangers: dict[str, str]
) -> None:
    ada, room = world.staff(), add_resource(world.hub, world.business, "Room 1")
    gone = world.staff()
    switch_off(world, gone)
    with nothing_changed(world.hub):
        for business, holder in (
            (world.business, strangers["his"]),
            (strangers["ben"], ada),
            (world.business, strangers["nobody"]),
            (world.business, room),
        ):
            with pytest.raises(UnknownId):
                make_staff_link(world.hub, CYD, business, holder)
        with pytest.raises(StateError, match="not active"):
            make_staff_link(world.hub, CYD, world.business, gone)
        for days in (0, -1, 366):
            with pytest.raises(InputError, match="days"):
                make_staff_link(world.hub, CYD, world.business, ada, days)


def test_the_links_of_another_business_are_unknown(world: World, strangers: dict[str, str]) -> None:
    ada = world.staff()
    link, _ = make_staff_link(world.hub, CYD, world.business, ada)
    assert list_staff_links(world.hub, strangers["ben"]) == ()
    with nothing_changed(world.hub):
        for business, one in ((strangers["ben"], link.id), (world.business, strangers["nobody"])):
            with pytest.raises(UnknownId):
                end_staff_link(world.hub, CYD, business, one)
        with pytest.raises(UnknownId):
            list_staff_links(world.hub, strangers["ben"], ada)


def test_a_link_says_whether_it_works() -> None:
    link = StaffLink("a", "b", "c", "Ada", 0, 100, None, None)
    assert link.works(99)
    assert not link.works(100)


def test_a_staff_member_is_told_who_made_a_link_to_their_page_and_not_the_link(world: World) -> None:
    post, here = with_post(world), scene(world)
    token = make_staff_link(world.hub, here.by(here.ben), world.business, here.grace)[1]
    settle(world)
    (mail,) = post.to("grace@example.com")
    assert "Ben Barnes made a link" in text(mail)
    assert token not in text(mail)
    make_staff_link(world.hub, OPERATOR, world.business, here.grace)
    settle(world)
    assert "A program or the operator made a link" in text(post.to("grace@example.com")[-1])


def test_a_link_for_mails_serves_several_ends_like_any_other_and_leaves_the_one_made_by_hand(world: World) -> None:
    hub, staff = world.hub, world.staff(connected=False)
    by_hand, token = make_staff_link(hub, CYD, world.business, staff)

    def mailed() -> str:
        with hub.database.writing() as conn:
            return mailed_link(hub, conn, world.business, staff)

    first = mailed()
    world.clock.now += 11 * DAY
    assert mailed() == first
    for one, secret in ((by_hand.id, token), (first, mailed_token(hub, first))):
        found = find_staff_link(hub, secret)
        assert found is not None
        assert (found.id, found.holder_id) == (one, staff)
    world.clock.now += 2 * DAY
    second = mailed()
    assert second != first  # that one would not work for long enough
    end_staff_link(hub, CYD, world.business, second)
    assert find_staff_link(hub, mailed_token(hub, second)) is None
    make_staff_link(hub, CYD, world.business, staff)
    assert find_staff_link(hub, mailed_token(hub, first)) is None
    assert [line for line in noted(world) if line[0] == "staff_link_made"][1] == (
        "staff_link_made",
        "clock",
        staff,
        "mailed",
    )


def test_names_are_hidden_from_who_comes_by_a_link_that_somebody_else_saw(world: World) -> None:
    """Who makes a link can open it: the names are for its staff member, who is mailed a link of their own."""
    post, here = with_post(world), scene(world)
    _, token = make_staff_link(world.hub, here.by(here.ben), world.business, here.grace)
    settle(world)
    link = find_staff_link(world.hub, token)
    assert link is not None
    (shown,) = staff_connections(world.hub, link)
    assert (shown.masked, shown.account_name) == (True, "g•••@g•••")
    assert all(one.name.startswith("Calendar ") for one in shown.calendars)
    post.taken.clear()
    for _ in range(2):
        mail_own_link(world.hub, link)
    settle(world)
    (mail,) = post.to("grace@example.com")
    own = find_staff_link(world.hub, text(mail).partition("/staff/")[2].split()[0])
    assert own is not None
    assert (own.holder_id, staff_connections(world.hub, own)[0].account_name) == (here.grace, "grace@gmail.com")


def test_where_no_mail_would_reach_them_their_link_shows_the_names(world: World) -> None:
    here = scene(world)
    _, token = make_staff_link(world.hub, here.by(here.ben), world.business, here.grace)
    link = find_staff_link(world.hub, token)
    assert link is not None
    assert staff_connections(world.hub, link)[0].account_name == "grace@gmail.com"
    with nothing_changed(world.hub):
        mail_own_link(world.hub, link)
