"""What was announced of a calendar and what was read since, in three numbers that only grow.

A notification says that something changed, never what. Thousands may come for one change, some while the calendar is
being read. The numbers tell what a look that ends has covered, so that one look answers a whole burst, and nothing that
came after it began is taken for read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Marks:
    """``known`` <= ``begun`` <= ``announced``, and at most one announcement waits for a look to begin.

    ``announced`` counts announcements, those left out that came while one was waiting. ``begun`` is how many of them a
    look has begun after, ``known`` how many one that succeeded has.
    """

    announced: int = 0
    begun: int = 0
    known: int = 0

    @property
    def is_waiting(self) -> bool:
        """Whether an announcement waits for a look: whatever is announced now will be read by that one too."""
        return self.announced > self.begun

    @property
    def is_behind(self) -> bool:
        """Whether something was announced that no look has read: then what is known is not fresh."""
        return self.announced > self.known

    def announce(self) -> Marks:
        """Return the marks after an announcement; the same ones while another waits."""
        return self if self.is_waiting else replace(self, announced=self.announced + 1)

    def begin(self) -> Marks:
        """Return the marks when a look begins, before the provider is asked. Its ``begun`` is what `end` wants."""
        return replace(self, begun=self.announced)

    def end(self, begun: int) -> Marks:
        """Return the marks after a look that began with ``begun`` has succeeded. Older looks take nothing back."""
        return replace(self, known=max(self.known, begun))
