"""Cells: five minutes of UTC time, the grain in which a holder's time is claimed.

The schema forbids two rows of one holder and cell, so no two bookings can share one. Everything that is claimed
begins and ends on the grid: durations, buffers and steps are multiples of a cell, and starts are rounded up to it.
"""

from __future__ import annotations

from hub.core.errors import InputError

CELL = 300
"""Seconds in a cell."""


def cells(start: int, end: int) -> range:
    """Return the numbers of the cells that ``[start, end)`` fills, in ascending order.

    Cell ``n`` is ``[n * 300, n * 300 + 300)`` in UTC seconds. Raises InputError off the grid, or for an empty span.
    """
    if start % CELL or end % CELL:
        raise InputError(
            "time", f"{start} to {end} is off the five-minute grid; use whole multiples of {CELL} seconds."
        )
    if end <= start:
        raise InputError("time", f"The end ({end}) must come after the start ({start}).")
    return range(start // CELL, end // CELL)


def round_up(instant: int) -> int:
    """Return the first moment on the five-minute grid that is not before the instant."""
    return -(-instant // CELL) * CELL
