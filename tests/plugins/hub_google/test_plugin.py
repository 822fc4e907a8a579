"""The contract of calendar plugins, by events of calendars that the account owns and of one that the hub made.

The level Shared takes the same way as Standard; where it goes further stands in `test_reading`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.testing.contract import CalendarContract
from hub.testing.subject import Subject as Made


class TestStandard(CalendarContract):
    @pytest.fixture
    def subject(self, subject: Callable[..., Made]) -> Made:
        return subject("standard")


class TestShield(CalendarContract):
    @pytest.fixture
    def subject(self, subject: Callable[..., Made]) -> Made:
        return subject("shield")
