from __future__ import annotations

import socket
import threading

import pytest

from hub.ical.inside import LENGTHS, receive, send


def test_a_frame_arrives_as_it_was_sent() -> None:
    here, there = socket.socketpair()
    body = bytes(range(256)) * 4_000
    with here, there:
        sender = threading.Thread(target=send, args=(here, {"ask": "ü"}, body))
        sender.start()

        assert receive(there) == ({"ask": "ü"}, body)
        sender.join()


def test_the_end_of_the_other_side_is_told_from_silence() -> None:
    here, there = socket.socketpair()
    with there:
        there.settimeout(0.05)
        here.sendall(LENGTHS.pack(5, 0) + b"{")
        with pytest.raises(TimeoutError):
            receive(there)
        here.close()
        with pytest.raises(EOFError):
            receive(there)


def test_who_waits_is_asked_whether_to_go_on() -> None:
    here, there = socket.socketpair()
    answers = iter([True, True, False])
    with here, there:
        there.settimeout(0.01)

        with pytest.raises(TimeoutError):
            receive(there, waiting=lambda: next(answers))
    assert next(answers, "all asked") == "all asked"
