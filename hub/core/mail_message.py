"""A mail as bytes: plain text first, the same text as simple HTML, an invitation where there is one (RFC 5322).

Every header is built by the standard library from values that were checked; a line break in one is refused. The HTML
holds the escaped text and the hub's own links: nothing is fetched from anywhere, and no text becomes an element.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from hub.core.errors import InputError
from hub.core.mail_address import check_address, shown_name

_POLICY = SMTP.clone(cte_type="7bit")
_STYLE = "font-family: sans-serif; font-size: 16px; line-height: 1.5; color: #1f2328; max-width: 40em"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and a bare ASCII address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An iCalendar object for the reader's calendar (RFC 6047). ``method`` is REQUEST or CANCEL."""

    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail before it is bytes. ``links`` are the hub's own, which become links in the HTML."""

    sender: Mailbox
    to: Mailbox
    reply_to: Mailbox | None
    subject: str
    body: str
    links: tuple[str, ...] = ()
    invitation: Invitation | None = None


def compose(letter: Letter, message_id: str, now: int) -> bytes:
    """Return the mail in 7 bits, lines ending in CR LF. Raises InputError for an address or header that cannot be."""
    if any(one in text for text in (letter.subject, message_id) for one in "\r\n\0"):
        raise InputError("subject", "A header of a mail is one line; take the line breaks out.")
    message = EmailMessage(_POLICY)
    message["From"] = _address(letter.sender)
    message["To"] = _address(letter.to)
    if letter.reply_to is not None:
        message["Reply-To"] = _address(letter.reply_to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{message_id}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers to it
    message.set_content(letter.body + "\n")
    message.add_alternative(as_html(letter), subtype="html")
    if letter.invitation is not None:
        method = {"method": letter.invitation.method}
        message.add_alternative(letter.invitation.content.decode(), subtype="calendar", params=method)
    return message.as_bytes()


def recipient_of(raw: bytes) -> str:
    """Return the address to which a mail of ours is written."""
    found = message_from_bytes(raw, policy=SMTP)["To"].addresses[0].addr_spec
    assert isinstance(found, str)
    return found


def as_read(raw: bytes) -> bytes:
    """Return what readers of a mail get to see, headers and every part, without the codings of the way there."""
    message = message_from_bytes(raw, policy=SMTP)
    parts = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
    return "\n".join([*(str(value) for value in message.values()), *parts]).encode()


def readdressed(raw: bytes, sender: Mailbox, now: int) -> bytes:
    """Return a mail of ours with another sender and of another time; as it is if it has that address already.

    Its name stays where the new sender has none.
    """
    message = message_from_bytes(raw, policy=_POLICY)
    old = message["From"].addresses[0]
    if old.addr_spec == sender.address:
        return raw
    message.replace_header("From", _address(Mailbox(sender.name or old.display_name, sender.address)))
    message.replace_header("Date", format_datetime(datetime.fromtimestamp(now, UTC)))
    return message.as_bytes()


def as_html(letter: Letter) -> str:
    """Return the body of a letter as a page of paragraphs."""
    paragraphs = [one for one in re.split(r"\n{2,}", letter.body) if one.strip()]
    inner = "\n".join(f"<p>{_line(one, letter.links)}</p>" for one in paragraphs)
    head = f'<meta charset="utf-8"><title>{html.escape(letter.subject)}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body style="{_STYLE}">\n{inner}\n</body></html>\n'


def _line(text: str, links: tuple[str, ...]) -> str:
    if not links:
        return html.escape(text).replace("\n", "<br>\n")
    parts = re.split("(" + "|".join(re.escape(link) for link in links) + ")", text)
    return "".join(
        f'<a href="{html.escape(part)}">{html.escape(part)}</a>'
        if part in links
        else html.escape(part).replace("\n", "<br>\n")
        for part in parts
    )


def _address(mailbox: Mailbox) -> Address:
    return Address(shown_name(mailbox.name), addr_spec=check_address(mailbox.address))
