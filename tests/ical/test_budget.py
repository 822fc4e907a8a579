from __future__ import annotations

import pytest

from hub.core.errors import InputError
from hub.ical.budget import BUDGET, Meter


def test_a_meter_gives_what_it_has_and_then_refuses() -> None:
    meter = Meter("steps", 2)
    meter.spend()
    meter.spend()

    with pytest.raises(InputError) as caught:
        meter.spend()
    assert (caught.value.field, caught.value.code) == ("steps", "over_budget")


def test_one_object_may_not_use_up_the_time_of_its_call() -> None:
    assert BUDGET.cpu_seconds < BUDGET.object_seconds < BUDGET.call_seconds
