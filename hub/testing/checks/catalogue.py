"""All checks of a calendar plugin, in the order in which they are run."""

from __future__ import annotations

from hub.testing.checks.changing import CHANGING
from hub.testing.checks.check import Check
from hub.testing.checks.ending import ENDING
from hub.testing.checks.failing import FAILING
from hub.testing.checks.meaning import MEANING
from hub.testing.checks.privacy import PRIVACY
from hub.testing.checks.pushing import PUSHING
from hub.testing.checks.reading import READING
from hub.testing.checks.repeating import REPEATING
from hub.testing.checks.writing import WRITING

CHECKS: tuple[Check, ...] = (
    *READING,
    *MEANING,
    *WRITING,
    *REPEATING,
    *CHANGING,
    *FAILING,
    *PUSHING,
    *ENDING,
    *PRIVACY,
)
