from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from hub.core.consent_text import CANNOT, SEES, TEMPLATE, consent_text
from hub.core.provider import ConnectLevel, DataCategory, Operation, Provider, Revocation
from hub.core.purpose import CALENDAR_PURPOSES, Purpose

READ = frozenset({Purpose.CHECK_AVAILABILITY, Purpose.PREVENT_CONFLICTS})
LEVEL = ConnectLevel("full", "Read busy times, and write events", CALENDAR_PURPOSES)
PROVIDER = Provider(
    "dav",
    "Some DAV",
    (
        Operation("busy", "REPORT", "{connection}", "/{rest+}", READ, DataCategory.AVAILABILITY),
        Operation("write", "PUT", "{connection}", "/{rest+}", frozenset({Purpose.CREATE_EVENT}), DataCategory.EVENTS),
    ),
    (LEVEL,),
    Revocation.TOKEN,
    "Events stay",
)
TEXT = consent_text("Ada's agency", "Ben's salon", PROVIDER, LEVEL)


def test_a_text_says_who_asks_for_what_why_how_long_and_how_to_stop() -> None:
    headings = [one.heading for one in TEXT.sections]
    assert headings == [
        "Who asks",
        "Which account",
        "What for, and what is seen or written",
        "What is kept",
        "How long",
        "How to stop",
        "If you say no",
    ]
    for part in (
        "Ben's salon, and Ada's agency",
        "Some DAV. Read busy times, and write events.",
        "- Find out when the chosen calendars are free: busy times.\n",
        "- Write appointments into the calendar that you choose: events.\n",
        "no titles, no guests, no notes",
        "With one button",
        "Writing appointments can be stopped alone",
        "ended at Some DAV as well",
        "Events stay.\n",
    ):
        assert part in TEXT.text, part


def test_the_hash_is_of_the_very_bytes_that_are_shown() -> None:
    assert TEXT.hash == sha256(TEXT.text.encode()).hexdigest()
    assert all(line in TEXT.text for one in TEXT.sections for line in (one.heading, *one.lines))


def test_equal_facts_are_an_equal_text() -> None:
    assert consent_text("Ada's agency", "Ben's salon", PROVIDER, LEVEL).hash == TEXT.hash


@pytest.mark.parametrize(
    "provider",
    [
        replace(PROVIDER, title="Other DAV"),
        replace(PROVIDER, keeps="Nothing stays"),
        replace(PROVIDER, revocation=Revocation.NONE),
        replace(PROVIDER, operations=PROVIDER.operations[:1]),
        replace(PROVIDER, operations=(replace(PROVIDER.operations[0], data=DataCategory.EVENTS),)),
    ],
    ids=["title", "keeps", "revocation", "operations", "data"],
)
def test_a_plugin_that_declares_something_else_is_asked_for_anew(provider: Provider) -> None:
    assert consent_text("Ada's agency", "Ben's salon", provider, LEVEL).hash != TEXT.hash


@pytest.mark.parametrize("purpose", sorted(CALENDAR_PURPOSES))
def test_each_purpose_more_or_less_is_another_text(purpose: Purpose) -> None:
    less = replace(LEVEL, purposes=CALENDAR_PURPOSES - {purpose})
    assert consent_text("Ada's agency", "Ben's salon", PROVIDER, less).hash != TEXT.hash


def test_what_a_level_says_of_itself_is_part_of_what_is_agreed_to() -> None:
    told = replace(LEVEL, sees=("Busy times",), cannot=("Read titles.",))
    text = consent_text("Ada's agency", "Ben's salon", PROVIDER, told).text
    assert f"{SEES}\n- Busy times.\n\n{CANNOT}\n- Read titles.\n" in text


def test_what_cannot_be_withdrawn_alone_is_not_promised() -> None:
    sends = replace(LEVEL, purposes=frozenset({Purpose.CONNECT, Purpose.SEND_MESSAGE}))
    text = consent_text("Ada's agency", "Ada's agency", PROVIDER, sends).text
    assert "stopped alone" not in text
    assert "no titles" not in text
    assert "Ada's agency, which runs this hub" in text


def test_the_words_of_this_version_are_those_that_were_agreed_to() -> None:
    """Other words are another version: change the name of the template, and this hash, with them."""
    assert (TEMPLATE, TEXT.hash[:16]) == ("account-3", "bcca633210352c06")
    told = replace(LEVEL, sees=("Busy times.",), cannot=("Read titles",))
    assert consent_text("A", "B", PROVIDER, told).hash[:16] == "1cdc641b1fbe466f"
