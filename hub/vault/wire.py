"""The frames on the broker's socket: two lengths, a JSON head, a raw body.

Both lengths are judged before anything is read or kept. Nothing is pickled: what a worker writes must not become code
in the process that has the credential root.
"""

from __future__ import annotations

import json
import os
import pwd
import socket
import struct
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hub.core.errors import InputError

MOST_HEAD = 1_000_000
"""Bytes that a head may have: more than the longest URL and the largest headers that the border lets through."""

Head = Mapping[str, Any]

_LENGTHS = struct.Struct("!II")
_PIECE = 1 << 18


class Malformed(Exception):
    """What came is no frame that our other end sends, or it broke off: the connection is to be closed."""


class TooLarge(Exception):
    """A frame of ours is larger than the other end takes; nothing was written."""


def pack(head: Head, body: bytes, most_body: int) -> bytes:
    """Return a frame as bytes. Raises TooLarge."""
    text = json.dumps(head, separators=(",", ":")).encode("ascii")
    if len(text) > MOST_HEAD or len(body) > most_body:
        raise TooLarge
    return b"".join((_LENGTHS.pack(len(text), len(body)), text, body))


def take(sock: socket.socket, most_body: int) -> tuple[Head, bytes] | None:
    """Return the head and body of the next frame; None when the other end has hung up before it.

    Raises Malformed, and OSError (TimeoutError as the socket is set).
    """
    begun = sock.recv(_LENGTHS.size)
    if not begun:
        return None
    size, more = _LENGTHS.unpack(begun + _exactly(sock, _LENGTHS.size - len(begun)))
    if size > MOST_HEAD or more > most_body:
        raise Malformed("a length over the limit")
    return _head(_exactly(sock, size)), _exactly(sock, more)


def is_known_user(sock: socket.socket, others: Collection[int] = ()) -> bool:
    """Tell whether the other end of a Unix socket is a process of our own user or of one of these, by their uids.

    Linux says who it is (SO_PEERCRED, unix(7)); elsewhere the folder around the socket decides alone.
    """
    if sys.platform != "linux":
        return True
    _, user, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return user == os.geteuid() or user in others


def user_ids(names: Iterable[str]) -> frozenset[int]:
    """Return the uids of users of this machine, given by name or number (``HUB_BROKER_USERS``). Raises InputError."""
    found = set()
    for one in names:
        try:
            found.add(int(one) if one.isdecimal() else pwd.getpwnam(one).pw_uid)
        except KeyError:
            raise InputError("setting broker_users", f"this machine has no user {one!r} (HUB_BROKER_USERS).") from None
    return frozenset(found)


def _exactly(sock: socket.socket, size: int) -> bytes:
    """Read in pieces: a length that is only claimed costs no memory."""
    found = bytearray()
    while len(found) < size:
        piece = sock.recv(min(size - len(found), _PIECE))
        if not piece:
            raise Malformed("it broke off")
        found += piece
    return bytes(found)


def _head(text: bytes) -> Head:
    head: object = None
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict):
        raise Malformed("no JSON object")
    return head
