from __future__ import annotations

import pytest

from hub.core.reason import Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_of_its_own(reason: Reason) -> None:
    assert reason.sentence.endswith(".")
    assert [other for other in Reason if other.sentence == reason.sentence] == [reason]


def test_the_codes_are_stable_words() -> None:
    assert {reason.value for reason in Reason} == {
        "too_soon",
        "too_far",
        "off_step",
        "no_staff",
        "resource_taken",
        "outside_hours",
        "closed_day",
        "holiday",
        "time_off",
        "busy",
        "booked",
        "buffer",
        "inactive",
        "calendar_stale",
        "calendar_unreachable",
        "calendar_unreadable",
    }
