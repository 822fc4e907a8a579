"""The contract of a calendar plugin as tests: subclass `CalendarContract` and give it a subject.

::

    class TestMyPlugin(CalendarContract):
        @pytest.fixture
        def subject(self, account):
            yield (made := Subject(direct(plugin, account), calendar, stranger, start=midnight))
            made.clean()

A check that the subject gives too little for is skipped with the reason. One that it names among those that its
provider cannot pass is run, and reported as an expected failure with its sentence (``pytest -rxs`` lists both).
"""

from __future__ import annotations

import pytest

from hub.testing.checks.catalogue import CHECKS
from hub.testing.checks.check import Check
from hub.testing.subject import Subject


class CalendarContract:
    """Runs every check of the catalogue."""

    @pytest.fixture
    def subject(self) -> Subject:
        """The plugin with an empty calendar. To be given by the subclass."""
        raise pytest.UsageError(f"{type(self).__name__} must define the fixture 'subject' (see hub.testing.contract).")

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
    def test_contract(self, check: Check, subject: Subject) -> None:
        """The check holds."""
        missing = check.missing(subject)
        if missing:
            pytest.skip(f"{check.name}: {missing}")
        if check.name not in subject.cannot:
            check.run(subject)
            return
        try:
            check.run(subject)
        except Exception:  # whatever shape the failing has, it was announced
            pytest.xfail(subject.cannot[check.name])
        pytest.fail(f"{check.name} holds, so it must not be named as one that this provider cannot pass.")
