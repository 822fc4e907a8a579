"""How long an effect waits for its next attempt."""

from __future__ import annotations

FIRST = 2
SLOWEST = 1_800
LONGEST_ASKED = 21_600


def wait(attempts: int, *, asked: float = 0.0, jitter: float = 0.0) -> int:
    """Return whole seconds to wait after that many attempts.

    It doubles up to half an hour, so that twenty attempts span five to six hours:

    ======== = = = == == == === === === ==== =============
    attempts 1 2 3 4  5  6  7   8   9   10   11 and later
    seconds  2 4 8 16 32 64 128 256 512 1024 1800
    ======== = = = == == == === === === ==== =============

    ``asked`` is what the provider wants (`Retry.after`): never earlier than that, but at most six hours. ``jitter``
    from 0 to 1 adds up to a quarter, so that rows which failed together do not come back together.
    """
    own = min(FIRST << min(attempts - 1, 20), SLOWEST)
    return round(min(max(own, asked), LONGEST_ASKED) * (1 + jitter / 4))
