"""The contract of calendar plugins, against real servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.testing.contract import CalendarContract
from hub.testing.servers import Server
from hub.testing.subject import Subject


class TestOnRadicale(CalendarContract):
    @pytest.fixture
    def subject(self, servers: Callable[[str], Server], make: Callable[[Server], Subject]) -> Subject:
        return make(servers("radicale"))


class TestOnXandikos(CalendarContract):
    @pytest.fixture
    def subject(self, servers: Callable[[str], Server], make: Callable[[Server], Subject]) -> Subject:
        return make(servers("xandikos"))
