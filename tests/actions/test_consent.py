"""Asking before an account is connected: nothing is connected on anything but a yes to the text that was read."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from hub.actions.connect import connect
from hub.actions.connections import list_connections
from hub.actions.consent import (
    answer_consent,
    check_consent,
    consent_about,
    consent_question,
    given_consent,
    standing_consent,
)
from hub.actions.consent_state import About
from hub.actions.consents import list_consents
from hub.actions.disconnect import disconnect
from hub.core.errors import InputError, PluginBroken, Refused, StateError, UnknownId
from hub.core.ledger import EntryKind
from hub.core.provider import ConnectLevel
from hub.core.purpose import CALENDAR_PURPOSES, Purpose
from hub.core.security import OPERATOR, Visit
from hub.ledger.read import entries_about
from hub.vault.accounts import open_account
from hub.vault.keycalls import Connected
from tests.tables import nothing_changed
from tests.web.connect import SECRET, with_form
from tests.world import World, down

ANSWER = {"server": "dav.example.com", "password": SECRET}
OLIVIA = Visit("user", "o" * 26, address="192.0.2.7")


@pytest.fixture
def world(world: World) -> World:
    return with_form(world)


def about(world: World, holder_id: str | None = None) -> About:
    return consent_about(world.hub, world.business, "fake", "all", holder_id)


def agreed(world: World, visit: Visit = OLIVIA, holder_id: str | None = None) -> str:
    what = about(world, holder_id)
    text = consent_question(world.hub, what)
    return answer_consent(world.hub, visit, what, text.hash, agreed=True, via="s" * 26)


def made(world: World, visit: Visit, consent: str = "", **options: str | None) -> str:
    step = connect(world.hub, world.business, "fake", "all", ANSWER, visit=visit, consent=consent, **options)  # type: ignore[arg-type]
    assert isinstance(step, Connected)
    return step.connection


def test_a_yes_is_recorded_with_all_that_it_was_said_to(world: World) -> None:
    consent_id = agreed(world)
    (found,) = list_consents(world.hub, world.business)
    assert found.id == consent_id
    assert [(one.number, str(one.state), one.channel) for one in found.states] == [
        (2, "given", "console"),
        (1, "requested", "console"),
    ]
    assert set(found.purposes) == {str(one) for one in CALENDAR_PURPOSES}
    assert sha256(found.text.encode()).hexdigest() == found.text_hash
    row = given_consent(world.hub, OLIVIA, world.business, consent_id)
    assert row is not None
    assert (row.user_id, row.actor, row.via, row.channel) == ("o" * 26, "user", "s" * 26, "console")
    assert (row.jurisdiction, row.language, row.controllers) == ("US", "en", [world.business, "agency"])
    assert len(row.network_hash) == 64
    assert "192" not in row.network_hash


def test_the_ledger_says_it_in_the_same_transaction(world: World) -> None:
    consent_id = agreed(world)
    with world.hub.database.reading() as conn:
        given, asked = entries_about(conn, world.business, user_id="o" * 26)
    assert (asked.kind, given.kind) == (EntryKind.CONSENT_REQUESTED, EntryKind.CONSENT_GIVEN)
    assert given.content is not None
    assert given.content["consent_id"] == consent_id
    assert "create_event" in given.content["purposes"]  # type: ignore[operator]
    assert len(str(given.content["record_hash"])) == 64


def test_a_no_is_noted_and_connects_nothing(world: World) -> None:
    what = about(world)
    text = consent_question(world.hub, what)
    with nothing_changed(world.hub, but=("consent", "consent_text", "ledger_entry", "ledger_content")):
        refused = answer_consent(world.hub, OLIVIA, what, text.hash, agreed=False)
    assert str(list_consents(world.hub, world.business)[0].state) == "refused"
    assert given_consent(world.hub, OLIVIA, world.business, refused) is None
    with pytest.raises(StateError) as caught:
        made(world, OLIVIA, refused)
    assert caught.value.code == "consent"
    assert list_connections(world.hub, world.business) == ()


def test_another_text_than_the_one_that_was_read_counts_for_nothing(world: World) -> None:
    with nothing_changed(world.hub), pytest.raises(StateError) as caught:
        answer_consent(world.hub, OLIVIA, about(world), "0" * 64, agreed=True)
    assert caught.value.code == "changed"
    with nothing_changed(world.hub), pytest.raises(StateError):
        connect(world.hub, world.business, "fake", "all", ANSWER, visit=OLIVIA, agreed="0" * 64)


@pytest.mark.parametrize("visit", [OLIVIA, Visit("staff", "s" * 26)], ids=["user", "staff"])
def test_what_people_type_is_not_taken_without_a_consent(world: World, visit: Visit) -> None:
    with nothing_changed(world.hub), pytest.raises(StateError) as caught:
        made(world, visit)
    assert caught.value.code == "consent"


def test_a_consent_goes_with_the_account_that_was_connected_by_it(world: World) -> None:
    consent_id = agreed(world)
    connection_id = made(world, OLIVIA, consent_id)
    (found,) = list_consents(world.hub, world.business, connection_id=connection_id)
    assert (found.id, str(found.state), found.states[0].reason) == (consent_id, "given", "connected")
    with pytest.raises(StateError):
        made(world, OLIVIA, consent_id)  # it is for one account


def test_the_consent_of_somebody_else_or_of_another_business_is_unknown(
    world: World, strangers: dict[str, str]
) -> None:
    consent_id = agreed(world)
    other = Visit("user", "z" * 26)
    for business, visit in ((world.business, other), (strangers["ben"], OLIVIA)):
        with nothing_changed(world.hub), pytest.raises(UnknownId):
            connect(world.hub, business, "fake", "all", ANSWER, visit=visit, consent=consent_id)
        with pytest.raises(UnknownId):
            given_consent(world.hub, visit, business, consent_id)


def test_a_consent_for_another_account_does_not_do(world: World) -> None:
    staff = world.staff(connected=False)
    consent_id = agreed(world)
    with nothing_changed(world.hub), pytest.raises(StateError):
        made(world, OLIVIA, consent_id, holder_id=staff)


@pytest.mark.parametrize(
    ("visit", "channel"), [(OPERATOR, "operator"), (Visit("key", "k" * 26), "api")], ids=["operator", "key"]
)
def test_a_program_and_the_operator_consent_by_the_call(world: World, visit: Visit, channel: str) -> None:
    connection_id = made(world, visit)
    (found,) = list_consents(world.hub, world.business, connection_id=connection_id)
    assert (str(found.state), found.states[0].channel) == ("given", channel)


def test_an_account_that_cannot_be_connected_leaves_the_consent_for_the_next_try(world: World) -> None:
    consent_id = agreed(world)
    world.calendars.fail = down("hub_list_calendars")
    with pytest.raises(Exception, match="down"):
        made(world, OLIVIA, consent_id)
    world.calendars.fail = lambda hook: None
    connection_id = made(world, OLIVIA, consent_id)
    assert list_consents(world.hub, world.business)[0].connection_id == connection_id


def test_connecting_again_goes_on_under_the_consent_that_stands(world: World) -> None:
    connection_id = made(world, OLIVIA, agreed(world))
    with world.hub.database.reading() as conn:
        states = len(list_consents(world.hub, world.business)[0].states)
        check_consent(world.hub, conn, OLIVIA, about(world), connection_id, "", "")
    made(world, OLIVIA, connection_id=connection_id)
    (found,) = list_consents(world.hub, world.business)
    assert len(found.states) == states


def test_after_a_disconnect_a_new_yes_is_needed_and_takes_the_place_of_the_old_one(world: World) -> None:
    first = agreed(world)
    connection_id = made(world, OLIVIA, first)
    disconnect(world.hub, OLIVIA, world.business, connection_id)
    assert standing_consent(world.hub, about(world), connection_id) is None
    with pytest.raises(StateError):
        made(world, OLIVIA, connection_id=connection_id)
    second = agreed(world)
    made(world, OLIVIA, second, connection_id=connection_id)
    states = {one.id: str(one.state) for one in list_consents(world.hub, world.business)}
    assert states == {first: "withdrawn", second: "given"}
    assert standing_consent(world.hub, about(world), connection_id) == second


def test_a_fresh_consent_to_a_live_account_ends_the_one_before(world: World) -> None:
    first = agreed(world)
    connection_id = made(world, OLIVIA, first)
    second = agreed(world)
    made(world, OLIVIA, second, connection_id=connection_id)
    found = {one.id: (str(one.state), one.states[0].reason) for one in list_consents(world.hub, world.business)}
    assert found == {first: ("invalidated", "replaced"), second: ("given", "connected")}


def test_a_plugin_that_declares_more_gets_nothing_more_until_somebody_agrees(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise P61: a new purpose stays off; the old ones go on."""
    connection_id = made(world, OLIVIA, agreed(world))
    declared = world.hub.registry.provider("fake")
    wider = ConnectLevel("all", "All", CALENDAR_PURPOSES | {Purpose.SEND_MESSAGE})
    monkeypatch.setattr(type(world.hub.registry), "provider", lambda self, name: replace(declared, levels=(wider,)))
    open_account(
        world.hub.database,
        world.hub.keyring,
        world.hub.broker,
        world.business,
        connection_id,
        Purpose.CHECK_AVAILABILITY,
    )
    with pytest.raises(Refused):
        open_account(
            world.hub.database, world.hub.keyring, world.hub.broker, world.business, connection_id, Purpose.SEND_MESSAGE
        )
    assert standing_consent(world.hub, about(world), connection_id) is None  # so the page asks anew


def test_a_level_or_provider_that_there_is_not_is_refused(world: World) -> None:
    with pytest.raises(InputError):
        consent_about(world.hub, world.business, "fake", "some")
    with pytest.raises(PluginBroken):
        consent_about(world.hub, world.business, "nothing", "all")
