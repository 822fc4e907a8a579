"""The plugin keeps the contract of calendar plugins, against the lab's Microsoft, at work and at home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from hub.testing.contract import CalendarContract
from hub.testing.subject import Subject


class TestWork(CalendarContract):
    """Every check, with a work account."""

    @pytest.fixture
    def subject(self, connected: Callable[..., AbstractContextManager[Subject]]) -> Iterator[Subject]:
        with connected("work") as made:
            yield made
