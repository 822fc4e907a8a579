from __future__ import annotations

import dataclasses
import threading

from hub.core.errors import Unavailable
from hub.jobs.lease import SECONDS, Lease
from hub.parts import Hub
from hub.store.database import Database
from tests.jobs.conftest import Clock


def test_one_of_many_gets_a_lease_that_nobody_had(hub: Hub) -> None:
    together = threading.Barrier(8)
    got = []

    def take() -> None:
        lease = Lease(hub, "clock")
        together.wait()
        got.append(lease.hold())

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_a_lease_is_kept_as_long_as_it_is_renewed(hub: Hub, clock: Clock) -> None:
    first, second = Lease(hub, "clock"), Lease(hub, "clock")
    assert first.hold()
    for _ in range(3 * SECONDS):
        clock.now += 1
        assert first.hold()
        assert not second.hold()


def test_a_lease_that_lapsed_goes_to_the_next_and_the_first_learns_it(hub: Hub, clock: Clock) -> None:
    first, second = Lease(hub, "clock"), Lease(hub, "clock")
    first.hold()
    clock.now += SECONDS + 1
    assert not first.held
    assert second.hold()
    assert not first.hold()


def test_a_lease_that_was_given_back_is_free_at_once(hub: Hub, clock: Clock) -> None:
    first, second = Lease(hub, "clock"), Lease(hub, "clock")
    first.hold()
    first.release()
    assert not first.held
    assert second.hold()
    first.release()  # of no effect: it is not the first's any more
    clock.now += 1
    assert second.hold()


def test_leases_of_other_names_do_not_matter(hub: Hub) -> None:
    assert Lease(hub, "clock").hold()
    assert Lease(hub, "broker").hold()


def test_asking_often_writes_seldom(hub: Hub, clock: Clock) -> None:
    writes = []

    class Counting:
        def writing(self) -> object:
            writes.append(clock.now)
            return hub.database.writing()

    lease = Lease(dataclasses.replace(hub, database=Counting()), "clock")  # type: ignore[arg-type]
    for _ in range(100):
        lease.hold()
    assert len(writes) == 1


def test_a_database_out_of_reach_costs_the_lease_only_when_it_lapses(hub: Hub, clock: Clock) -> None:
    class Down:
        def writing(self) -> Database:
            raise Unavailable("The database cannot be used now.")

    lease = Lease(hub, "clock")
    assert lease.hold()
    lease._hub = dataclasses.replace(hub, database=Down())  # type: ignore[arg-type]
    clock.now += SECONDS - 1
    assert lease.hold()
    clock.now += 1
    assert not lease.hold()
