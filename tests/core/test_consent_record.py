from __future__ import annotations

import pytest

from hub.core.consent_record import CHANNELS, WRITING, Channel, ConsentState, permits, record_hash, withdrawable
from hub.core.purpose import CALENDAR_PURPOSES, Purpose

ALL = sorted(CALENDAR_PURPOSES)


@pytest.mark.parametrize("state", ConsentState)
def test_only_a_consent_that_is_given_permits_anything(state: ConsentState) -> None:
    permitted = permits(state, ALL, None, Purpose.CHECK_AVAILABILITY, 7)
    assert permitted is (state is ConsentState.GIVEN)


def test_no_consent_no_purposes_or_another_purpose_permits_nothing() -> None:
    assert not permits(None, None, None, Purpose.CONNECT, 7)
    assert not permits("given", None, None, Purpose.CONNECT, 7)
    assert not permits("given", [], None, Purpose.CONNECT, 7)
    assert not permits("given", ALL, None, Purpose.SEND_MESSAGE, 7)
    assert permits("given", ALL, None, Purpose.CONNECT, 7)


def test_a_consent_permits_up_to_the_second_in_which_it_ends() -> None:
    assert permits("given", ALL, 8, Purpose.CONNECT, 7)
    assert not permits("given", ALL, 8, Purpose.CONNECT, 8)


def test_writing_can_be_withdrawn_alone_only_where_busy_times_are_read_as_well() -> None:
    assert withdrawable(ALL) == WRITING
    assert withdrawable(sorted(CALENDAR_PURPOSES - WRITING)) == frozenset()
    assert withdrawable(sorted(WRITING | {Purpose.CONNECT})) == frozenset()
    assert withdrawable([Purpose.CONNECT, Purpose.SEND_MESSAGE]) == frozenset()


def test_a_hash_of_a_state_changes_with_each_of_its_fields() -> None:
    one = {"state": "given", "purposes": ["connect"], "expires_at": None}
    others = [{**one, "state": "refused"}, {**one, "purposes": []}, {**one, "expires_at": 0}, {**one, "reason": ""}]
    assert len({record_hash(each) for each in (one, *others)}) == 5
    assert record_hash(dict(reversed(one.items()))) == record_hash(one)


def test_every_visitor_has_a_channel_and_the_operator_has_the_rest() -> None:
    assert set(CHANNELS.values()) | {Channel.OPERATOR, Channel.MIGRATED} == set(Channel)
