"""Keys are rotated while the hub works: everything opens at every moment, and the old versions go in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from hub.actions.account import open_email
from hub.actions.account_mail import LinkKind, find_link
from hub.actions.businesses import create_business
from hub.actions.connections import list_connections
from hub.actions.customer_link import customer_token, open_customer_token
from hub.actions.holders import add_staff, get_holder
from hub.actions.hours import every_weekday
from hub.actions.people import Customer, check_customer, find_or_add_person, open_person
from hub.actions.reset import make_reset_link
from hub.actions.rotate import FORMS, SETTLE, Keys, Progress, finish_root, rotate, settle_rotations
from hub.actions.second_factor import begin_totp, finish_totp
from hub.actions.staff_links import find_staff_link, mailed_link, mailed_token
from hub.core.errors import StateError, UnknownId
from hub.core.ledger import EntryKind
from hub.core.provider import AuthScheme, Grant
from hub.parts import Hub
from hub.store.booking import find_booking
from hub.store.business import AGENCY
from hub.store.connection import find_for_call, set_owner
from hub.store.holder import Holder
from hub.store.ids import new_id
from hub.store.keys import BusinessKey, PersonKey, find_person_key
from hub.store.ledger import find_entries
from hub.store.outbox import take_lease
from hub.store.recovery import list_key_copies
from hub.store.user import find_user
from hub.vault import secret_versions
from hub.vault.cipher import Place
from hub.vault.credentials import open_credential, store_credential
from hub.vault.keys import Keyring
from hub.vault.people import keyed_hash
from hub.vault.roots import Root, load_roots, root_file
from hub.vault.secret_versions import USED_AFTER
from tests.accounts import VISIT, enter, own
from tests.post import booked
from tests.vault.former import seal_formerly
from tests.world import ADA, BEN, DAY, World, connection_named

HOURS = every_weekday("Europe/Berlin", (9 * 60, 17 * 60))


def elsewhere(hub: Hub) -> Hub:
    """The same hub as another process sees it that starts now, with the root files as they lie there."""
    roots = load_roots(hub.settings)
    again = lambda: load_roots(hub.settings)  # noqa: E731
    return replace(hub, keyring=Keyring(hub.database, hub.keystore, roots, clock=hub.clock, reload=again))


def add(hub: Hub, business: str, customer: Customer) -> str:
    checked = check_customer(customer)
    with hub.database.writing() as conn:
        return find_or_add_person(hub, conn, business, checked)


def versions(hub: Hub, business: str) -> list[int]:
    with hub.database.reading() as conn:
        found = conn.execute(select(BusinessKey.version).where(BusinessKey.business_id == business))
        return sorted(found.scalars())


def wrapped_by(hub: Hub, business: str, person: str) -> int:
    with hub.keystore.reading() as keys:
        found = find_person_key(keys, business, person)
    assert found is not None
    return found[0]


def to_the_end(world: World, keys: Keys = Keys.BUSINESS) -> Progress:
    """Rotate, and let the time pass until the old versions may go."""
    world.clock.now += 1
    first = rotate(world.hub, keys)
    assert first is not None
    if first.ended:
        return first
    world.clock.now += SETTLE
    settle_rotations(world.hub)
    with world.hub.database.reading() as conn:
        entry = find_entries(conn, AGENCY, kinds=[EntryKind.ROTATED])[0]
    return replace(first, ended=entry.content["keys"] == keys)


def test_everything_below_a_businesss_key_opens_by_the_new_one_and_the_old_one_is_gone(world: World) -> None:
    hub, business = world.hub, world.business
    own(hub)
    session = enter(hub)
    secret = begin_totp(hub, session).secret
    ada = add(hub, business, ADA)
    staff = add_staff(hub, business, "Ben", HOURS, email="ben@example.com")
    owner = world.staff()
    with hub.database.writing() as conn:
        set_owner(conn, business, connection_named(world, owner), owner)
    assert (versions(hub, business), versions(hub, AGENCY)) == ([1], [1])

    world.clock.now += 1
    rotate(hub, Keys.BUSINESS)
    assert finish_totp(elsewhere(hub), VISIT, session, pyotp.TOTP(secret).at(world.clock.now))
    assert to_the_end(world).ended
    assert (versions(hub, business), versions(hub, AGENCY)) == ([2], [2])
    with hub.keystore.reading() as keys:
        assert {row.version for row in list_key_copies(keys)} == {2}
    assert wrapped_by(hub, business, ada) == 2
    new = elsewhere(hub)
    assert open_person(new, business, ada).name == ADA.name
    assert [one.account_name for one in list_connections(new, business, owner)] == [owner]
    assert [one.name for one in list_connections(new, business, owner)[0].calendars] == [owner]
    assert get_holder(new, business, staff, with_email=True).email == "ben@example.com"
    with new.database.reading() as conn:
        user = find_user(conn, session.user.id)
        assert user is not None
        assert open_email(new, conn, user.id, user.email) == "ada@example.com"


def test_what_was_sealed_in_the_former_format_opens_and_is_written_anew(world: World) -> None:
    hub, business = world.hub, world.business
    staff = add_staff(hub, business, "Ben", HOURS, email="ben@example.com")
    with hub.database.writing() as conn:
        key = hub.keyring.business_key(conn, business)._former._key
        former = seal_formerly(key, 1, b"ben@example.com", Place(business, "holder", staff, "email"), 1)
        conn.execute(update(Holder).where(Holder.business_id == business, Holder.id == staff).values(email=former))
    assert get_holder(hub, business, staff, with_email=True).email == "ben@example.com"
    to_the_end(world)
    assert get_holder(hub, business, staff, with_email=True).email == "ben@example.com"
    with hub.database.reading() as conn:
        mine = Holder.business_id == business, Holder.id == staff
        assert conn.execute(select(Holder.email).where(*mine)).scalar_one()[0] == 2


def test_until_the_old_version_settled_it_opens_what_somebody_has_read_already(world: World) -> None:
    hub, business = world.hub, world.business
    ada = add(hub, business, ADA)
    with hub.keystore.reading() as keys:
        version = (find_person_key(keys, business, ada) or (0,))[0]
    world.clock.now += 1
    progress = rotate(hub, Keys.BUSINESS)
    assert progress is not None
    assert not progress.ended
    assert progress.destroy_at == world.clock.now + SETTLE
    assert versions(hub, business) == [1, 2]
    with hub.database.reading() as conn:
        assert hub.keyring.business_key(conn, business, version).version == 1
    again = rotate(hub, Keys.BUSINESS)  # the same command, too early: nothing new begins
    assert again is not None
    assert (again.ended, versions(hub, business)) == (False, [1, 2])


def test_what_was_sealed_by_the_old_version_meanwhile_keeps_that_version(world: World) -> None:
    hub, business = world.hub, world.business
    ada = add(hub, business, ADA)
    with hub.keystore.reading() as keys:
        old = find_person_key(keys, business, ada) or (0, b"")
    world.clock.now += 1
    rotate(hub, Keys.BUSINESS)
    with hub.keystore.writing() as keys:  # a slow process that read the old version long ago
        mine = PersonKey.business_id == business, PersonKey.person_id == ada
        keys.execute(update(PersonKey).where(*mine).values(business_key_version=old[0], wrapped=old[1]))
    world.clock.now += SETTLE
    settle_rotations(hub)
    assert versions(hub, business) == [1, 2]
    assert open_person(hub, business, ada).name == ADA.name
    assert to_the_end(world).ended
    assert versions(hub, business) == [3]
    assert open_person(elsewhere(hub), business, ada).name == ADA.name


def test_a_person_who_is_erased_while_keys_are_rotated_stays_erased(world: World) -> None:
    hub, business = world.hub, world.business
    ada, ben = add(hub, business, ADA), add(hub, business, BEN)
    world.clock.now += 1
    rotate(hub, Keys.BUSINESS)
    hub.keyring.destroy_person_key(business, ben)
    assert to_the_end(world)
    assert open_person(hub, business, ada).name == ADA.name
    with hub.database.reading() as conn, pytest.raises(UnknownId):
        hub.keyring.person_key(conn, business, ben)


def test_a_record_that_was_damaged_is_counted_and_holds_up_no_other(world: World) -> None:
    hub, business = world.hub, world.business
    ada, ben = add(hub, business, ADA), add(hub, business, BEN)
    with hub.keystore.writing() as keys:
        mine = PersonKey.business_id == business, PersonKey.person_id == ada
        keys.execute(update(PersonKey).where(*mine).values(wrapped=b"\x01\x00\x00\x00\x01" + b"x" * 160))
    world.clock.now += 1
    progress = rotate(hub, Keys.BUSINESS)
    assert progress is not None
    assert progress.broken == 1
    assert wrapped_by(hub, business, ben) == 2
    assert open_person(hub, business, ben).phone == "+4930901820"


def test_two_rotations_at_once_are_refused(world: World) -> None:
    with world.hub.database.writing() as conn:
        take_lease(conn, "rotation", "somebody else", now=world.clock.now, until=world.clock.now + 10)
    with pytest.raises(StateError, match="Another rotation runs"):
        rotate(world.hub, Keys.BUSINESS)
    world.clock.now += 11  # the other one was killed: its lease lapses
    assert rotate(world.hub, Keys.BUSINESS) is not None


def credential(hub: Hub, business: str, connection: str) -> Grant:
    with hub.database.reading() as conn:
        row = find_for_call(conn, business, connection)
    assert row is not None
    return open_credential(hub.keyring, business, connection, row)


def connected(world: World) -> str:
    hub, business = world.hub, world.business
    world.staff()
    (connection,) = list_connections(hub, business)
    grant = Grant(AuthScheme.BASIC, {"username": "ada", "password": "canary"}, (), "ada")
    with hub.database.writing() as conn:
        version = store_credential(conn, hub.keyring, business, connection.id, grant, world.clock.now)
    hub.keyring.raise_watermark(business, connection.id, version)
    return connection.id


def test_a_credential_is_sealed_anew_and_what_a_call_has_read_before_still_opens(world: World) -> None:
    hub, business = world.hub, world.business
    connection = connected(world)
    with hub.database.reading() as conn:
        before: Any = find_for_call(conn, business, connection)
    assert to_the_end(world, Keys.CONNECTION).ended
    with hub.database.reading() as conn:
        after: Any = find_for_call(conn, business, connection)
    assert (before.key_version, after.key_version) == (1, 2)
    assert after.version == before.version == hub.keyring.watermark(business, connection)
    assert before.sealed != after.sealed
    for row in (before, after):
        assert open_credential(hub.keyring, business, connection, row).secret["password"] == "canary"
    assert credential(elsewhere(hub), business, connection).secret["password"] == "canary"


@pytest.mark.parametrize("keys", [Keys.DATA_ROOT, Keys.CREDENTIAL_ROOT])
def test_a_root_is_rotated_and_processes_of_before_and_after_open_everything(world: World, keys: Keys) -> None:
    hub, business = elsewhere(world.hub), world.business
    world.hub = hub
    root = keys.root
    assert root is not None
    connection, ada = connected(world), add(hub, business, ADA)
    file = root_file(hub.settings, root)
    was = file.read_bytes()
    link, hashed = customer_token(hub, business, ada), keyed_hash(hub.keyring, business, "email", "ada@example.com")

    assert to_the_end(world, keys).ended
    assert file.read_bytes() != was
    assert file.stat().st_mode & 0o777 == 0o600
    (old,) = file.parent.glob(f"{file.name}.old-*")
    assert old.read_bytes() == was
    assert not list(file.parent.glob("*.next"))
    for one in (hub, elsewhere(hub)):  # one that knew the old root only, one that knows the new root only
        assert open_person(one, business, ada).name == ADA.name
        assert credential(one, business, connection).secret["password"] == "canary"
        assert customer_token(one, business, ada) == link
        assert keyed_hash(one.keyring, business, "email", "ada@example.com") == hashed
        ben = add(one, business, replace(BEN, name="Another"))
        assert open_person(elsewhere(hub), business, ben).phone == "+4930901820"
    assert finish_root(hub, root) == [old]
    assert not old.exists()
    assert to_the_end(world, keys).ended  # and once more
    assert open_person(elsewhere(hub), business, ada).name == ADA.name


def test_what_is_made_under_a_rotated_root_by_a_process_of_before_is_wrapped_by_the_new_one(world: World) -> None:
    old = elsewhere(world.hub)
    world.hub = elsewhere(world.hub)
    to_the_end(world, Keys.DATA_ROOT)
    finish_root(world.hub, Root.DATA)
    business = create_business(old, "Cyd's Clinic", "UTC")
    ada = add(old, business, ADA)
    assert open_person(elsewhere(world.hub), business, ada).name == ADA.name


def test_old_root_files_are_not_given_up_in_the_middle(world: World) -> None:
    hub = world.hub
    file = root_file(hub.settings, Root.DATA)
    file.with_name(f"{file.name}.next").write_text("")
    with pytest.raises(StateError, match="being rotated"):
        finish_root(hub, Root.DATA)


def test_what_the_doors_signed_works_until_its_last_link_is_over_and_not_after(world: World) -> None:
    staff = world.staff()
    booking = booked(world, world.service(staff))
    with world.hub.database.writing() as conn:
        mailed = mailed_link(world.hub, conn, world.business, staff)
    reset_link = make_reset_link(world.hub, own(world.hub))
    token, secret = customer_token(world.hub, world.business, booking), mailed_token(world.hub, mailed)
    with world.hub.database.reading() as conn:
        over = find_booking(conn, world.business, booking).ends_at + DAY

    def now() -> Hub:
        return elsewhere(world.hub)

    progress = rotate(now(), Keys.DOORS)
    assert progress is not None
    assert progress.destroy_at == max(over, world.clock.now + 2 * USED_AFTER + FORMS)
    world.clock.now += USED_AFTER
    assert customer_token(now(), world.business, booking) != token
    for old in (token, customer_token(now(), world.business, booking)):
        assert open_customer_token(now(), old) == (world.business, booking)
    assert mailed_token(now(), mailed) == secret  # a mail that is written now leads to the link of before
    assert find_staff_link(now(), secret) is not None
    assert find_link(now(), reset_link, LinkKind.RESET) is not None

    world.clock.now = progress.destroy_at - 1
    settle_rotations(now())
    assert open_customer_token(now(), token) == (world.business, booking)
    world.clock.now += 1
    settle_rotations(now())
    with pytest.raises(UnknownId):
        open_customer_token(now(), token)
    assert open_customer_token(now(), customer_token(now(), world.business, booking)) == (world.business, booking)


def test_links_of_before_end_at_once_where_that_is_asked_for_but_none_is_signed_by_what_is_destroyed(
    world: World,
) -> None:
    hub, ada = elsewhere(world.hub), new_id()
    world.hub = hub
    token = customer_token(hub, world.business, ada)
    early = rotate(elsewhere(hub), Keys.DOORS, at_once=True)
    assert early is not None
    assert early.destroy_at == world.clock.now + 2 * USED_AFTER
    assert open_customer_token(elsewhere(hub), token)
    world.clock.now += 2 * USED_AFTER
    ended = rotate(elsewhere(hub), Keys.DOORS, at_once=True)
    assert ended is not None
    assert ended.ended
    with pytest.raises(UnknownId):
        open_customer_token(elsewhere(hub), token)
    to_the_end(world, Keys.DATA_ROOT)  # brings no version back that was destroyed
    with pytest.raises(UnknownId):
        open_customer_token(elsewhere(hub), token)


def test_no_call_fails_while_everything_is_rotated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_versions, "READ_AGAIN", 0.0)
    hub, business = elsewhere(world.hub), world.business
    world.hub = hub
    connection = connected(world)
    people = [add(hub, business, Customer(f"Ada {n}", email=f"ada{n}@example.com")) for n in range(30)]
    staff = add_staff(hub, business, "Ben", HOURS, email="ben@example.com")
    failures: list[str] = []
    calls = 0
    over = threading.Event()

    def serve(work: Callable[[int], object]) -> None:
        nonlocal calls
        turn = 0
        while not over.is_set():
            try:
                work(turn)
            except Exception as error:
                failures.append(f"{type(error).__name__}: {error}")
            turn += 1
            calls += 1

    def read(turn: int) -> None:
        assert open_person(hub, business, people[turn % 30]).name.startswith("Ada")

    def write(turn: int) -> None:
        person = add(hub, business, Customer(f"Cyd {turn}", email=f"cyd{turn}@example.com"))
        assert open_person(hub, business, person).name == f"Cyd {turn}"
        assert get_holder(hub, business, staff, with_email=True).email == "ben@example.com"

    def call(_: int) -> None:
        assert credential(hub, business, connection).secret["password"] == "canary"

    tokens = [customer_token(hub, business, person) for person in people]

    def follow(turn: int) -> None:
        assert open_customer_token(hub, tokens[turn % 30])
        assert open_customer_token(hub, customer_token(hub, business, people[turn % 30]))

    def find(turn: int) -> None:
        assert add(hub, business, Customer("Again", email=f"ada{turn % 30}@example.com")) == people[turn % 30]

    threads = [threading.Thread(target=serve, args=(work,)) for work in (read, write, call, follow, find)]
    for thread in threads:
        thread.start()
    rotate(hub, Keys.DOORS)
    for _ in range(2):
        rotate(hub, Keys.INDEX, batch=10)
        world.clock.now += 2 * USED_AFTER
    for keys in (Keys.BUSINESS, Keys.DATA_ROOT, Keys.CONNECTION, Keys.CREDENTIAL_ROOT, Keys.BUSINESS):
        to_the_end(world, keys)
    over.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert calls > 20
