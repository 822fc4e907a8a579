"""What a staff member does by an invite link: their own accounts, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actions.calendars import choose_calendars
from hub.actions.connections import list_connections
from hub.actions.staff_links import DAY, end_staff_link, mailed_token, make_staff_link
from hub.core.security import OPERATOR
from hub.plugin import Busy
from hub.store.link import list_links
from tests.actions.test_trouble import account, connect_again, look, lose, pass_time
from tests.post import booked, settle
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at
from tests.web.connect import EVIL, SECRET, agree, with_form
from tests.world import HOUR, MONDAY, World, down

SEEN = ("staff_link", "security_event")
Open = Callable[[], Browser]


@pytest.fixture
def world(world: World) -> World:
    """The world's provider asks for a server and a password."""
    return with_form(world)


def link_of(world: World, holder_id: str) -> str:
    """Make a link for a staff member, and return its address."""
    return f"/staff/{make_staff_link(world.hub, OPERATOR, world.business, holder_id)[1]}"


def connect(visitor: Browser, link: str, **values: str) -> str:
    """Connect an account by the form, and return the address of its page."""
    form = agree(visitor, f"{link}/connect/fake")
    visitor.get(form)
    answer = visitor.post(form, {"answer-server": "dav.example.com", "answer-password": SECRET, **values})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).partition("?")[0]


def test_an_account_that_is_to_be_connected_again_says_so_with_their_own_appointments_at_risk(
    world: World, browser: Open
) -> None:
    """By the link in the mail, which leads to the page of the account."""
    staff, connection = account(world)
    booked(world, world.service(staff))
    settle(world)
    lose(world)
    with world.hub.database.reading() as conn:
        (link,) = list_links(conn, world.business, staff)
    visitor = browser()
    page = visitor.get(f"/staff/{mailed_token(world.hub, link.id)}/accounts/{connection}").text
    for text in (
        "The permission was taken back at the provider.",
        "Appointments that nobody watches",
        "Mon 15 Mar 2027, 10:00",
        "Had to be connected again",
    ):
        assert text in page, text
    world.calendars.busy[staff].append(Busy(MONDAY + 2 * HOUR, MONDAY + 3 * HOUR))
    connect_again(world, connection)
    look(world)
    pass_time(world, 60)
    page = visitor.get(f"/staff/{mailed_token(world.hub, link.id)}/accounts/{connection}").text
    assert "What was missed" in page
    assert "Something else came to stand over these appointments:" in page
    assert "Appointments that nobody watches" not in page


def test_the_greeting_says_who_asks_and_what_is_done_with_a_calendar(world: World, browser: Open) -> None:
    visitor = browser()
    answer = visitor.get(link_of(world, world.staff(connected=False)))
    for text in ("Hello Staff 1", "Ada&#39;s Practice", "Our agency", "no titles, no guests, no notes", "Connect my"):
        assert text in answer.text, text
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_calendar_is_connected_chosen_tested_and_disconnected_without_a_sign_in(world: World, browser: Open) -> None:
    staff, visitor = world.staff(connected=False), browser()
    link = link_of(world, staff)
    page = visitor.follow(visitor.get(f"{link}/connect")).text  # there is one provider, so there is nothing to choose
    assert "Agree and connect" in page
    account = connect(visitor, link)
    (found,) = list_connections(world.hub, world.business)
    assert found.holder_id == staff
    one = found.calendars[0].id
    page = visitor.follow(visitor.post(f"{account}/calendars", {f"check-{one}": "y", f"write-{one}": "y"})).text
    assert "Appointments go to dav.example.com" in page
    assert "Fake is asked every 2 min 30 s." in visitor.get(account).text
    assert SECRET not in page
    assert "The account answers." in visitor.follow(visitor.post(f"{account}/test")).text
    world.calendars.fail = down()
    assert "The test did not work." in visitor.follow(visitor.post(f"{account}/test")).text
    assert "Disconnect dav.example.com?" in visitor.get(f"{account}/end").text
    assert "is disconnected" in visitor.post(f"{account}/end").text
    assert "is disconnected" in visitor.post(f"{account}/end").text
    assert "Your accounts" not in visitor.get(link).text


def test_what_is_refused_says_why_and_keeps_all_but_the_secret(world: World, browser: Open) -> None:
    visitor = browser()
    link = link_of(world, world.staff(connected=False))
    form = agree(visitor, f"{link}/connect/fake")
    answer = visitor.post(form, {"answer-server": "wrong.example.com", "answer-password": SECRET})
    assert answer.status_code == 422
    assert "lets nobody in" in answer.text
    assert 'value="wrong.example.com"' in answer.text
    assert SECRET not in answer.text


def test_looking_at_every_page_again_and_again_changes_nothing(world: World, browser: Open) -> None:
    visitor = browser()
    link = link_of(world, world.staff(connected=False))
    account = connect(visitor, link)
    scanner = browser()
    with nothing_changed(world.hub, but=SEEN):
        for _ in range(2):
            for path in (link, f"{link}/connect/fake", account, f"{account}/end", f"{link}/consents"):
                assert scanner.get(path).status_code == 200, path
                assert scanner.client.head(path).status_code == 200, path
            assert scanner.get(f"{account}/again").status_code == 303
            for path in (f"{account}/test", f"{account}/calendars"):
                assert scanner.get(path).status_code == 405, path


def test_the_accounts_of_others_are_not_there(world: World, browser: Open) -> None:
    ben = world.staff(connected=False)
    theirs = connect(browser(), link_of(world, ben)).rpartition("/")[2]
    world.staff()  # one of the business's own
    business = next(one.id for one in list_connections(world.hub, world.business) if one.holder_id is None)
    visitor = browser()
    link = link_of(world, world.staff(connected=False))
    with nothing_changed(world.hub, but=SEEN):
        for one in (theirs, business, "0" * 26):
            account = f"{link}/accounts/{one}"
            answers = [visitor.get(f"{account}{rest}") for rest in ("", "/again", "/end")]
            answers += [visitor.post(f"{account}{rest}") for rest in ("/calendars", "/test", "/again", "/end")]
            assert {answer.status_code for answer in answers} == {404}


def test_own_and_foreign_calendars_in_one_choice_are_refused_as_a_whole(world: World, browser: Open) -> None:
    world.staff()
    foreign = list_connections(world.hub, world.business)[0].calendars[0].id
    staff, visitor = world.staff(connected=False), browser()
    account = connect(visitor, link_of(world, staff))
    own = list_connections(world.hub, world.business)[1].calendars[0].id
    for given in (
        {f"check-{own}": "y", f"check-{foreign}": "y"},
        {f"check-{own}": "y", f"write-{foreign}": "y", f"holder-{foreign}": staff},
    ):
        with nothing_changed(world.hub, but=SEEN):
            assert visitor.post(f"{account}/calendars", given).status_code == 404


def test_a_choice_stands_for_nobody_but_whose_link_it_is(world: World, browser: Open) -> None:
    other, staff, visitor = world.staff(connected=False), world.staff(connected=False), browser()
    account = connect(visitor, link_of(world, staff))
    one = list_connections(world.hub, world.business)[0].calendars[0].id
    visitor.post(f"{account}/calendars", {f"check-{one}": "y", f"holder-{one}": other})
    assert list_connections(world.hub, world.business)[0].calendars[0].holder_id == staff


def test_a_link_that_is_over_or_ended_has_a_kind_page(world: World, browser: Open) -> None:
    staff, visitor = world.staff(connected=False), browser()
    link, token = make_staff_link(world.hub, OPERATOR, world.business, staff)
    world.clock.now += 31 * DAY
    over = visitor.get(f"/staff/{token}")
    world.clock.now -= 31 * DAY
    end_staff_link(world.hub, OPERATOR, world.business, link.id)
    ended, unknown = visitor.get(f"/staff/{token}"), visitor.get("/staff/nonsense")
    assert {answer.status_code for answer in (over, ended, unknown)} == {404}
    assert "Ask whoever sent it to you for a new one." in over.text
    assert "Code" not in over.text
    assert visitor.post(f"/staff/{token}/connect/fake", {"level": "all"}).status_code == 404


def test_names_with_markup_are_text(world: World, browser: Open) -> None:
    visitor = browser()
    link = link_of(world, world.staff(connected=False))
    account = connect(visitor, link, **{"answer-server": EVIL})
    for path in (link, account, f"{account}/end", f"{account}/again"):
        page = visitor.follow(visitor.get(path)).text
        assert "<script>alert" not in page, path
        assert "{{7*7}}" in page, path


def test_another_site_cannot_send_a_form_here(world: World, browser: Open) -> None:
    visitor = browser()
    account = connect(visitor, link_of(world, world.staff(connected=False)))
    answer = visitor.post(f"{account}/end", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert list_connections(world.hub, world.business)[0].health == "ok"


def test_a_choice_that_the_agency_changed_meanwhile_is_not_written_over(world: World, browser: Open) -> None:
    staff, visitor = world.staff(connected=False), browser()
    account = connect(visitor, link_of(world, staff))
    found = list_connections(world.hub, world.business)[0]
    one = found.calendars[0].id
    visitor.get(account)
    seen = looked_at(visitor)
    choose_calendars(world.hub, world.business, found.id, {one: (staff, True, True)})
    answer = visitor.post(f"{account}/calendars", {**seen, f"check-{one}": "y"})
    assert answer.status_code == 409
    assert "Somebody else changed this choice" in answer.text
    assert list_connections(world.hub, world.business)[0].calendars[0].written
    assert visitor.post(f"{account}/calendars", {**looked_at(visitor), f"check-{one}": "y"}).status_code == 303
