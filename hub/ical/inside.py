"""The child's side: answers one request after another on its standard input, and ends with its parent.

Frames, both ways: two lengths (unsigned, 32 bits, network order), a head in JSON, a raw body. No pickle: the parent
must be able to trust the shape of an answer from a process that reads hostile text.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import struct
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from hub.core.calendar import Window
from hub.ical.budget import Budget
from hub.ical.expand import busy_in, event_in

LENGTHS = struct.Struct(">II")

_LOOK_FOR_PARENT = 1.0


def main() -> None:
    """Serve until the parent is gone. Arguments: the parent's process id, the address space in bytes."""
    parent, memory = int(sys.argv[1]), int(sys.argv[2])
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with socket.socket(fileno=0) as door:
        door.settimeout(_LOOK_FOR_PARENT)
        send(door, {"ready": True}, b"")
        while True:
            head, body = receive(door, waiting=lambda: os.getppid() == parent)
            answer, healthy = _answer(head, body)
            send(door, answer, b"")
            if not healthy:
                return


def send(door: socket.socket, head: dict[str, Any], body: bytes) -> None:
    """Send one frame. Raises OSError, also TimeoutError, where the other side does not take it."""
    text = json.dumps(head).encode()
    door.sendall(LENGTHS.pack(len(text), len(body)) + text + body)


def receive(door: socket.socket, waiting: Callable[[], bool] = lambda: False) -> tuple[dict[str, Any], bytes]:
    """Return one frame. ``waiting`` is asked at each time-out whether to go on; the first no raises TimeoutError.

    Raises EOFError where the other side has gone.
    """
    first, second = LENGTHS.unpack(_exactly(door, LENGTHS.size, waiting))
    head = json.loads(_exactly(door, first, waiting))
    return head, _exactly(door, second, waiting)


def _exactly(door: socket.socket, size: int, waiting: Callable[[], bool]) -> bytes:
    found = bytearray()
    while len(found) < size:
        try:
            part = door.recv(min(size - len(found), 1 << 18))
        except TimeoutError:
            if waiting():
                continue
            raise
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _answer(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bool]:
    """Return the answer, and whether this process is still fit for another request."""
    budget = Budget(**head["budget"])
    # The kernel counts whole seconds over the life of the process, so the limit moves on with each object.
    limit = int(time.process_time()) + 1 + budget.cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        return _ANSWERS[head["ask"]](head, body, budget), True
    except MemoryError:
        return {"unreadable": "memory"}, False
    except Exception as problem:  # whatever foreign text makes a library raise: the object is unreadable
        return {"unreadable": type(problem).__name__}, True


def _busy(head: dict[str, Any], body: bytes, budget: Budget) -> dict[str, Any]:
    window = Window(head["start"], head["end"])
    found = busy_in(body, window, head["zone"], frozenset(head["owner"]), budget)
    return {"busy": [(busy.start, busy.end, busy.kind, busy.uid) for busy in found]}


def _event(head: dict[str, Any], body: bytes, budget: Budget) -> dict[str, Any]:
    return {"event": event_in(body, head["uid"], head["zone"])}


_ANSWERS = {"busy": _busy, "event": _event}

if __name__ == "__main__":
    main()
