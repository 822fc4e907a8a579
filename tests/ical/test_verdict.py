from __future__ import annotations

from collections.abc import Callable

import pytest

BusyTimes = Callable[..., list[str]]

ADA = frozenset({"ada@example.org"})
AT_ELEVEN = "UID:a\nDTSTART:20260310T110000Z\nDTEND:20260310T120000Z\n"
TIME = "03-10 11:00 - 03-10 12:00"


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("", "busy"),
        ("STATUS:CONFIRMED\nTRANSP:OPAQUE", "busy"),
        ("TRANSP:TRANSPARENT", "free"),
        ("TRANSP: transparent ", "free"),
        ("STATUS:CANCELLED", "free"),
        ("STATUS:TENTATIVE", "tentative"),
        ("STATUS:UNHEARD-OF", "busy"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", "free"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", "tentative"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "busy"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", "busy"),
        ("TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", "tentative"),
        ("TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", "free"),
        ("TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", "busy"),
        ("TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", "busy"),
    ],
)
def test_status_and_transparency_decide(busy: BusyTimes, lines: str, kind: str) -> None:
    assert busy(AT_ELEVEN + lines) == {"free": [], "busy": [TIME]}.get(kind, [f"{TIME} {kind}"])


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org", "busy"),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org", "free"),
        ("ATTENDEE;PARTSTAT=declined:MAILTO:Ada@Example.ORG", "free"),
        ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:ada@example.org", "tentative"),
        ("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ada@example.org", "unanswered"),
        ("ATTENDEE:mailto:ada@example.org", "unanswered"),
        ("ATTENDEE;PARTSTAT=DELEGATED:mailto:ada@example.org", "busy"),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org", "busy"),
        ("ATTENDEE;PARTSTAT=DECLINED;EMAIL=ada@example.org:urn:uuid:1", "free"),
        ('ATTENDEE;CN="A, B; C: D";PARTSTAT=DECLINED:mailto:ada@example.org', "free"),
        (
            "ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org",
            "busy",
        ),
        ("ORGANIZER:mailto:ada@example.org\nATTENDEE:mailto:ada@example.org", "busy"),
        ("ORGANIZER:mailto:ada@example.org\nATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org", "free"),
        ("STATUS:TENTATIVE\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org", "tentative"),
        ("STATUS:TENTATIVE\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ada@example.org", "unanswered"),
    ],
)
def test_the_owners_own_answer_decides(busy: BusyTimes, lines: str, kind: str) -> None:
    expected = {"free": [], "busy": [TIME]}.get(kind, [f"{TIME} {kind}"])

    assert busy(AT_ELEVEN + lines, owner=ADA) == expected


def test_without_an_owner_nobodys_answer_counts(busy: BusyTimes) -> None:
    assert busy(AT_ELEVEN + "ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org") == [TIME]


@pytest.mark.parametrize("line", ["ATTENDEE;PARTSTAT", "STATUS;X=", "TRANSP;;:TRANSPARENT", 'ATTENDEE;A="b:c'])
def test_a_broken_line_that_could_only_free_the_time_is_left_out(busy: BusyTimes, line: str) -> None:
    assert busy(AT_ELEVEN + line, owner=ADA) == [TIME]


def test_an_occurrence_that_was_declined_alone_is_free_alone(busy: BusyTimes) -> None:
    events = """BEGIN:VEVENT
        UID:a
        DTSTART:20260310T110000Z
        DURATION:PT1H
        RRULE:FREQ=DAILY;COUNT=3
        ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org
        END:VEVENT
        BEGIN:VEVENT
        UID:a
        RECURRENCE-ID:20260311T110000Z
        DTSTART:20260311T110000Z
        DURATION:PT1H
        ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org
        END:VEVENT"""

    assert busy(events, "", owner=ADA) == [TIME, "03-12 11:00 - 03-12 12:00"]
