"""The contract through the real broker and real sign-in, over TLS: what is not declared would be refused here."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import trustme

from hub.actions.disconnect import disconnect
from hub.core.calendar import Calendar
from hub.core.errors import HubError, NeedsReconnect
from hub.testing.checks.catalogue import CHECKS
from hub.testing.checks.check import Check
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.side import MicrosoftSide
from hub.testing.lab.microsoft.stranger import Stranger
from hub.testing.lab.switches import Fault
from hub.testing.subject import DAY, Subject, Switched
from hub_microsoft import plugin
from tests.plugins.hub_microsoft.conftest import person
from tests.plugins.hub_microsoft.installation import ADA, Installation, connect, installed

THROUGH = (
    "lists_the_calendar",
    "sees_a_series",
    "keeps_a_whole_day_in_the_calendars_zone",
    "knows_its_own_events",
    "keeps_hostile_text_as_text",
    "notices_a_change_from_outside",
    "cancels_by_the_uid_alone",
    "a_write_without_an_answer_leaves_one_event",
    "a_move_without_an_answer_can_be_repeated",
    "reports_what_changed",
    "fails_rightly_when_huge",
    "fails_rightly_when_elsewhere",
    "never_takes_lies_for_free_time",
    "tells_of_a_change",
    "goes_on_when_renewed",
)
KNOWN = {Fault.WRITE_THEN_SILENCE, Fault.HUGE, Fault.ELSEWHERE, Fault.LYING}


@pytest.fixture(scope="module")
def installation(
    lab: Microsoft, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    ca_file = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with installed(lab, tmp_path_factory.mktemp("hub"), ca_file, person(lab)) as made:
        yield made


@pytest.fixture
def subject(installation: Installation, lab: Microsoft) -> Iterator[Subject]:
    stranger = Stranger(person(lab))
    ref = stranger.make_calendar(f"scratch {time.monotonic_ns()}")
    yield Subject(
        installation.ask,
        Calendar(ref, "scratch", "Europe/Berlin"),
        stranger,
        (int(time.time()) // DAY + 30) * DAY,
        faults=Switched(lab.switches, KNOWN),
        receive=plugin.hub_receive,
    )
    lab.switches.turn(None)
    stranger.remove_calendar(ref)


@pytest.mark.parametrize("check", [one for one in CHECKS if one.name in THROUGH], ids=lambda one: one.name)
def test_the_check_holds_through_the_broker(check: Check, subject: Subject) -> None:
    assert not check.missing(subject)
    check.run(subject)


def test_all_these_checks_are_there() -> None:
    assert set(THROUGH) <= {one.name for one in CHECKS}


def test_a_token_that_ran_out_is_refreshed_and_the_call_made_once_more(
    installation: Installation, lab: Microsoft, subject: Subject
) -> None:
    for grant in lab.tokens.grants.values():
        grant.access.clear()
    before = len(lab.tokens.grants)
    assert subject.ask("hub_list_calendars")
    assert len(lab.tokens.grants) == before
    assert any(grant.access for grant in lab.tokens.grants.values())


def test_an_owner_who_removes_the_application_ends_the_connection_until_it_is_connected_again(
    installation: Installation, lab: Microsoft, subject: Subject
) -> None:
    side = MicrosoftSide(lab)
    (mine,) = (one for one in side.grants() if one.account == person(lab).id)
    side.revoke(mine.id)
    with pytest.raises(NeedsReconnect):
        subject.ask("hub_list_calendars")
    again = connect(installation.hub, installation.business, person(lab), installation.connection)
    assert again == installation.connection
    assert subject.ask("hub_list_calendars")


def test_a_claims_challenge_arrives_as_that_although_the_broker_keeps_the_header(
    installation: Installation, lab: Microsoft, subject: Subject
) -> None:
    with lab.switches.on(Fault.CLAIMS), pytest.raises(NeedsReconnect) as lost:
        subject.ask("hub_list_calendars")
    assert lost.value.code == "claims"
    connect(installation.hub, installation.business, person(lab), installation.connection)


def test_after_a_disconnect_microsoft_hears_nothing_more(
    installation: Installation, lab: Microsoft, subject: Subject
) -> None:
    other = connect(installation.hub, installation.business, person(lab, "personal"))
    disconnect(installation.hub, ADA, installation.business, other)
    asked = len(lab.seen)
    with pytest.raises(HubError):
        Installation(installation.hub, installation.business, other).ask("hub_list_calendars")
    assert len(lab.seen) == asked
    assert person(lab, "personal").id in {one.account for one in MicrosoftSide(lab).grants()}
