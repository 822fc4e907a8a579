"""Frames on a socket pair: whole, in pieces, cut, too long, and garbage."""

from __future__ import annotations

import os
import socket
import struct
import threading
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.vault.wire import MOST_HEAD, Head, Malformed, TooLarge, is_known_user, pack, take, user_ids

Pair = tuple[socket.socket, socket.socket]
MOST = 1_000


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    near.settimeout(5)
    with near, far:
        yield near, far


def said(pair: Pair, content: bytes) -> tuple[Head, bytes] | None:
    """What is taken when the other end writes this and hangs up."""
    near, far = pair
    writer = threading.Thread(target=lambda: (far.sendall(content), far.shutdown(socket.SHUT_WR)))
    writer.start()
    try:
        return take(near, MOST)
    finally:
        near.shutdown(socket.SHUT_RD)
        writer.join()


texts = st.text(st.characters(), max_size=40)


@given(head=st.dictionaries(texts, texts | st.integers() | st.none() | st.lists(texts)), body=st.binary(max_size=MOST))
def test_what_is_packed_is_taken(head: dict[str, object], body: bytes) -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(pack(head, body, MOST) + pack({}, b"next", MOST))
        assert take(near, MOST) == (head, body)
        assert take(near, MOST) == ({}, b"next")


def test_a_frame_may_come_in_pieces(pair: Pair) -> None:
    near, far = pair
    content = pack({"a": "é"}, b"body", MOST)

    def drip() -> None:
        for number in range(len(content)):
            far.send(content[number : number + 1])

    thread = threading.Thread(target=drip)
    thread.start()
    assert take(near, MOST) == ({"a": "é"}, b"body")
    thread.join()


def test_an_end_before_a_frame_is_no_fault(pair: Pair) -> None:
    assert said(pair, b"") is None


@pytest.mark.parametrize("length", range(1, 22))
def test_a_frame_that_breaks_off_is_malformed(pair: Pair, length: int) -> None:
    content = pack({"a": 1}, b"body", MOST)
    assert len(content) > 18
    with pytest.raises(Malformed):
        said(pair, content[: min(length, len(content) - 1)])


@pytest.mark.parametrize(
    "head",
    [b"", b"[]", b"1", b"null", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 100_000, b"9" * 10_000],
    ids=lambda head: head[:8].decode("latin-1") + f" {len(head)}",
)
def test_a_head_that_is_no_json_object_is_malformed(pair: Pair, head: bytes) -> None:
    with pytest.raises(Malformed):
        said(pair, struct.pack("!II", len(head), 0) + head)


@pytest.mark.parametrize("lengths", [(MOST_HEAD + 1, 0), (0, MOST + 1), (2, 200_000_000), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_a_length_over_the_limit_is_refused_before_anything_is_read_or_kept(pair: Pair, lengths: Pair) -> None:
    near, far = pair
    far.sendall(struct.pack("!II", *lengths) + b"{}")
    tracemalloc.start()
    with pytest.raises(Malformed, match="limit"):
        take(near, MOST)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100_000
    assert near.recv(2) == b"{}"


def test_a_length_within_the_limit_that_is_only_claimed_costs_no_memory(pair: Pair) -> None:
    near, far = pair
    far.sendall(struct.pack("!II", 2, 200_000_000) + b"{}")
    far.shutdown(socket.SHUT_WR)
    tracemalloc.start()
    with pytest.raises(Malformed):
        take(near, 300_000_000)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1_000_000


@pytest.mark.parametrize(("head", "body"), [({}, b"x" * (MOST + 1)), ({"a": "x" * MOST_HEAD}, b"")])
def test_what_the_other_end_would_not_take_is_not_packed(head: Head, body: bytes) -> None:
    with pytest.raises(TooLarge):
        pack(head, body, MOST)


def test_a_pause_in_the_middle_is_a_time_out(pair: Pair) -> None:
    near, far = pair
    near.settimeout(0.05)
    far.sendall(pack({"a": 1}, b"body", MOST)[:-1])
    with pytest.raises(TimeoutError):
        take(near, MOST)


def test_the_user_at_the_other_end_is_known(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_known_user(pair[0])
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert not is_known_user(pair[0])
    assert not is_known_user(pair[0], {other})
    assert is_known_user(pair[0], {other - 1})


def test_users_are_given_by_name_or_number_and_an_unknown_one_is_said() -> None:
    assert user_ids(("root", "10001")) == {0, 10001}
    with pytest.raises(InputError, match="no user 'nobody-here'"):
        user_ids(("nobody-here",))
