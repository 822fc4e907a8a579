"""A mail that came back, read: which one it was, and whether it is final (RFC 3464, RFC 6522).

It is written by any server on the way, so it is hostile text: everything that is looked for is short and in a known
place, and a report that is not about a mail of ours finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from hub.core.errors import InputError

LARGEST = 2_000_000
"""Bytes of a mail that is read."""

_MOST_PARTS = 50
_MESSAGE_ID = re.compile(r"<([!-;=?-~]{1,250}@[!-;=?-~]{1,250})>")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Returned:
    """What a report says. ``message_ids`` may be of the mail that came back, the likeliest first, without brackets.

    ``status`` is the enhanced code (RFC 3463) or empty.
    """

    message_ids: tuple[str, ...]
    status: str


def read_bounce(raw: bytes) -> Returned | None:
    """Return what a delivery report says; None when it reports no final failure (a delay, or a success).

    Raises InputError for something that is no delivery report at all.
    """
    if len(raw) > LARGEST:
        raise InputError("mail", f"This is larger than a delivery report can be ({LARGEST} bytes).")
    report = message_from_bytes(raw)
    if report.get_content_type() != "multipart/report" or not report.is_multipart():
        raise InputError("mail", "This is no delivery report (multipart/report, RFC 3464).")
    parts = list(_parts(report))
    fields = [part for part in parts if part.get("Action")]
    failed = [part for part in fields if str(part["Action"]).strip().lower() == "failed"]
    if not failed:
        return None
    status = _STATUS.search(str(failed[0].get("Status", "")))
    return Returned(tuple(dict.fromkeys(_ids(report, parts))), status[1] if status else "")


def _ids(report: Message, parts: list[Message]) -> Iterator[str]:
    for part in parts:
        if part is not report and part.get("Message-ID"):
            yield from _MESSAGE_ID.findall(str(part["Message-ID"]))
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":  # the headers of our mail as text
            text = part.get_payload()
            yield from _ids_in(text if isinstance(text, str) else "")
    for name in ("In-Reply-To", "References"):
        yield from _MESSAGE_ID.findall(str(report.get(name, "")))


def _ids_in(text: str) -> Iterator[str]:
    for line in text[:20_000].replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ").split("\n"):
        if line.lower().startswith("message-id:"):
            yield from _MESSAGE_ID.findall(line)


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts within each other, a bounded number of them."""
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            return
        yield part
