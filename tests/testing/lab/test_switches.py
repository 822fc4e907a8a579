"""Faults: one at a time, for the requests that are meant, as often as was said."""

from __future__ import annotations

import threading

from hub.testing.lab.switches import Fault, Switches


def test_a_fault_holds_for_the_paths_and_methods_that_are_meant() -> None:
    switches = Switches()
    switches.turn(Fault.DOWN, path="/events", methods=frozenset({"POST"}))
    assert switches.takes("POST", "/calendars/a/events", Fault.DOWN) is Fault.DOWN
    assert switches.takes("GET", "/calendars/a/events", Fault.DOWN) is None
    assert switches.takes("POST", "/token", Fault.DOWN) is None


def test_a_fault_holds_as_often_as_was_said() -> None:
    switches = Switches()
    switches.turn(Fault.TOO_MANY, times=2)
    assert [switches.takes("GET", "/", Fault.TOO_MANY) for _ in range(3)] == [Fault.TOO_MANY, Fault.TOO_MANY, None]


def test_asking_for_another_fault_does_not_use_it_up() -> None:
    switches = Switches()
    switches.turn(Fault.TOO_MANY, times=1)
    assert switches.takes("GET", "/", Fault.DOWN) is None
    assert switches.takes("GET", "/", Fault.DOWN, Fault.TOO_MANY) is Fault.TOO_MANY


def test_a_fault_for_a_while_ends_with_its_block() -> None:
    switches = Switches()
    with switches.on(Fault.SLOW):
        assert switches.takes("GET", "/", Fault.SLOW) is Fault.SLOW
    assert switches.takes("GET", "/", Fault.SLOW) is None


def test_who_waits_on_a_slow_provider_goes_on_as_soon_as_it_is_slow_no_more() -> None:
    switches = Switches(seconds=60)
    switches.turn(Fault.SLOW)
    waiting = threading.Thread(target=switches.linger, daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    switches.turn(None)
    waiting.join(5)
    assert not waiting.is_alive()
