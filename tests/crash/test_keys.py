"""A process that rotates keys, backs up or restores is killed at each point, and the same call brings it to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from hub.actions.businesses import create_business
from hub.actions.customer_link import customer_token, open_customer_token
from hub.actions.drill import open_everything
from hub.actions.effects import EFFECTS
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.people import Customer, check_customer, find_or_add_person
from hub.actions.replay import replay, sealed_reason
from hub.actions.rotate import SETTLE, Keys, rotate, settle_rotations
from hub.app import close_hub, create_hub
from hub.core.errors import StateError, UnknownId
from hub.core.provider import AuthScheme, Grant
from hub.parts import Hub
from hub.run.backup import DATA, KEYSTORE, back_up, verified
from hub.run.restore import find_copy, restore
from hub.settings import Settings, load_settings
from hub.store.connection import Credential, Granted, add_connection, find_for_call
from hub.store.crash import CrashPoint
from hub.store.guard import Across
from hub.store.ids import new_id
from hub.store.keys import BusinessKey, ConnectionKey, list_root_secrets
from hub.store.person import Person
from hub.store.recovery import find_note
from hub.store.rotation import open_rotation
from hub.vault.credentials import open_credential, store_credential
from hub.vault.root_ring import DOORS, INDEX
from hub.vault.roots import next_file
from tests.crash.harness import run_until_killed
from tests.crash.vault import LAPSED, MUCH_LATER, SOON, ahead, copies
from tests.databases import empty_databases

pytestmark = pytest.mark.crash
PEOPLE = 5


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A hub with people, a staff member and a connected account, in no process."""
    environment = {"HUB_DATA_DIR": str(tmp_path / "data"), "HUB_DATABASE_URL": database_url}
    if database_url.startswith("sqlite"):
        del environment["HUB_DATABASE_URL"]
    made = load_settings(environment)
    hub = create_hub(made)
    business = create_business(hub, "Ada's Practice", "UTC")
    add_staff(hub, business, "Ben", every_weekday("UTC", (540, 1020)), email="ben@example.com")
    for number in range(PEOPLE):
        add(hub, business, number)
    connection, grant = new_id(), Grant(AuthScheme.BASIC, {"username": "ada", "password": "canary"}, (), "ada")
    with hub.database.writing() as conn:
        add_connection(conn, business, connection, "caldav", Granted("calendar", (), ()), hub.clock())
        version = store_credential(conn, hub.keyring, business, connection, grant, hub.clock())
    hub.keyring.raise_watermark(business, connection, version)
    close_hub(hub)
    return made


def add(hub: Hub, business: str, number: int) -> str:
    checked = check_customer(Customer(f"Ada {number}", email=f"ada{number}@example.com"))
    with hub.database.writing() as conn:
        return find_or_add_person(hub, conn, business, checked)


def kill(settings: Settings, scenario: str, point: CrashPoint, count: int = 1) -> None:
    run_until_killed(
        scenario,
        point,
        count,
        data_dir=settings.data_dir,
        database_url=settings.database_url.get_secret_value(),
        module="tests.crash.vault",
        timeout=240,
    )


def looked_at(settings: Settings, look: Callable[[Hub], object], *, seconds: int = 0) -> None:
    hub = create_hub(settings, clock=ahead(seconds))
    try:
        look(hub)
    finally:
        close_hub(hub)


def everything_opens(hub: Hub, people: int = PEOPLE) -> None:
    assert open_everything(hub) == (people, 1)
    with hub.database.reading() as conn:
        (row,) = conn.execute(
            select(Credential.business_id, Credential.connection_id).execution_options(across=Across.OPERATOR)
        ).all()
        found = find_for_call(conn, row.business_id, row.connection_id)
        assert found is not None
    assert open_credential(hub.keyring, row.business_id, row.connection_id, found).secret["password"] == "canary"


def everybody_is_found(hub: Hub) -> None:
    with hub.database.reading() as conn:
        (business,) = conn.execute(
            select(Person.business_id).distinct().execution_options(across=Across.OPERATOR)
        ).scalars()
        known = (
            conn.execute(select(Person.id).where(Person.business_id == business).order_by(Person.id)).scalars().all()
        )
    assert [add(hub, business, number) for number in range(PEOPLE)] == known


def versions(hub: Hub, table: type[BusinessKey] | type[ConnectionKey]) -> set[int]:
    with hub.database.reading() as conn:
        return set(conn.execute(select(table.version).execution_options(across=Across.OPERATOR)).scalars())


ROTATIONS = [
    (Keys.BUSINESS, CrashPoint.ROTATE_KEY_MADE, 1),
    (Keys.BUSINESS, CrashPoint.ROTATE_PEOPLE_BEFORE_COMMIT, 2),
    (Keys.BUSINESS, CrashPoint.ROTATE_PEOPLE_AFTER_COMMIT, 2),
    (Keys.BUSINESS, CrashPoint.ROTATE_TEXTS_BEFORE_COMMIT, 1),
    (Keys.BUSINESS, CrashPoint.ROTATE_TEXTS_AFTER_COMMIT, 1),
    (Keys.BUSINESS, CrashPoint.ROTATE_KEY_DESTROYED, 1),
    (Keys.CONNECTION, CrashPoint.ROTATE_CONNECTION_BEFORE_COMMIT, 1),
    (Keys.CONNECTION, CrashPoint.ROTATE_CONNECTION_AFTER_COMMIT, 1),
    (Keys.INDEX, CrashPoint.ROTATE_VERSION_MADE, 1),
    (Keys.INDEX, CrashPoint.ROTATE_HASHES_BEFORE_COMMIT, 2),
    (Keys.INDEX, CrashPoint.ROTATE_HASHES_AFTER_COMMIT, 2),
    (Keys.INDEX, CrashPoint.ROTATE_VERSION_DESTROYED, 1),
    *(
        (keys, point, 1)
        for keys in (Keys.DATA_ROOT, Keys.CREDENTIAL_ROOT)
        for point in (
            CrashPoint.ROOT_FILE_MADE,
            CrashPoint.ROOT_NEXT_KNOWN,
            CrashPoint.ROOT_WRAPPED,
            CrashPoint.ROOT_TAKEN,
            CrashPoint.ROOT_OLD_KEPT,
        )
    ),
]


@pytest.mark.parametrize(("keys", "point", "count"), ROTATIONS)
def test_a_rotation_that_was_killed_leaves_everything_readable_and_is_ended_by_the_same_call(
    settings: Settings, keys: Keys, point: CrashPoint, count: int
) -> None:
    kill(settings, keys, point, count)
    looked_at(settings, everything_opens)
    looked_at(settings, everybody_is_found, seconds=SOON + SETTLE)

    def again(hub: Hub) -> None:
        progress = rotate(hub, keys)
        assert progress is not None
        assert progress.broken == 0

    looked_at(settings, again, seconds=MUCH_LATER)
    looked_at(settings, lambda hub: rotate(hub, Keys.INDEX, open_only=True), seconds=MUCH_LATER + SETTLE)  # it waited
    looked_at(settings, settle_rotations, seconds=MUCH_LATER + SETTLE + 10)

    def ended(hub: Hub) -> None:
        everything_opens(hub)
        everybody_is_found(hub)
        with hub.database.reading() as conn:
            assert open_rotation(conn, keys) is None
            assert len(list_root_secrets(conn, INDEX)) <= 1
        assert len(versions(hub, BusinessKey)) == len(versions(hub, ConnectionKey)) == 1

    looked_at(settings, ended)
    if keys.root is not None:
        assert not next_file(settings, keys.root).exists()


@pytest.mark.parametrize("point", [CrashPoint.ROTATE_VERSION_MADE, CrashPoint.ROTATE_VERSION_DESTROYED])
def test_a_rotation_of_the_doors_that_was_killed_takes_no_link_away_and_is_ended_by_the_same_call(
    settings: Settings, point: CrashPoint
) -> None:
    tokens: list[str] = []
    looked_at(settings, lambda hub: tokens.append(customer_token(hub, new_id(), new_id())))
    kill(settings, Keys.DOORS, point)

    def works(hub: Hub) -> bool:
        return opens(hub, tokens[-1])

    def before(hub: Hub) -> None:
        assert works(hub) is (point is CrashPoint.ROTATE_VERSION_MADE)
        rotate(hub, Keys.DOORS)

    looked_at(settings, before, seconds=MUCH_LATER + (0 if point is CrashPoint.ROTATE_VERSION_MADE else LAPSED))
    looked_at(settings, settle_rotations, seconds=MUCH_LATER + LAPSED)

    def after(hub: Hub) -> None:
        assert not works(hub)
        assert opens(hub, customer_token(hub, new_id(), new_id()))
        with hub.database.reading() as conn:
            assert [row.name for row in list_root_secrets(conn, DOORS)] == [f"{DOORS}.2"]
            assert open_rotation(conn, Keys.DOORS) is None

    looked_at(settings, after, seconds=MUCH_LATER + LAPSED)


def opens(hub: Hub, token: str) -> bool:
    try:
        open_customer_token(hub, token)
    except UnknownId:
        return False
    return True


@pytest.mark.parametrize("point", [CrashPoint.BACKUP_COPIED, CrashPoint.BACKUP_IN_PLACE])
def test_a_backup_that_was_killed_is_none_and_the_next_one_is_whole(settings: Settings, point: CrashPoint) -> None:
    kill(settings, "back_up", point)

    def not_noted(hub: Hub) -> None:
        with hub.keystore.reading() as keys:
            assert find_note(keys, "backup") is None

    looked_at(settings, not_noted)
    made = back_up(settings, copies(settings), clock=ahead(SOON + 60))
    verified(made.data, DATA)
    verified(made.keystore, KEYSTORE)
    assert not list(copies(settings).glob(".draft-*"))


@pytest.fixture
def restored(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """The same hub, on the database into which a backup of it is put back: on PostgreSQL an empty one."""
    if settings.database.startswith("sqlite"):
        yield settings
        return
    with empty_databases(request.getfixturevalue("postgresql_url"), 1) as (address,):
        yield settings.model_copy(update={"database_url": SecretStr(address)})


@pytest.mark.parametrize("point", [CrashPoint.RESTORE_COPIED, CrashPoint.RESTORE_SEALED, CrashPoint.RESTORE_MOVED])
def test_a_restore_that_was_killed_never_leaves_old_data_unsealed(
    settings: Settings, restored: Settings, point: CrashPoint
) -> None:
    gone = backed_up_and_erased(settings)
    kill(restored, "restore", point)
    if point is not CrashPoint.RESTORE_COPIED:
        looked_at(settings, sealed)
    if settings is not restored and point is CrashPoint.RESTORE_MOVED:
        with pytest.raises(StateError, match="is not empty"):  # it is all there, and only to be replayed
            restore(restored, find_copy(copies(settings)), clock=ahead(SOON + 60))
    else:
        restore(restored, find_copy(copies(settings)), replace=True, clock=ahead(SOON + 60))
    looked_at(restored, sealed)
    looked_at(restored, lambda hub: replay(hub, EFFECTS))
    looked_at(restored, lambda hub: in_order(hub, gone))


def test_a_replay_that_was_killed_leaves_the_hub_sealed_and_is_ended_by_the_same_call(
    settings: Settings, restored: Settings
) -> None:
    gone = backed_up_and_erased(settings)
    restore(restored, copies(settings), replace=True, clock=ahead(SOON))
    kill(restored, "replay", CrashPoint.REPLAY_PERSON)
    looked_at(restored, sealed)
    looked_at(restored, lambda hub: replay(hub, EFFECTS))
    looked_at(restored, lambda hub: in_order(hub, gone))


def backed_up_and_erased(settings: Settings) -> list[str]:
    """Back up, erase two people, and return them."""
    back_up(settings, copies(settings), clock=ahead(0))
    gone: list[str] = []

    def erase(hub: Hub) -> None:
        with hub.database.reading() as conn:
            rows = conn.execute(
                select(Person.business_id, Person.id)
                .order_by(Person.id)
                .limit(2)
                .execution_options(across=Across.OPERATOR)
            ).all()
        gone.extend(row.id for row in rows if hub.keyring.destroy_person_key(row.business_id, row.id))

    looked_at(settings, erase)
    return gone


def sealed(hub: Hub) -> None:
    assert "hub restore --replay" in sealed_reason(hub)


def in_order(hub: Hub, gone: list[str]) -> None:
    assert sealed_reason(hub) == ""
    with hub.database.reading() as conn:
        assert not set(conn.execute(select(Person.id).execution_options(across=Across.OPERATOR)).scalars()) & set(gone)
    everything_opens(hub, PEOPLE - len(gone))
