from __future__ import annotations

import pytest
from sqlalchemy import func, select

from hub.actions.api_keys import end_key, make_key
from hub.actions.forget import ADDRESS_DAYS, EVENT_DAYS, SIGN_IN_DAYS, cut_addresses, forget_events, forget_sign_ins
from hub.actions.record import record
from hub.actions.reset import ask_reset
from hub.actions.sessions import LONGEST, sign_out
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.store.security import SecurityEvent
from hub.store.sign_in import ApiKey, ConsoleSession, OneTimeLink
from tests.accounts import ADA, VISIT, enter, own
from tests.world import DAY, HOUR, World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return world.hub


def addresses(hub: Hub) -> set[str]:
    with hub.database.reading() as conn:
        return set(conn.scalars(select(SecurityEvent.address)))


def count(hub: Hub, table: type) -> int:
    with hub.database.reading() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def test_after_ninety_days_addresses_are_cut_to_their_networks_and_still_recognised(hub: Hub, world: World) -> None:
    for address in ("203.0.113.7", "2001:db8:1:2::3", "::ffff:203.0.113.9", "", "no address"):
        record(hub, Visit(address=address), Kind.BAD_LINK)
    with hub.database.reading() as conn:
        hashes = conn.scalars(select(SecurityEvent.address_hash).order_by(SecurityEvent.id)).all()
    world.clock.now += ADDRESS_DAYS * DAY
    cut_addresses(hub)
    assert "203.0.113.7" in addresses(hub)
    world.clock.now += 1
    record(hub, Visit(address="192.0.2.1"), Kind.BAD_LINK)
    for _ in range(2):
        cut_addresses(hub)
        assert addresses(hub) == {"203.0.113.0/24", "2001:db8:1::/48", "", "192.0.2.1"}
    with hub.database.reading() as conn:
        assert conn.scalars(select(SecurityEvent.address_hash).order_by(SecurityEvent.id)).all()[:-1] == hashes


def test_a_cut_address_is_in_no_file_of_the_database(hub: Hub, world: World) -> None:
    if not hub.database.is_sqlite:
        pytest.skip("the files of the server are not ours to read")
    record(hub, Visit(address="198.51.100.77"), Kind.BAD_LINK)
    world.clock.now += ADDRESS_DAYS * DAY + 1
    cut_addresses(hub)
    with hub.database.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in hub.settings.data_dir.glob("hub.sqlite*"):
        assert b"198.51.100.77" not in file.read_bytes()


def test_many_addresses_are_cut_in_slices(hub: Hub, world: World) -> None:
    for number in range(1030):
        record(hub, Visit(address=f"203.0.113.{number % 250}"), Kind.BAD_LINK)
    world.clock.now += ADDRESS_DAYS * DAY + 1
    cut_addresses(hub)
    assert addresses(hub) == {"203.0.113.0/24"}


def test_events_go_after_four_hundred_days(hub: Hub, world: World) -> None:
    record(hub, VISIT, Kind.BAD_LINK)
    before = count(hub, SecurityEvent)
    world.clock.now += EVENT_DAYS * DAY
    forget_events(hub)
    assert count(hub, SecurityEvent) == before
    world.clock.now += 1
    forget_events(hub)
    assert count(hub, SecurityEvent) == 0


def test_sessions_links_and_keys_go_thirty_days_after_their_end(hub: Hub, world: World) -> None:
    ended = enter(hub)
    sign_out(hub, VISIT, ended)
    enter(hub)
    ask_reset(hub, VISIT, ADA)
    by = ended.user
    make_key(hub, VISIT, by, "for good", ["view"], everywhere=True)
    make_key(hub, VISIT, by, "for an hour", ["view"], everywhere=True, until=world.clock() + HOUR)
    key = make_key(hub, VISIT, by, "ended", ["view"], everywhere=True).key
    end_key(hub, VISIT, by, key.id)

    def left() -> tuple[int, int, int]:
        forget_sign_ins(hub)
        return count(hub, ConsoleSession), count(hub, OneTimeLink), count(hub, ApiKey)

    world.clock.now += SIGN_IN_DAYS * DAY
    assert left() == (2, 1, 3)
    world.clock.now += 1
    assert left() == (1, 1, 2)
    world.clock.now += HOUR
    assert left() == (1, 0, 1)
    world.clock.now += LONGEST
    assert left() == (0, 0, 1)
