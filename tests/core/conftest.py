"""What the tests of the core share: instants by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest


@pytest.fixture
def utc() -> Callable[[str], int]:
    """Return a function from ``2027-03-28T01:00Z`` to UTC seconds."""
    return lambda text: int(datetime.fromisoformat(text).timestamp())
