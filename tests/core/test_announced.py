"""Whatever comes in whatever order: nothing that was announced after a look began is taken for read by it."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from hub.core.announced import Marks


class OneCalendar(RuleBasedStateMachine):
    """A calendar that changes and announces it, some announcements lost; looks that overlap, fail and end late."""

    looks: Bundle[tuple[int, int]] = Bundle("looks")

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        self.changes = self.announced = self.read = 0

    @rule(lost=st.booleans())
    def change(self, *, lost: bool) -> None:
        """The calendar changes; the announcement of it comes at once, or never."""
        self.changes += 1
        if not lost:
            self.announced = self.changes
            self.marks = self.marks.announce()

    @rule()
    def announce_again(self) -> None:
        """One announcement comes twice."""
        if self.announced:
            self.marks = self.marks.announce()

    @rule(target=looks)
    def begin(self) -> tuple[int, int]:
        """A look begins, and the provider answers it with what there is now."""
        self.marks = self.marks.begin()
        return self.marks.begun, self.changes

    @rule(look=consumes(looks), fails=st.booleans())
    def end(self, look: tuple[int, int], *, fails: bool) -> None:
        """A look ends: its answer is taken, unless it failed."""
        begun, seen = look
        if not fails:
            self.read = max(self.read, seen)
            self.marks = self.marks.end(begun)

    @invariant()
    def what_was_announced_and_not_read_is_not_known(self) -> None:
        assert self.marks.is_behind or self.read >= self.announced

    @invariant()
    def the_numbers_stay_in_order_and_at_most_one_announcement_waits(self) -> None:
        assert 0 <= self.marks.known <= self.marks.begun <= self.marks.announced <= self.marks.begun + 1


TestOneCalendar = OneCalendar.TestCase
TestOneCalendar.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_burst_is_one_announcement_until_a_look_begins() -> None:
    marks = Marks()
    for _ in range(20_000):
        marks = marks.announce()
    assert marks == Marks(announced=1)
    marks = marks.begin()
    for _ in range(20_000):
        marks = marks.announce()
    assert marks == Marks(announced=2, begun=1)


def test_an_announcement_during_a_look_leads_to_one_more() -> None:
    looking = Marks().announce().begin()
    ended = looking.announce().end(looking.begun)
    assert (ended.is_behind, ended.is_waiting) == (True, True)
    again = ended.begin()
    assert not again.end(again.begun).is_behind


def test_a_look_that_ends_late_takes_nothing_back() -> None:
    first = Marks().announce().begin()
    second = first.announce().begin()
    assert second.end(second.begun).end(first.begun).known == 2
