"""A provider of the lab in memory: one account, one calendar, one grant and one notification."""

from __future__ import annotations

from collections.abc import Sequence, Set

from hub.core.errors import NotFound
from hub.testing.lab.side import Answer, LabAccount, LabCalendar, LabEvent, LabGrant, LabPush, Side
from hub.testing.lab.switches import Fault, Switches

NOW = 1_800_000_000
HOUR = 3600
ADA, WORK = "a1", "cal/1 &"


class Memory:
    """Keeps what is put."""

    def __init__(self) -> None:
        self.switches = Switches()
        self.kept = {
            "own": LabEvent("own", NOW + HOUR, NOW + 2 * HOUR, "<Dentist>"),
            "asked": LabEvent("asked", NOW + 3 * HOUR, NOW + 4 * HOUR, "Meeting", answer=Answer.OPEN),
        }
        self.granted = [LabGrant("g1", "ada@example.com", "Frontdesk", ("calendar.events",), NOW, 2)]
        self.sent = [LabPush("p1", NOW, "http://127.0.0.1:1/push", "a change in Work", "dropped")]
        self.again: list[str] = []

    @property
    def faults(self) -> Set[Fault]:
        return frozenset({Fault.DOWN, Fault.PUSH_DROPPED})

    def accounts(self) -> Sequence[LabAccount]:
        return [LabAccount(ADA, "ada@example.com", "work")]

    def calendars(self, account: str) -> Sequence[LabCalendar]:
        if account != ADA:
            raise NotFound("There is no such account.")
        return [LabCalendar(WORK, "Work", "Europe/Berlin")]

    def events(self, account: str, calendar: str, start: int, end: int) -> Sequence[LabEvent]:
        return [one for one in self.kept.values() if one.start < end and one.end > start]

    def put(self, account: str, calendar: str, event: LabEvent) -> str:
        self.kept[event.id or "new"] = event
        return event.id or "new"

    def delete(self, account: str, calendar: str, event: str) -> None:
        del self.kept[event]

    def grants(self) -> Sequence[LabGrant]:
        return self.granted

    def revoke(self, grant: str) -> None:
        self.granted = [one for one in self.granted if one.id != grant]

    def pushes(self) -> Sequence[LabPush]:
        return self.sent

    def resend(self, push: str) -> None:
        self.again.append(push)


def memory_side(memory: Memory) -> Side:
    """Return it as a side with settings."""
    return Side(
        "memory",
        "Memory",
        memory,
        settings={"client_id": "me", "client_secret": "hush", "url": "https://localhost:1"},
        origins=("https://localhost:1",),
        tls=True,
        notes=("Anybody may sign in.",),
    )
