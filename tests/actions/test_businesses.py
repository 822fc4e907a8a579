"""Businesses: made, listed and changed by those who may, and never more than was said."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event

from hub.actions.businesses import change_business, create_business, get_business, list_businesses
from hub.actions.texts import current_texts, set_text, text_history
from hub.core.consent import TextPurpose
from hub.core.errors import HubError, InputError, StateError, UnknownId
from hub.store.business import AGENCY, find_business, find_by_slug
from tests.tables import nothing_changed
from tests.world import DAY, World

TOO_LONG = "x" * 201


def change(world: World, **changes: Any) -> Any:
    return change_business(world.hub, world.business, get_business(world.hub, world.business).version, changes)


def names(world: World, visible: set[str] | None, **options: Any) -> list[str]:
    return [one.name for one in list_businesses(world.hub, visible, **options).items]


def test_a_business_has_a_key_of_its_own_from_the_first_moment(world: World) -> None:
    with world.hub.database.reading() as conn:
        assert world.hub.keyring.business_key(conn, world.business).version == 1
        assert find_business(conn, world.business).name == "Ada's Practice"


def test_a_new_business_has_a_page_named_after_it_unless_it_shall_have_none(world: World) -> None:
    found = get_business(world.hub, world.business)
    assert (found.slug, found.version, found.region, found.reminders) == ("adas-practice", 1, "US", ())
    again = [get_business(world.hub, create_business(world.hub, "Ada's Practice", "UTC")).slug for _ in range(2)]
    assert again == ["adas-practice-2", "adas-practice-3"]
    hidden = create_business(world.hub, "Hidden", "UTC", slug=None, place="Room 5", region="de", phone="030 901820")
    found = get_business(world.hub, hidden)
    assert (found.slug, found.place, found.region, found.phone) == (None, "Room 5", "DE", "+4930901820")


def test_businesses_of_one_name_made_at_once_get_an_address_each(world: World) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: create_business(world.hub, "Salon", "UTC"), range(4)))
    assert {get_business(world.hub, one).slug for one in made} == {"salon", "salon-2", "salon-3", "salon-4"}


def test_every_field_is_changed_as_it_was_said_and_counted(world: World) -> None:
    changes = {
        "name": " New   name ",
        "zone": "America/New_York",
        "slug": "new-name",
        "tentative_is_busy": False,
        "unanswered_is_busy": False,
        "region": "gb",
        "email": "Hello@Example.COM",
        "phone": "020 7946 0958",
        "place": "1 High Street",
        "cancel_notice": DAY,
        "reminders": [3600, DAY],
        "contact_proof": "always",
        "embed_origins": ["https://WWW.example.com/", "https://www.example.com", "http://localhost:8080"],
    }
    found = change(world, **changes)
    assert found == get_business(world.hub, world.business)
    assert (found.name, found.zone, found.slug, found.region) == ("New name", "America/New_York", "new-name", "GB")
    assert (found.email, found.phone, found.place) == ("hello@example.com", "+442079460958", "1 High Street")
    assert (found.tentative_is_busy, found.unanswered_is_busy, found.cancel_notice) == (False, False, DAY)
    assert (found.reminders, found.contact_proof) == ((DAY, 3600), "always")
    assert found.embed_origins == ("http://localhost:8080", "https://www.example.com")
    assert found.version == 2
    assert change(world, slug="", email="", phone="").slug is None


def test_two_who_change_one_business_are_told_and_the_second_changes_nothing(world: World) -> None:
    change_business(world.hub, world.business, 1, {"place": "Here"})
    with nothing_changed(world.hub), pytest.raises(StateError, match="Somebody else changed this business") as caught:
        change_business(world.hub, world.business, 1, {"place": "There"})
    assert caught.value.code == "changed"
    # A double click says the same twice: it is so already.
    with nothing_changed(world.hub):
        assert change_business(world.hub, world.business, 1, {"place": "Here"}).version == 2


def test_of_two_changes_at_once_one_is_made(world: World) -> None:
    def attempt(place: str) -> bool:
        try:
            change_business(world.hub, world.business, 1, {"place": place})
        except StateError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, ["One", "Two", "Three", "Four"]))
    assert done.count(True) == 1
    assert get_business(world.hub, world.business).version == 2


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " \n"}, "business.name"),
    "a name too long": ({"name": TOO_LONG}, "business.name"),
    "a name of control characters": ({"name": "A\0"}, "business.name"),
    "a name that is a number": ({"name": 5}, "business.name"),
    "the name of a well-known sender": ({"name": "Google Security"}, "business.name"),
    "a name that hides characters": ({"name": "Ada\u202ecod.exe"}, "business.name"),
    "a name that breaks a header": ({"name": 'Ada" <ceo@example.com>\r\nBcc: x'}, "business.name"),
    "no zone that there is": ({"zone": "Mars/Olympus"}, "zone"),
    "no address": ({"slug": "ada practice"}, "business.slug"),
    "an address that the hub uses": ({"slug": "console"}, "business.slug"),
    "an address of another business": ({"slug": "bens-garage"}, "business.slug"),
    "no flag": ({"tentative_is_busy": "no"}, "business.tentative_is_busy"),
    "no country": ({"region": "XX"}, "region"),
    "no mail address": ({"email": "ada"}, "email"),
    "no number": ({"phone": "12"}, "phone"),
    "a place too long": ({"place": "x" * 501}, "business.place"),
    "no rule of proof": ({"contact_proof": "third"}, "business.contact_proof"),
    "a rule of proof that is no word": ({"contact_proof": []}, "business.contact_proof"),
    "a notice before the start": ({"cancel_notice": -1}, "business.cancel_notice"),
    "a notice without end": ({"cancel_notice": 2**40}, "business.cancel_notice"),
    "reminders twice": ({"reminders": [3600, 3600]}, "business.reminders"),
    "too many reminders": ({"reminders": [3600 * n for n in range(1, 7)]}, "business.reminders"),
    "a reminder too late": ({"reminders": [60]}, "business.reminders"),
    "no list": ({"reminders": "3600"}, "business.reminders"),
    "every site": ({"embed_origins": ["*"]}, "business.embed_origins"),
    "a second directive": ({"embed_origins": ["https://a.example; script-src *"]}, "business.embed_origins"),
    "its id": ({"id": "x"}, "business.other"),
    "its version": ({"place": "Here", "version": 5}, "business.other"),
    "when it was made": ({"made_at": 0}, "business.other"),
}


@pytest.mark.parametrize(("changes", "field"), REFUSED.values(), ids=REFUSED)
def test_what_breaks_a_rule_is_refused_under_its_name_and_nothing_is_different(
    world: World, strangers: dict[str, str], changes: dict[str, Any], field: str
) -> None:
    calls: list[Callable[[], object]] = [lambda: change(world, **{"place": "Also this", **changes})]
    if "version" not in changes:
        calls.append(lambda: create_business(world.hub, **{"name": "Salon", "zone": "UTC", **changes}))
    for call in calls:
        with nothing_changed(world.hub), pytest.raises(InputError) as caught:
            call()
        assert caught.value.field == field
        assert TOO_LONG not in caught.value.message


def test_lists_hold_what_may_be_seen_by_name_and_never_the_agency(world: World, strangers: dict[str, str]) -> None:
    mine, his = world.business, strangers["ben"]
    assert names(world, None) == ["Ada's Practice", "Ben's Garage"]
    assert names(world, {mine}) == ["Ada's Practice"]
    assert names(world, {mine, AGENCY, "x" * 26}) == ["Ada's Practice"]
    assert names(world, set()) == []
    assert names(world, None, search="GARAGE") == ["Ben's Garage"]
    assert names(world, {mine}, search="garage") == []
    assert names(world, None, search="agency") == []
    for part in ("%", "_", "'", "\\"):
        assert names(world, {his}, search=part) == (["Ben's Garage"] if part == "'" else [])


def test_long_lists_come_in_pages_in_which_each_stands_once_also_with_equal_names(world: World) -> None:
    made = {create_business(world.hub, f"Salon {n % 3}", "UTC") for n in range(11)}
    seen, after, pages = list[str](), "", 0
    while pages == 0 or after:
        page = list_businesses(world.hub, made, after=after, limit=4)
        seen += [one.id for one in page.items]
        after, pages = page.next, pages + 1
    assert (len(seen), set(seen), pages) == (11, made, 3)


def test_a_place_in_another_list_or_a_page_of_no_size_is_refused(world: World) -> None:
    for options, field in (({"after": "x"}, "after"), ({"limit": 0}, "limit"), ({"search": "a\0"}, "search")):
        with pytest.raises(InputError) as caught:
            list_businesses(world.hub, None, **options)
        assert caught.value.field == field


def test_the_number_of_queries_does_not_grow_with_the_list(world: World) -> None:
    sent = list[str]()
    event.listen(world.hub.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    counts = []
    for _ in range(2):
        for _ in range(5):
            create_business(world.hub, "Salon", "UTC")
        sent.clear()
        list_businesses(world.hub, None)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_the_agency_and_what_is_not_there_are_unknown_alike(world: World) -> None:
    said = set()
    for one in (AGENCY, "x" * 26, "", "\0", "\ud800", "../../x"):
        calls: tuple[Callable[[], object], ...] = (
            lambda one=one: get_business(world.hub, one),  # type: ignore[misc]
            lambda one=one: change_business(world.hub, one, 1, {"name": "Ours"}),  # type: ignore[misc]
        )
        for call in calls:
            with nothing_changed(world.hub), pytest.raises(UnknownId) as caught:
                call()
            said.add(caught.value.message.replace(repr(one), "…"))
    assert len(said) == 1


def test_our_own_texts_name_the_business_as_it_is_called_and_its_own_ones_stay(world: World) -> None:
    before = {one.purpose: one for one in current_texts(world.hub, world.business)}
    set_text(world.hub, world.business, TextPurpose.MESSAGES, "Ada's Practice may write to me.")
    change(world, name="Ada & Sons")
    after = {one.purpose: one.text for one in current_texts(world.hub, world.business)}
    assert "Ada & Sons" in after[TextPurpose.BOOKING]
    assert after[TextPurpose.MESSAGES] == "Ada's Practice may write to me."
    assert before[TextPurpose.BOOKING].hash in {one.hash for one in text_history(world.hub, world.business)}


def test_a_page_is_found_by_its_address_alone(world: World) -> None:
    with world.hub.database.reading() as conn:
        assert find_by_slug(conn, "adas-practice").id == world.business
        for slug in ("Adas-Practice", "adas", "", "agency"):
            with pytest.raises(HubError):
                find_by_slug(conn, slug)
