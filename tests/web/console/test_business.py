"""The settings of a business and its holidays: by rule, by version, and with nothing lost of what was typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from hub.actions.businesses import change_business, get_business
from hub.actions.hours import list_holidays, set_holidays
from tests.tables import nothing_changed
from tests.web.conftest import Browser, looked_at
from tests.world import HOUR, World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)


def filled(world: World, **changes: object) -> dict[str, object]:
    """Return the form as it is shown, with changes."""
    plain = {
        "name": "Ada's Practice",
        "slug": "adas-practice",
        "zone": "Europe/Berlin",
        "region": "US",
        "tentative_is_busy": "yes",
        "follow_calendar": "yes",
        "unanswered_is_busy": "yes",
        "contact_proof": "second",
        "cancel_notice": "0",
        "cancel_notice-unit": "hours",
    }
    return plain | changes


def test_settings_are_kept_as_they_were_typed(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/settings"
    ada.get(path)
    changes = {
        "name": "Ada & Daughters",
        "phone": "+49 30 901820",
        "unanswered_is_busy": "no",
        "contact_proof": "always",
        "cancel_notice": "2",
        "cancel_notice-unit": "days",
        "reminders-0": "1",
        "reminders-0-unit": "days",
        "reminders-1": "",
        "reminders-1-unit": "hours",
        "reminders-2": "2",
        "reminders-2-unit": "hours",
        "embed_origins": "https://www.example.com\r\n\r\n",
    }
    page = ada.follow(ada.post(path, {**looked_at(ada), **filled(world, **changes)})).text
    assert "Saved." in page
    assert "Ada &amp; Daughters" in page
    found = get_business(world.hub, world.business)
    assert (found.name, found.phone, found.unanswered_is_busy) == ("Ada & Daughters", "+4930901820", False)
    assert (found.cancel_notice, found.reminders) == (48 * HOUR, (24 * HOUR, 2 * HOUR))
    assert found.contact_proof == "always"
    assert found.embed_origins == ("https://www.example.com",)


def test_what_breaks_a_rule_stands_beside_its_field_and_nothing_is_lost(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("admin"), f"/console/{world.business}/settings"
    ada.get(path)
    faults = {
        "slug": "Not A Slug",
        "region": "XX",
        "email": "nobody",
        "cancel_notice": "soon",
        "embed_origins": "http://example.com",
        "zone": "Mars/Olympus",
        "name": "",
        "reminders-0": "soon",
    }
    for field, wrong in faults.items():
        with nothing_changed(world.hub, but=SEEN):
            answer = ada.post(path, {"version": "1", **filled(world, **{field: wrong, "place": "Kept Street 7"})})
        assert answer.status_code == 422, field
        assert f'id="{field}-fault"' in answer.text, field
        assert "Kept Street 7" in answer.text


def test_who_was_slower_sees_what_is_stored_beside_what_they_typed(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/settings"
    ada.get(path)
    seen = looked_at(ada)
    change_business(world.hub, world.business, 1, {"place": "Adam's Street 1"})
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {**seen, **filled(world, place="Ada's Street 2")})
    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in answer.text
    assert "Adam&#39;s Street 1" in answer.text
    assert "Ada&#39;s Street 2" in answer.text
    assert ada.post(path, {**looked_at(ada), **filled(world, place="Ada's Street 2")}).status_code == 303
    assert get_business(world.hub, world.business).place == "Ada's Street 2"


def test_the_same_form_sent_twice_is_saved_once(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/settings"
    ada.get(path)
    given = {**looked_at(ada), **filled(world, place="Once Street")}
    assert [ada.post(path, given).status_code for _ in range(2)] == [303, 303]
    assert get_business(world.hub, world.business).version == 2


def test_a_field_that_nobody_may_set_is_refused(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/settings"
    ada.get(path)
    for strange in ("id", "business_id", "made_at", "role"):
        ada.get(path)
        with nothing_changed(world.hub, but=SEEN):
            assert ada.post(path, {"version": "1", **filled(world), strange: "x"}).status_code == 422


def test_a_row_more_is_shown_without_saving_anything(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/settings"
    ada.get(path)
    with nothing_changed(world.hub, but=SEEN):
        answer = ada.post(path, {"version": "1", **filled(world, place="Typed"), "more": "reminders"})
    assert answer.status_code == 200
    assert 'name="reminders-0"' in answer.text
    assert 'value="Typed"' in answer.text
    assert looked_at(ada) == {"version": "1"}


def test_holidays_are_replaced_and_past_ones_stay(world: World, signed_in: SignedIn) -> None:
    set_holidays(world.hub, world.business, [(date(2026, 1, 1), "New Year"), (date(2027, 5, 1), "May Day")])
    ada, path = signed_in("owner"), f"/console/{world.business}/holidays"
    assert "May Day" in ada.get(path).text
    given = {"days-0-day": "2027-12-24", "days-0-name": "", "days-1-day": "", "days-1-name": ""}
    assert ada.post(path, {**looked_at(ada), **given}).status_code == 303
    found = [(str(one.day), one.name) for one in list_holidays(world.hub, world.business)]
    assert found == [("2026-01-01", "New Year"), ("2027-12-24", "Holiday")]


def test_a_holiday_without_a_day_is_asked_for_in_its_row(world: World, signed_in: SignedIn) -> None:
    ada, path = signed_in("owner"), f"/console/{world.business}/holidays"
    ada.get(path)
    answer = ada.post(path, {**looked_at(ada), "days-0-day": "", "days-0-name": "Easter"})
    assert answer.status_code == 422
    assert 'id="days-0-day-fault"' in answer.text
    assert 'value="Easter"' in answer.text
