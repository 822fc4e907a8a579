"""The contract of calendar plugins, against real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hub.testing.contract import CalendarContract
from hub.testing.faulty import faulty
from hub.testing.lab.caldav.faults import CaldavFaults
from hub.testing.servers import Server
from hub.testing.subject import Subject


class TestOnRadicale(CalendarContract):
    @pytest.fixture
    def subject(self, server: Server, make: Callable[..., Subject]) -> Iterator[Subject]:
        with faulty(server.origin) as front:
            made = make(server, origin=front.url.rstrip("/"))
            made.faults, made.seen = CaldavFaults(front), lambda: front.seen
            yield made


class TestOnXandikos(CalendarContract):
    @pytest.fixture
    def subject(self, servers: Callable[[str], Server], make: Callable[[Server], Subject]) -> Subject:
        return make(servers("xandikos"))
