from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.run.valkey import valkey_running
from hub.settings import load_settings
from hub.web.limits import Limiter, network_of


def test_so_many_are_let_through_and_then_no_more() -> None:
    limiter = Limiter("")
    assert [limiter.hit("3/hour", "a") for _ in range(5)] == [True] * 3 + [False] * 2
    assert limiter.hit("3/hour", "b")
    assert limiter.hit("4/hour", "a")


def test_without_a_rate_nothing_is_counted() -> None:
    limiter = Limiter("")
    assert all(limiter.hit("", "a") for _ in range(1000))


def test_who_is_forgotten_begins_anew_and_others_do_not() -> None:
    limiter = Limiter("")
    for who in ("a", "b"):
        limiter.hit("1/hour", who)
    limiter.forget("1/hour", "a")
    assert limiter.hit("1/hour", "a")
    assert not limiter.hit("1/hour", "b")


def test_what_is_left_is_told_without_counting() -> None:
    limiter = Limiter("")
    assert (limiter.room("3/minute", "a").left, limiter.room("3/minute", "a").left) == (3, 3)
    for left in (2, 1, 0, 0):
        limiter.hit("3/minute", "a")
        found = limiter.room("3/minute", "a")
        assert (found.most, found.window, found.left) == (3, 60, left)
        assert 0 < found.seconds <= 120
    assert limiter.room("3/minute", "b").left == 3


def test_names_that_run_together_are_told_apart() -> None:
    limiter = Limiter("")
    assert limiter.hit("1/hour", "a", "b")
    assert limiter.hit("1/hour", "ab")


def test_processes_count_together_and_each_by_itself_while_the_server_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    one, other = Limiter(settings.queue), Limiter(settings.queue)
    with valkey_running(settings):
        assert one.hit("2/hour", "a")
        assert other.hit("2/hour", "a")
        assert not one.hit("2/hour", "a")
        assert not other.hit("2/hour", "a")
        other.forget("2/hour", "a")
        assert one.hit("2/hour", "a")
    assert [one.hit("2/hour", "a") for _ in range(3)] == [True, True, False]
    assert other.hit("2/hour", "a")
    assert sum("in this process alone" in message for message in caplog.messages) == 2  # once each, not at every hit


def test_when_the_server_is_back_it_counts_again(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    limiter = Limiter(settings.queue)
    assert limiter.hit("1/hour", "a")
    assert not limiter.hit("1/hour", "a")
    with valkey_running(settings):
        limiter._away_until = 0.0
        assert limiter.hit("1/hour", "a")
        assert not Limiter(settings.queue).hit("1/hour", "a")


def test_hits_at_once_are_each_counted() -> None:
    limiter, start = Limiter(""), threading.Barrier(8)

    def hit(_: int) -> bool:
        start.wait()
        return limiter.hit("5/hour", "a")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(hit, range(8))) == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("203.0.113.7, 198.51.100.1", "unknown"),
    ],
)
def test_an_address_counts_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
