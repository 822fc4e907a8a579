"""Connections in the console: connected by form, tested, chosen as a whole, ended with a word about what follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from hub.actions.book import book
from hub.actions.connections import list_connections
from hub.actions.hold import hold
from hub.actions.poll import poll_calendars
from hub.core.errors import NeedsReconnect, Retry
from tests import pushing
from tests.actions.test_outside_look import look, written
from tests.actions.test_trouble import account, lose
from tests.post import booked, settle
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at
from tests.web.connect import EVIL, SECRET, agree, with_form
from tests.world import ADA, HOUR, MONDAY, World, down

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)


@pytest.fixture
def world(world: World) -> World:
    """The world's provider asks for a server, a name and a password before it lets somebody in."""
    return with_form(world)


def path_of(world: World, rest: str = "") -> str:
    return f"/console/{world.business}/connections{rest}"


def connect(browser: Browser, world: World, **values: str) -> str:
    """Connect an account by the form, and return the address of its page."""
    form = agree(browser, path_of(world, "/new/fake"), holder=values.pop("holder", ""))
    browser.get(form)
    answer = browser.post(form, {"answer-server": "dav.example.com", "answer-password": SECRET, **values})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).partition("?")[0]


def test_an_empty_list_says_what_to_do_next(world: World, signed_in: SignedIn) -> None:
    assert "Connect an account" in signed_in("agent").get(path_of(world)).text
    page = signed_in("viewer").get(path_of(world)).text
    assert "Nothing is connected yet" in page
    assert "connections/new" not in page


def test_providers_that_work_are_offered_and_the_others_say_why_not(world: World, signed_in: SignedIn) -> None:
    page = signed_in("owner").get(path_of(world, "/new")).text
    assert "/connections/new/fake" in page
    assert "/connections/new/bad" not in page
    assert "it is misspelt" in page


def test_an_account_is_connected_by_the_plugins_form(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada = signed_in("owner")
    page = ada.get(agree(ada, path_of(world, "/new/fake"))).text
    assert 'type="password"' in page
    address = connect(ada, world, holder=staff)
    page = ada.get(address).text
    assert "Which" not in page
    (found,) = list_connections(world.hub, world.business)
    assert (found.holder_id, found.health) == (staff, "ok")
    assert SECRET not in page
    assert f'<option value="{staff}" selected>' in page  # proposed, and not chosen yet
    assert not any(one.checked for one in found.calendars)


def test_the_page_says_how_each_calendar_is_kept_in_step_and_why_not_better(world: World, signed_in: SignedIn) -> None:
    ada, _staff = signed_in("owner"), world.staff()
    path = path_of(world, f"/{list_connections(world.hub, world.business)[0].id}")
    assert "Not looked at yet." in told(ada, path)
    poll_calendars(world.hub)
    pushing.settle(world)
    assert "Fake is asked every 2 min 30 s. Last looked 08:00; that counts for 5 min. It could tell" in told(ada, path)
    pushing.reachable(world)
    pushing.settle(world)
    assert "Fake tells of changes within seconds; the watch ends Tue 16 Mar 2027, 08:00." in told(ada, path)
    assert "Last looked 08:00; that counts for 20 min." in told(ada, path)
    world.calendars.fail = down()
    world.clock.now += 16 * HOUR
    pushing.settle(world)
    page = told(signed_in("admin"), path)
    assert "the watch ends 08:00. What is known is of Mon 15 Mar 2027, 08:00: no times are offered" in page
    assert "Its watch is not renewed yet. When it ends, the calendar is asked instead. The provider's server" in page
    assert told(signed_in("viewer"), path).count("the watch ends 08:00.") == 1
    world.calendars.fail = lambda hook: NeedsReconnect("over", code="revoked")
    poll_calendars(world.hub)
    pushing.settle(world)
    page = told(signed_in("admin"), path)
    assert "Fake is not asked, and no times are offered, until the account is connected again. Last looked Mon" in page


def told(browser: Browser, path: str) -> str:
    """Return the words of a page, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", browser.get(path).text)).split())


def test_what_was_typed_stays_but_never_the_secret(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    form = agree(ada, path_of(world, "/new/fake"))
    ada.get(form)
    with nothing_changed(world.hub, but=(*SEEN, "security_event")):
        answer = ada.post(form, {"answer-server": "wrong.example.com", "answer-password": SECRET})
    assert answer.status_code == 422
    assert "lets nobody in" in answer.text
    assert 'value="wrong.example.com"' in answer.text
    assert SECRET not in answer.text


def test_a_field_with_choices_is_a_list_of_them_and_keeps_what_was_chosen(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    form = agree(ada, path_of(world, "/new/fake"))
    assert '<option value="b" selected>With &lt;two&gt; keys</option>' in ada.get(form).text
    given = {"answer-server": "wrong.example.com", "answer-password": SECRET, "answer-lock": "a"}
    assert '<option value="a" selected>With a key</option>' in ada.post(form, given).text


def test_a_provider_that_does_not_answer_gets_a_sentence_and_nothing_is_connected(
    world: World, signed_in: SignedIn
) -> None:
    ada = signed_in("owner")
    form = agree(ada, path_of(world, "/new/fake"))
    ada.get(form)
    world.calendars.fail = lambda hook: Retry("slow", code="timeout") if hook == "hub_list_calendars" else None
    given: dict[str, object] = {"answer-server": "dav.example.com", "answer-password": SECRET}
    answer = ada.post(form, given)
    assert answer.status_code == 422
    assert "answers too slowly" in answer.text
    assert SECRET not in answer.text
    assert all(one.health == "disconnected" for one in list_connections(world.hub, world.business))
    world.calendars.fail = lambda hook: None
    assert ada.post(form, given).status_code == 303  # what was agreed to need not be read again


def test_a_field_that_no_form_has_is_refused(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    form = agree(ada, path_of(world, "/new/fake"))
    ada.get(form)
    with nothing_changed(world.hub, but=SEEN):
        assert ada.post(form, {"level": "all", "admin": "1"}).status_code == 422
    ada.get(path_of(world, "/new/fake"))
    with nothing_changed(world.hub, but=SEEN):
        assert ada.post(path_of(world, "/new/fake"), {"answer": "agree", "admin": "1"}).status_code == 422


def test_of_two_who_choose_calendars_the_second_sees_what_the_first_did(world: World, signed_in: SignedIn) -> None:
    staff, ben_s = world.staff(connected=False), world.staff(connected=False)
    ada, ben = signed_in("owner"), signed_in("admin")
    address = connect(ada, world)
    one = list_connections(world.hub, world.business)[0].calendars[0].id
    for browser in (ada, ben):
        browser.get(address)
    given = {f"holder-{one}": staff, f"check-{one}": "y"}
    assert ada.post(f"{address}/calendars", {**looked_at(ada), **given}).status_code == 303
    answer = ben.post(f"{address}/calendars", {**looked_at(ben), **given, f"holder-{one}": ben_s})
    assert answer.status_code == 409
    assert "Somebody else changed this choice of calendars meanwhile" in answer.text
    assert list_connections(world.hub, world.business)[0].calendars[0].holder_id == staff
    assert ben.post(f"{address}/calendars", {**looked_at(ben), **given, f"holder-{one}": ben_s}).status_code == 303


def test_calendars_are_chosen_together_and_one_is_written_to(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada = signed_in("owner")
    address = connect(ada, world)
    (calendar,) = list_connections(world.hub, world.business)[0].calendars
    ada.get(address)
    one = calendar.id
    nobody = ada.post(f"{address}/calendars", {f"holder-{one}": "", f"check-{one}": "y"})
    assert nobody.status_code == 422
    assert "stands for" in nobody.text
    done = ada.post(f"{address}/calendars", {f"holder-{one}": staff, f"check-{one}": "y", f"write-{one}": "y"})
    assert done.status_code == 303
    (calendar,) = list_connections(world.hub, world.business)[0].calendars
    assert (calendar.holder_id, calendar.checked, calendar.written) == (staff, True, True)
    ada.get(address)
    assert ada.post(f"{address}/calendars", {f"holder-{one}": staff}).status_code == 303
    (calendar,) = list_connections(world.hub, world.business)[0].calendars
    assert (calendar.holder_id, calendar.checked) == (None, False)


def test_own_and_foreign_calendars_in_one_choice_are_refused_as_a_whole(world: World, signed_in: SignedIn) -> None:
    staff, _ = world.staff(connected=False), world.staff()
    (other,) = list_connections(world.hub, world.business)[0].calendars
    ada = signed_in("owner")
    address = connect(ada, world)
    mine = list_connections(world.hub, world.business)[1].calendars[0].id
    ada.get(address)
    good = {f"holder-{mine}": staff, f"check-{mine}": "y"}
    for stranger in (other.id, "0" * 26, "nonsense"):
        ada.get(address)
        with nothing_changed(world.hub, but=SEEN):
            answer = ada.post(f"{address}/calendars", {**good, f"holder-{stranger}": staff, f"check-{stranger}": "y"})
        assert answer.status_code == 404
    ada.get(address)
    with nothing_changed(world.hub, but=SEEN):
        assert ada.post(f"{address}/calendars", {**good, f"holder-{mine}": "0" * 26}).status_code == 404


def test_a_test_says_how_it_went_and_the_page_keeps_it(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("agent")
    address = connect(ada, world)
    ada.get(address)
    assert "The account answers." in ada.follow(ada.post(f"{address}/test")).text
    world.calendars.fail = down()
    page = ada.follow(ada.post(f"{address}/test")).text
    assert "The test did not work." in page
    assert "cannot be reached" in page
    assert "failing" in ada.get(path_of(world)).text


def test_connecting_again_keeps_the_choice(world: World, signed_in: SignedIn) -> None:
    staff = world.staff(connected=False)
    ada = signed_in("owner")
    address = connect(ada, world)
    one = list_connections(world.hub, world.business)[0].calendars[0].id
    ada.get(address)
    ada.post(f"{address}/calendars", {f"holder-{one}": staff, f"check-{one}": "y"})
    form = str(ada.get(f"{address}/again").headers["Location"])  # the consent stands: nothing is to read again
    ada.get(form)
    assert ada.post(form, {"answer-server": "wrong.example.com"}).status_code == 422
    assert ada.post(form, {"answer-server": "dav.example.com", "answer-password": SECRET}).status_code == 303
    (found,) = list_connections(world.hub, world.business)
    assert found.calendars[0].checked


def test_a_disconnect_asks_and_then_says_what_is_at_risk(world: World, signed_in: SignedIn) -> None:
    staff = world.staff()
    held = hold(world.hub, world.business, world.service(staff), MONDAY + 3 * HOUR, zone="Europe/Berlin")
    book(world.hub, world.business, held.booking_id, ADA)
    (found,) = list_connections(world.hub, world.business)
    ada, path = signed_in("owner"), path_of(world, f"/{found.id}/end")
    with nothing_changed(world.hub, but=SEEN):
        page = ada.get(path).text
    assert "1 coming booking loses its protection" in page
    assert "nothing" in page  # what the provider keeps, in its plugin's words
    page = ada.post(path).text
    assert "is disconnected" in page
    assert "1 coming booking has no calendar that is checked" in page
    assert "is disconnected" in ada.post(path).text  # a second click
    assert list_connections(world.hub, world.business)[0].health == "disconnected"
    assert "Disconnected (1)" in ada.get(path_of(world)).text


def test_a_page_never_says_connected_while_the_account_is_dead(world: World, signed_in: SignedIn) -> None:
    """The list, the page, the overview and its number all say so, with what is at risk."""
    staff, connection = account(world)
    booking = booked(world, world.service(staff))
    settle(world)
    lose(world)
    ada = signed_in("owner")
    for path in (path_of(world), path_of(world, f"/{connection}")):
        page = ada.get(path).text
        assert "connect again" in page
        assert "works</span>" not in page
    assert "Appointments that nobody watches" in page
    assert f"/bookings/{booking}" in page
    assert "Had to be connected again" in page
    assert "1</span> connection has to be connected again" in ada.get(f"/console/{world.business}").text.replace(
        "\n", " "
    )
    ada.get(path_of(world, f"/{connection}"))
    world.calendars.fail = lambda hook: None  # a token may outlive its permission
    answer = ada.follow(ada.post(path_of(world, f"/{connection}/test")))
    assert "The test did not work. The permission was taken back" in answer.text


def test_appointments_that_are_gone_together_are_written_again_together(world: World, signed_in: SignedIn) -> None:
    staff, connection = account(world)
    written(world, staff, *(MONDAY + hour * HOUR for hour in (2, 3, 4)))
    world.calendars.events[staff].clear()
    look(world)
    agnes, path = signed_in("agent"), path_of(world, f"/{connection}")
    assert "3 appointments are not in the calendar any more" in agnes.get(path).text
    assert "Gone from the calendar" not in agnes.follow(agnes.post(f"{path}/write-back")).text
    look(world)
    assert len(world.calendars.events[staff]) == 3


def test_names_with_markup_are_text_everywhere(world: World, signed_in: SignedIn) -> None:
    world.staff(connected=False)
    ada = signed_in("owner")
    address = connect(ada, world, **{"answer-server": EVIL})
    for one in (path_of(world), address, f"{address}/end", f"{address}/again"):
        page = ada.follow(ada.get(one)).text
        assert "<script>alert" not in page, one
        assert "&lt;script&gt;alert" in page, one


def test_a_viewer_sees_it_and_changes_nothing(world: World, signed_in: SignedIn) -> None:
    world.staff()
    (found,) = list_connections(world.hub, world.business)
    vera = signed_in("viewer")
    page = vera.get(path_of(world, f"/{found.id}")).text
    assert "Save the choice" not in page
    for rest in ("/calendars", "/test", "/again", "/end"):
        assert vera.post(path_of(world, f"/{found.id}{rest}")).status_code == 403, rest


def test_what_is_not_of_this_business_is_not_there(world: World, signed_in: SignedIn, other_business: str) -> None:
    world.staff()
    (found,) = list_connections(world.hub, world.business)
    ada = signed_in("owner")
    ada.get(path_of(world))
    given = token(ada)
    for one in (found.id, "0" * 26):
        path = f"/console/{other_business}/connections/{one}"
        with nothing_changed(world.hub, but=SEEN):
            answers = [ada.get(f"{path}{rest}") for rest in ("", "/again", "/end")]
            answers += [ada.client.post(f"{path}{rest}", data=given) for rest in ("/calendars", "/test", "/end")]
        assert {answer.status_code for answer in answers} == {404}
    ben = signed_in("ben")
    assert ben.get(path_of(world, f"/{found.id}")).status_code == 404


def token(browser: Browser) -> dict[str, str]:
    """Return the form token of the page that was seen last."""
    return {"token": browser.page.partition('name="token" value="')[2].partition('"')[0]}
