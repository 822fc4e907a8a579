"""What people see of an account, and what a request for more must say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.access import (
    HIDDEN,
    AccessReason,
    check_delay,
    check_hours,
    check_reference,
    mask_account,
    mask_calendar,
    suppress,
)
from hub.core.errors import InputError


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("ada@gmail.com", "a•••@g•••"),
        ("ada at dav.example.com", "a••• at d•••"),
        ("Ada Lovelace", "A••• L•••"),
        ("a", HIDDEN),
        ("", HIDDEN),
        ("=cmd", HIDDEN),
    ],
)
def test_of_an_account_the_first_letters_are_seen(name: str, masked: str) -> None:
    assert mask_account(name) == masked
    assert mask_calendar(2) == "Calendar 2"


@given(st.text(max_size=60))
def test_of_no_word_more_than_one_letter_is_seen(name: str) -> None:
    for word in mask_account(name).replace("@", " ").split():
        assert word == "at" or (word.replace(HIDDEN, "") in name and len(word.replace(HIDDEN, "")) <= 1)


def test_a_figure_of_fewer_than_five_people_is_left_out_whatever_is_asked_for() -> None:
    groups = {"a": 4, "b": 5, "c": 11}
    assert suppress(groups) == {"b": 5, "c": 11}
    assert suppress(groups, k=1) == {"b": 5, "c": 11}
    assert suppress(groups, k=6) == {"c": 11}


@pytest.mark.parametrize("hours", [0, -1, 5])
def test_access_is_given_for_four_hours_at_most(hours: int) -> None:
    with pytest.raises(InputError, match="1 to 4 hours"):
        check_hours(hours)
    assert check_hours(4) == 14_400


def test_security_and_law_have_a_number_and_support_has_none() -> None:
    assert check_reference(AccessReason.SECURITY, "INC-2027/14") == "INC-2027/14"
    assert check_reference(AccessReason.SUPPORT, "") == ""
    for reason, given_ in (
        (AccessReason.SECURITY, ""),
        (AccessReason.LEGAL, "a b"),
        (AccessReason.LEGAL, "x" * 65),
        (AccessReason.SUPPORT, "INC-1"),
    ):
        with pytest.raises(InputError, match="reference"):
            check_reference(reason, given_)


def test_only_for_security_and_law_may_a_person_be_told_later_and_a_reason_is_given() -> None:
    assert check_delay(AccessReason.LEGAL, "order") == "order"
    assert check_delay(AccessReason.SUPPORT, "") == ""
    for reason, delay in ((AccessReason.SUPPORT, "order"), (AccessReason.LEGAL, "because")):
        with pytest.raises(InputError, match="delay"):
            check_delay(reason, delay)
