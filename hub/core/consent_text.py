"""What is asked before an account is connected, as the exact text that is shown: from a template and declared facts.

The text is kept by the SHA-256 of its bytes. So another template, or a plugin that declares other purposes or data, is
another text, and what somebody agreed to is what they read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from hub.core.consent_record import data_of, withdrawable
from hub.core.provider import ConnectLevel, DataCategory, Provider, Revocation
from hub.core.purpose import Purpose

TEMPLATE = "account-3"
"""The version of the words in this file. Change it with them."""

LANGUAGE = "en"

SEES, CANNOT = "What the hub sees and does", "What it cannot do"
"""The headings of what a level says of itself: a page may show it beside the level."""

_PURPOSES = {
    Purpose.CONNECT: "Connect the account and see that it answers",
    Purpose.SHOW_CALENDARS: "Show the account's calendars, so that you can choose",
    Purpose.CHECK_AVAILABILITY: "Find out when the chosen calendars are free",
    Purpose.PREVENT_CONFLICTS: "Keep bookings away from times at which they are busy",
    Purpose.CREATE_EVENT: "Write appointments into the calendar that you choose",
    Purpose.UPDATE_EVENT: "Move those appointments when they change",
    Purpose.CANCEL_EVENT: "Take those appointments out when they are cancelled",
    Purpose.PROTECT: "Find faults, prevent misuse, and do what the law asks",
    Purpose.SEND_MESSAGE: "Send messages about appointments and accounts",
}
_DATA = {
    DataCategory.ACCOUNT: "the account's name",
    DataCategory.CALENDAR_LIST: "the list of calendars",
    DataCategory.AVAILABILITY: "busy times",
    DataCategory.EVENTS: "events",
    DataCategory.MESSAGES: "messages",
    DataCategory.CONTACTS: "contacts",
}
_ENDS = {
    Revocation.TOKEN: "This permission is ended at {provider} as well.",
    Revocation.GRANT: "The permission is ended at {provider} as well, with every other one of this agency there.",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it: paragraphs, or points of a list."""

    heading: str
    lines: tuple[str, ...]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A text to agree to. ``text`` is all of it, as it is kept; ``hash`` is SHA-256 of its bytes, in hexadecimal."""

    title: str
    sections: tuple[Section, ...]
    language: str = LANGUAGE
    template: str = TEMPLATE

    @property
    def text(self) -> str:
        """The title, and each section under its heading, with a blank line before each."""
        parts = [self.title]
        for one in self.sections:
            mark = "- " if one.is_list else ""
            parts.append("\n".join([one.heading, *(f"{mark}{line}" for line in one.lines)]))
        return "\n\n".join(parts) + "\n"

    @property
    def hash(self) -> str:
        """What the text is known by."""
        return hash_text(self.text)


def hash_text(text: str) -> str:
    """Return SHA-256 of a text's bytes in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def consent_text(agency: str, business: str, provider: Provider, level: ConnectLevel) -> ConsentText:
    """Return what is asked before an account at ``provider`` is connected at ``level``. Equal facts, equal text."""
    data = data_of(provider, level)
    return ConsentText(
        f"May an account at {provider.title} be used?",
        (
            Section("Who asks", (_who(agency, business),)),
            Section("Which account", (f"One that you have at {provider.title}. {_dot(level.title)}",)),
            *(
                Section(heading, tuple(map(_dot, lines)), is_list=True)
                for heading, lines in ((SEES, level.sees), (CANNOT, level.cannot))
                if lines
            ),
            Section("What for, and what is seen or written", _purposes(provider, level), is_list=True),
            Section("What is kept", _kept(data)),
            Section("How long", ("Until you stop it, or to the end of the last day that you choose with your answer. "
                                 "What was read is deleted then; this consent, and a count of the uses without what "
                                 "was read, are kept as the proof that you may ask for.",)),
            Section("How to stop", _stop(provider, level)),
            Section("If you say no", ("Nothing is connected, and what was agreed to before stays as it is. Your "
                                      "answer is kept.",)),
        ),
    )  # fmt: skip


def _who(agency: str, business: str) -> str:
    if business == agency:
        return f"{agency}, which runs this hub and answers and books appointments for businesses."
    return f"{business}, and {agency}, which answers and books appointments for {business}. Nobody else gets the data."


def _purposes(provider: Provider, level: ConnectLevel) -> tuple[str, ...]:
    return tuple(f"{words}{_seen(provider, one)}." for one, words in _PURPOSES.items() if one in level.purposes)


def _seen(provider: Provider, purpose: Purpose) -> str:
    found = {one.data for one in provider.operations if purpose in one.purposes}
    data = ", ".join(words for one, words in _DATA.items() if one in found)
    return f": {data}" if data else ""


def _kept(data: Collection[str]) -> tuple[str, ...]:
    lines = ["The password or permission is sealed: neither the business nor the agency can read it."]
    if {DataCategory.AVAILABILITY, DataCategory.EVENTS} & set(data):
        lines.append("Of what stands in calendars only when it begins and ends: no titles, no guests, no notes.")
    return tuple(lines)


def _stop(provider: Provider, level: ConnectLevel) -> tuple[str, ...]:
    lines = ["With one button on the page of the account, where you connect it now. No use begins after that."]
    if withdrawable(level.purposes):
        lines.append("Writing appointments can be stopped alone; those that are written stay.")
    if provider.revocation in _ENDS:
        lines.append(_ENDS[provider.revocation].replace("{provider}", provider.title))
    if provider.keeps:
        lines.append(_dot(provider.keeps))
    return tuple(lines)


def _dot(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
