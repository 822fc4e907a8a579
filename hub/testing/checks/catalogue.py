"""All checks of a calendar plugin, in the order in which they are run."""

from __future__ import annotations

from hub.testing.checks.changing import CHANGING
from hub.testing.checks.check import Check
from hub.testing.checks.meaning import MEANING
from hub.testing.checks.reading import READING
from hub.testing.checks.writing import WRITING

CHECKS: tuple[Check, ...] = (*READING, *MEANING, *WRITING, *CHANGING)
