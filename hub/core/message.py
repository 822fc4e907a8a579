"""What crosses the border about messages: one that is to be sent, and what its provider said."""

from __future__ import annotations

from dataclasses import dataclass

from hub.core.errors import InputError


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One message to hand over, as it is to arrive.

    ``sender`` and ``recipients`` are the envelope: bare ASCII addresses. ``raw`` is the whole message (RFC 5322) in 7
    bits, lines ending in CR LF. ``message_id`` is its Message-ID without brackets.
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    message_id: str

    def __post_init__(self) -> None:
        if not self.recipients:
            raise InputError("message.recipients", "A message goes to somebody; give at least one address.")
        if not self.raw.isascii():
            raise InputError("message.raw", "A message crosses the border in 7-bit form; encode its parts.")

    def __repr__(self) -> str:
        return f"Message({self.message_id!r})"


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message. ``reference`` is what it calls it, where it says."""

    reference: str = ""
