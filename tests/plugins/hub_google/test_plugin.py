"""The contract of calendar plugins, at each level, against the lab's Google."""

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


class TestShared(CalendarContract):
    @pytest.fixture
    def subject(self, subject: Callable[..., Made]) -> Made:
        return subject("shared")
