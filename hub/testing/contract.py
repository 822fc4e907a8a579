"""The contract of a calendar plugin as tests: subclass `CalendarContract` and give it a subject.

::

    class TestMyPlugin(CalendarContract):
        @pytest.fixture
        def subject(self, account):
            yield (made := Subject(direct(plugin, account), calendar, stranger, start=midnight))
            made.clean()
"""

from __future__ import annotations

import pytest

from hub.testing.checks.catalogue import CHECKS
from hub.testing.checks.check import Check
from hub.testing.subject import Subject


class CalendarContract:
    """Runs every check of the catalogue; the same ones as `hub probe`."""

    @pytest.fixture
    def subject(self) -> Subject:
        """The plugin with an empty calendar. To be given by the subclass."""
        raise pytest.UsageError(f"{type(self).__name__} must define the fixture 'subject' (see hub.testing.contract).")

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
    def test_contract(self, check: Check, subject: Subject) -> None:
        """The check holds."""
        check.run(subject)
