"""Each part is really broken, one at a time: the doctor says which, says the way out, goes on, and changes nothing."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import sha256
from http.client import HTTPSConnection
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import insert, update
from sqlalchemy.engine import make_url

from hub.actions.businesses import create_business
from hub.actions.first_run import make_owner, setup_code
from hub.actions.people import check_customer, find_or_add_person
from hub.app import close_hub, create_hub
from hub.core.ledger import EntryKind
from hub.core.security import OPERATOR
from hub.ledger.append import append
from hub.run.doctor import CHECKS, examine, is_well
from hub.run.doctor_data import check_time
from hub.run.doctor_machine import LOCK, check_packages, check_space
from hub.run.finding import Finding, Level
from hub.run.lock import only_one
from hub.run.patient import Patient
from hub.run.valkey import valkey_running
from hub.settings import load_settings
from hub.store.business import AGENCY
from hub.store.calendar import Calendar
from hub.store.connection import Connection, Granted, add_connection
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.store.ids import new_id
from hub.store.keys import PersonKey, RootCheck
from hub.store.ledger import LedgerContent
from hub.store.mail import Mail
from hub.store.outbox import DEAD, UNKNOWN, Outbox, add_effect, take_lease
from hub.store.schema import migrate
from hub.store.user import ConsoleUser
from hub.testing.servers import free_port
from tests.run.serving import serving
from tests.visitors import token_of
from tests.world import ADA

ROOT = Path(__file__).parents[2]
OK, WARN, BAD = Level.OK, Level.WARN, Level.BAD


class House:
    """An installation that was started once and does not run, and what the doctor says of it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.data = folder, folder / "data"
        self.environ = {"HUB_DATA_DIR": str(self.data), "HUB_WEB_PORT": str(free_port())}
        if database_url:
            self.environ["HUB_DATABASE_URL"] = database_url
        self.business = ""

    def make(self) -> None:
        hub = create_hub(load_settings(self.environ))
        self.business = create_business(hub, "Ada's Practice", "UTC")
        close_hub(hub)

    def examine(self, **environ: str) -> list[Finding]:
        """Let the doctor look, and see that nothing changed."""
        before = self.seen()
        found = examine({**self.environ, **environ})
        assert self.seen() == before
        assert not any("could not be looked at" in one.what for one in found), found
        assert all(one.way_out for one in found if one.level is not OK), "what is wrong has a way out"
        return found

    def levels(self, part: str, **environ: str) -> list[Level]:
        return [one.level for one in self.examine(**environ) if one.part == part]

    def said(self, part: str, **environ: str) -> str:
        return " ".join(f"{one.level}: {one.what} {one.way_out}" for one in self.examine(**environ) if one.part == part)

    def seen(self) -> dict[str, tuple[int, int, str]]:
        """Every file with its mode, time and content. SQLite's shared memory is for whoever reads, so it may change."""
        found = {}
        for path in [self.folder, *sorted(self.folder.rglob("*"))]:
            about = path.lstat()
            content = sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            if not path.name.endswith("-shm"):
                found[str(path)] = (about.st_mode, about.st_mtime_ns, content)
        return found

    @contextmanager
    def database(self) -> Iterator[Database]:
        with closing(open_database(load_settings(self.environ).database)) as database:
            yield database

    def change(self, *statements: sa.Executable) -> None:
        with self.database() as database, database.writing() as conn:
            for one in statements:
                conn.execute(one.execution_options(across=Across.OPERATOR))

    def connect(self, provider: str, health: str, business: str = "") -> None:
        identifier, business = new_id(), business or self.business
        with self.database() as database, database.writing() as conn:
            add_connection(conn, business, identifier, provider, Granted("all", (), ()), int(time.time()))
            mine = (Connection.business_id == business, Connection.id == identifier)
            conn.execute(update(Connection).where(*mine).values(health=health))

    def hold_clock(self, until: int = 60) -> None:
        now = int(time.time())
        with self.database() as database, database.writing() as conn:
            take_lease(conn, "clock", "tests", now=now, until=now + until)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> House:
    made = House(tmp_path, database_url)
    made.make()
    return made


@pytest.fixture
def embedded(tmp_path: Path) -> House:
    """One with everything in its data folder."""
    made = House(tmp_path, "")
    made.make()
    return made


def test_an_installation_that_is_well_but_does_not_run(house: House) -> None:
    found = house.examine()
    assert is_well(found)
    assert {one.part for one in found if one.level is WARN} == {"backups", "clock", "mail", "users", "vault"}


def test_where_nothing_was_installed_that_is_explained_and_nothing_is_made(tmp_path: Path) -> None:
    house = House(tmp_path, "")
    found = house.examine()
    assert is_well(found)
    assert {one.part for one in found if one.level is WARN} == {"folder", "database", "keys", "key store"}
    assert list(tmp_path.iterdir()) == []


def test_every_part_is_looked_at_on_a_hub_that_runs(embedded: House) -> None:
    with running(embedded):
        found = embedded.examine()
    assert is_well(found), found
    assert {one.part for one in found} == set(CHECKS) - {"time", "broker", "tls", "second step"}
    assert {one.part for one in found if one.level is WARN} == {"backups", "mail", "users", "vault"}


@contextmanager
def running(house: House, *, clock: bool = True, web: bool = True, valkey: bool = True) -> Iterator[None]:
    """Do what can be seen of a running hub: its lock, its queue, its port, its lease."""
    settings = load_settings(house.environ)
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.data_dir))
        if valkey:
            stack.enter_context(valkey_running(settings))
        if web:
            stack.enter_context(serving(settings, settings.web_port))
        if clock:
            house.hold_clock()
        yield


@pytest.fixture(autouse=True)
def _nobody_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no address of these tests be looked for: what is served there is tried in `test_doctor_web`."""
    monkeypatch.setattr("hub.run.doctor_web._public", lambda settings: HTTPSConnection("127.0.0.1", 9, timeout=1))


# Settings and addresses


@pytest.mark.parametrize(
    "environ",
    [{"HUB_WORKERS": "none"}, {"HUB_CONFIG": "/nowhere/hub.toml"}, {"HUB_PUBLIC_URL": "hub.example.com"}],
)
def test_a_setting_that_breaks_a_rule_is_the_one_finding(house: House, environ: dict[str, str]) -> None:
    found = house.examine(**environ)
    assert [(one.level, one.part) for one in found] == [(BAD, "settings")]
    assert not is_well(found)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"HUB_WEB_PROT": "80"}, "HUB_WEB_PROT is set, and there is no such setting"),
        ({"HUB_METRICS_TOKEN": "hunter2"}, "HUB_METRICS_TOKEN is short"),
        ({"HUB_EGRESS_ALLOW": "http://dav.lan:5232"}, "http://dav.lan:5232 in the clear"),
        ({"HUB_TRACE_HOOKS": "1", "HUB_LOG_LEVEL": "ERROR"}, "HUB_TRACE_HOOKS"),
    ],
)
def test_a_setting_that_does_not_do_what_is_meant_is_told(house: House, environ: dict[str, str], said: str) -> None:
    found = house.said("settings", **environ)
    assert found.startswith("warn: ")
    assert said in found
    assert "hunter2" not in found


def test_a_trusted_host_that_is_an_address_is_told(house: House) -> None:
    assert house.levels("settings", HUB_TRUSTED_HOSTS="https://a.example.com/,b.example.com") == [BAD]
    assert house.levels("settings", HUB_TRUSTED_HOSTS="b.example.com") == [OK]


@pytest.mark.parametrize(
    ("environ", "levels"),
    [
        ({}, [OK]),
        ({"HUB_WEB_HOST": "0.0.0.0"}, [BAD]),
        ({"HUB_PUBLIC_URL": "http://hub.example.com"}, [BAD]),
        ({"HUB_PUBLIC_URL": "http://127.0.0.1:9000"}, [OK]),
        ({"HUB_PUBLIC_URL": "https://hub.example.com"}, [OK, WARN]),
        ({"HUB_PUBLIC_URL": "https://hub.example.com", "HUB_PROXIES": "1"}, [OK]),
        ({"HUB_PUBLIC_URL": "https://h.example", "HUB_PROXIES": "1", "HUB_WEB_HOST": "0.0.0.0"}, [OK, WARN]),
        ({"HUB_PROXIES": "1"}, [OK, WARN]),
    ],
)
def test_how_people_reach_the_hub_is_judged(house: House, environ: dict[str, str], levels: list[Level]) -> None:
    assert house.levels("address", **environ) == levels


# The machine


def test_a_port_that_another_program_has_is_told(house: House) -> None:
    with socket.create_server(("127.0.0.1", int(house.environ["HUB_WEB_PORT"]))):
        assert house.levels("port") == [BAD]
    assert house.levels("port") == [OK]


def test_a_hub_that_runs_without_its_web_server_is_told(embedded: House) -> None:
    with running(embedded, web=False):
        assert embedded.levels("port") == [BAD]


def test_a_folder_that_is_open_to_others_is_told(house: House) -> None:
    house.data.chmod(0o755)
    assert house.levels("folder") == [BAD]
    assert f"chmod 700 {house.data}" in house.said("folder")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    house = House(tmp_path, "")
    house.data.write_text("x")
    assert house.levels("folder") == [BAD]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_told(house: House) -> None:
    os.chown(house.data, 12345, 12345)
    assert house.levels("folder") == [BAD]


def test_a_disk_that_is_full_is_told(embedded: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((10_000_000, BAD), (500_000_000, WARN), (5_000_000_000, OK)):
        monkeypatch.setattr("hub.run.doctor_machine.shutil.disk_usage", lambda _, free=free: Usage(free))
        (finding,) = check_space(Patient(load_settings(embedded.environ), {}))
        assert finding.level is level


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_packages_that_are_not_those_of_the_lock_are_told(house: House, tmp_path: Path) -> None:
    patient = Patient(load_settings(house.environ), {})
    lock = tmp_path / "other.lock"
    lock.write_text(
        "flask==0.1 \\\n    --hash=sha256:00\nnot-there==1.0 \\\n    --hash=sha256:00\n"
        'win32==1 ; sys_platform == "win32" \\\n    --hash=sha256:00\n'
    )
    (finding,) = check_packages(patient, lock)
    assert finding.level is WARN
    assert "flask is" in finding.what
    assert "not-there is missing" in finding.what
    assert "win32" not in finding.what
    assert [one.level for one in check_packages(patient, tmp_path / "none.lock")] == [OK]


def test_what_is_installed_here_is_what_the_lock_says(house: House) -> None:
    assert LOCK.is_file()
    assert house.levels("packages") == [OK]


def test_a_machine_without_time_zones_is_told(house: House) -> None:
    program = (
        "import sys, zoneinfo; sys.modules['tzdata'] = None; zoneinfo.reset_tzpath([])\n"
        "from hub.run.doctor_machine import check_zones; print([one.level.value for one in check_zones(None)])"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == "['bad']", ended.stderr


# What must not be lost


def test_a_database_that_is_gone_though_its_keys_are_there_is_told(embedded: House) -> None:
    (embedded.data / "hub.sqlite").unlink()
    assert embedded.levels("database") == [BAD]
    assert "was it moved or deleted?" in embedded.said("database")


@pytest.mark.parametrize("kind", ["garbage", "a folder", "cut", "nothing"])
def test_a_database_that_is_damaged_is_told_and_the_rest_is_looked_at(embedded: House, kind: str) -> None:
    file = embedded.data / "hub.sqlite"
    content = file.read_bytes()
    file.unlink()
    if kind == "a folder":
        file.mkdir()
    else:
        file.write_bytes({"garbage": b"garbage" * 1000, "cut": content[:5000], "nothing": b""}[kind])
    found = embedded.examine()
    assert {one.level for one in found if one.part == "database"} == {WARN if kind == "nothing" else BAD}
    assert {"keys", "plugins", "python", "packages"} <= {one.part for one in found}


def test_a_database_server_that_is_not_there_is_told_without_its_password(house: House) -> None:
    found = house.examine(
        HUB_DATABASE_URL="postgresql://hub:hunter2@127.0.0.1:1/hub",
        HUB_KEYSTORE_URL="postgresql://hub:hunter2@127.0.0.1:1/keys",
    )
    assert {one.part for one in found if one.level is BAD} == {"database", "key store"}
    assert "hunter2" not in str(found)
    assert house.levels("database", HUB_DATABASE_URL="mysql://a/b") == [BAD]


def test_a_database_of_an_older_a_newer_or_no_version_is_told(tmp_path: Path) -> None:
    house = House(tmp_path, "")
    house.data.mkdir(mode=0o700)
    with sqlite3.connect(house.data / "hub.sqlite") as conn:
        conn.execute("CREATE TABLE other (x)")
    conn.close()
    assert house.levels("database") == [WARN]
    keystore = open_database(load_settings(house.environ).keystore)
    with house.database() as database:
        migrate(database, keystore, "+1")
    assert house.said("database").startswith("bad: It is from an older version.")
    with house.database() as database:
        migrate(database, keystore)
    keystore.close()
    assert house.levels("database") == [OK]
    house.change(sa.text("UPDATE alembic_version SET version_num = 'ffff'"))
    assert house.said("database").startswith("bad: A newer version")


def test_tables_that_are_gone_stop_no_other_check(embedded: House) -> None:
    for table in ("outbox", "lease", "mail", "calendar", "root_check", "person"):
        with sqlite3.connect(embedded.data / "hub.sqlite") as conn:
            conn.execute("PRAGMA foreign_keys=OFF")
            conn.execute(f"DROP TABLE {table}")
        conn.close()
        found = examine(embedded.environ)
        assert not is_well(found)
        assert {"database", "plugins", "python", "packages"} <= {one.part for one in found}


def test_clocks_that_differ_are_told(postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Patient(load_settings({"HUB_DATA_DIR": str(tmp_path), "HUB_DATABASE_URL": postgresql_url}), {})
    now = time.time
    for skew, level in ((0, OK), (10, WARN), (-90, BAD)):
        monkeypatch.setattr("hub.run.doctor_data.time.time", lambda skew=skew: now() + skew)
        assert [one.level for one in check_time(patient)] == [level]
    patient.close()


@pytest.mark.parametrize("root", ["credential", "data"])
@pytest.mark.parametrize("harm", ["missing", "another", "readable", "empty", "short", "a link", "a folder"])
def test_a_root_key_that_does_not_do_is_told(house: House, root: str, harm: str) -> None:
    file = house.data / "keys" / f"{root}.root"
    content = file.read_text()
    file.unlink()
    if harm == "another":
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        file.write_text(f"frontdesk root key: {root}\n{key}\n")
    elif harm == "a link":
        (house.data / "keys" / "elsewhere").write_text(content)
        file.symlink_to("elsewhere")
    elif harm == "a folder":
        file.mkdir(mode=0o700)
    elif harm != "missing":
        file.write_text({"readable": content, "empty": "", "short": content[:-20]}[harm])
    if harm not in ("missing", "a link"):
        file.chmod(0o644 if harm == "readable" else 0o600)
    assert sorted(house.levels("keys")) == [BAD, OK]
    said = house.said("keys")
    assert content.split()[-1] not in said


def test_a_root_whose_check_is_gone_is_told_and_not_noted_anew(house: House) -> None:
    house.change(sa.delete(RootCheck))
    assert house.levels("keys") == [OK, BAD]  # the credential root has sealed nothing yet
    with house.database() as database, database.reading() as conn:
        assert conn.execute(sa.select(RootCheck.root)).all() == []


def test_with_the_broker_apart_its_root_is_not_asked_for(house: House, tmp_path: Path) -> None:
    (house.data / "keys" / "credential.root").unlink()
    place = tmp_path / "b.sock"
    assert house.levels("keys", HUB_BROKER_SOCKET=str(place)) == [OK]
    assert house.levels("broker", HUB_BROKER_SOCKET=str(place)) == [BAD]
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(place))
        line.listen()
        assert house.levels("broker", HUB_BROKER_SOCKET=str(place)) == [OK]


def add_person(house: House) -> None:
    hub = create_hub(load_settings(house.environ))
    with hub.database.writing() as conn:
        find_or_add_person(hub, conn, house.business, check_customer(ADA))
    close_hub(hub)


def test_a_key_store_that_is_gone_empty_or_damaged_is_told(house: House) -> None:
    add_person(house)
    assert house.said("key store") == "ok: It answers, and holds the keys of 1 persons. "
    store = house.data / "keystore.sqlite"
    kept = store.read_bytes()
    store.unlink()
    assert house.levels("key store") == [BAD]
    assert "1 persons" in house.said("key store")
    store.write_bytes(b"garbage" * 1000)
    assert house.levels("key store") == [BAD]
    store.write_bytes(kept)
    with closing(open_database(f"sqlite:///{store}")) as keystore, keystore.writing() as conn:
        conn.execute(sa.delete(PersonKey).execution_options(across=Across.OPERATOR))
    assert house.levels("key store") == [BAD]


def test_a_key_store_in_the_database_itself_is_told(house: House) -> None:
    same = load_settings(house.environ).database
    assert BAD in house.levels("key store", HUB_DATABASE_URL=same, HUB_KEYSTORE_URL=same)


def test_an_empty_key_store_on_postgresql_is_told(postgresql_url: str, tmp_path: Path) -> None:
    with closing(open_database(postgresql_url)) as server:
        engine = server.engine.execution_options(isolation_level="AUTOCOMMIT", across=Across.OPERATOR)
        name = f"keys_{secrets.token_hex(4)}"
        with engine.connect() as conn:
            conn.exec_driver_sql(f"CREATE DATABASE {name}")
        house = House(tmp_path, "")
        house.make()
        add_person(house)
        keys = make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
        assert house.levels("key store", HUB_KEYSTORE_URL=keys) == [BAD]
        with engine.connect() as conn:
            conn.exec_driver_sql(f"DROP DATABASE {name}")


# The work


def test_an_embedded_queue_that_died_is_told(embedded: House) -> None:
    with running(embedded, valkey=False):
        assert embedded.levels("queue") == [BAD]
    assert embedded.levels("queue") == []


def test_a_queue_elsewhere_that_cannot_be_reached_is_told_without_its_password(house: House) -> None:
    found = house.examine(HUB_QUEUE_URL="redis://:hunter2@127.0.0.1:1/0")
    assert [one.level for one in found if one.part == "queue"] == [BAD]
    assert "hunter2" not in str(found)
    assert house.levels("queue", HUB_QUEUE_URL="nonsense://x") == [BAD]


def test_a_hub_that_runs_without_a_clock_is_told(embedded: House) -> None:
    with running(embedded, clock=False):
        assert embedded.levels("clock") == [BAD]


def test_an_outgrown_hub_without_a_clock_is_told(house: House) -> None:
    queue = "redis://127.0.0.1:1/0"
    assert house.levels("clock", HUB_QUEUE_URL=queue) == [BAD]
    house.hold_clock()
    assert house.levels("clock", HUB_QUEUE_URL=queue) == [OK]


def add(house: House, state: str, due: int) -> None:
    now = int(time.time())
    with house.database() as database, database.writing() as conn:
        row = add_effect(
            conn, business_id=house.business, kind="tell", key=new_id(), payload={}, due_at=now + due, now=now
        )
        mine = (Outbox.business_id == house.business, Outbox.id == row)
        conn.execute(update(Outbox).where(*mine).values(state=state))


def test_effects_that_failed_or_wait_too_long_are_told(house: House) -> None:
    assert house.levels("outbox") == [OK]
    add(house, DEAD, -500)
    assert "1 effect was given up" in house.said("outbox")
    add(house, UNKNOWN, -500)
    assert house.levels("outbox") == [WARN, WARN]
    add(house, "waiting", -500)
    assert house.levels("outbox") == [WARN, WARN, WARN]
    house.hold_clock()
    assert house.levels("outbox") == [WARN, WARN, BAD]


def test_a_hub_that_nobody_owns_is_told_and_where_to_go(house: House) -> None:
    assert house.levels("users") == [WARN]
    assert "https://hub.example.com/first-run" in house.said("users", HUB_PUBLIC_URL="https://hub.example.com")
    hub = create_hub(load_settings(house.environ))
    about = {"agency": "Agency", "name": "Ada", "email": "ada@example.com", "zone": "UTC"}
    make_owner(hub, OPERATOR, code=setup_code(hub), password="a long sentence of ada's", **about)
    close_hub(hub)
    assert house.levels("users") == [OK]


def test_a_ledger_that_was_changed_past_the_hub_is_told(house: House) -> None:
    assert house.levels("ledger") == [OK]
    change = update(LedgerContent).values(user_id="ben")
    with house.database() as database, database.writing() as conn:
        append(conn, house.business, EntryKind.BACKED_UP, {}, at=1)
    assert "the newest 1 were compared" in house.said("ledger")
    with house.database() as database, database.engine.connect().execution_options(across=Across.OPERATOR) as conn:
        off = (
            "DROP TRIGGER ledger_content_update"
            if database.is_sqlite
            else "SET LOCAL session_replication_role = replica"
        )
        conn.exec_driver_sql(off)
        conn.execute(change)
        conn.commit()
    assert house.said("ledger").startswith("bad: ")
    assert "1 were changed past the hub" in house.said("ledger")


def test_who_signs_in_with_a_password_alone_is_counted_and_owners_and_admins_are_asked_for_more(house: House) -> None:
    assert house.levels("second step") == []
    hub = create_hub(load_settings({**house.environ, "HUB_PASSWORD_MEMORY": "1024"}))
    for who in ("owner", "admin", "viewer", "cyd"):
        token_of(hub, who)
    close_hub(hub)
    said = house.said("second step")
    assert (
        "warn: 0 of 3 users sign in with a second step. Without: 1 of the role admin and 1 of the role owner." in said
    )
    house.change(update(ConsoleUser).where(ConsoleUser.role.in_(("owner", "admin"))).values(totp=b"sealed"))
    assert house.said("second step") == "ok: 2 of 3 users sign in with a second step. "


def test_a_plugin_that_cannot_be_loaded_is_told(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "hub_torn.py").write_text("this is no python")
    found = house.said("plugins", HUB_PLUGINS_DIR=str(folder))
    assert "bad: torn is broken: SyntaxError" in found
    assert BAD in house.levels("plugins", HUB_PLUGINS_DIR=str(tmp_path / "nowhere"))
    assert house.levels("plugins", HUB_PLUGINS_OFF="caldav,google,microsoft,smtp") == [WARN]


def test_accounts_that_need_their_owner_or_fail_or_have_no_plugin_are_told(house: House) -> None:
    house.connect("caldav", "ok")
    assert house.levels("connections") == [OK]
    house.connect("caldav", "needs_reconnect")
    house.connect("caldav", "failing")
    house.connect("caldav", "disconnected")
    said = house.said("connections")
    assert "1 account was no longer let in" in said
    assert house.levels("connections") == [WARN, WARN]
    house.connect("vanished", "ok")
    assert house.levels("connections") == [BAD, WARN, WARN]
    assert BAD in house.levels("connections", HUB_PLUGINS_OFF="caldav")


def test_permissions_that_providers_have_not_ended_are_told(house: House) -> None:
    house.connect("caldav", "disconnected")
    assert house.levels("connections") == [OK]
    for state, said in (("open", "the hub goes on"), ("failed", "given up")):
        with house.database() as database, database.writing() as conn:
            mine = Connection.business_id == house.business
            conn.execute(update(Connection).where(mine).values(end_state=state))
        assert "1 permission was not ended at the provider" in house.said("connections")
        assert said in house.said("connections")
        assert house.levels("connections") == [WARN]


def test_calendars_that_were_not_read_lately_are_told_while_the_hub_runs(house: House) -> None:
    house.connect("caldav", "ok")
    now = int(time.time())
    with house.database() as database, database.writing() as conn:
        connection = conn.scalar(sa.select(Connection.id).where(Connection.business_id == house.business))
        row = {"id": new_id(), "business_id": house.business, "connection_id": connection, "ref_hash": "r"}
        rule = {"zone": "UTC", "writable": True, "checked": True, "written": True, "read_from": 0, "read_until": 0}
        conn.execute(insert(Calendar).values(**row, **rule, read_at=now - 3600, tried_at=0, problem=""))
    assert house.levels("calendars") == []
    house.hold_clock()
    assert house.levels("calendars") == [WARN]
    house.change(update(Calendar).values(read_at=now))
    assert house.levels("calendars") == [OK]


def test_accounts_of_which_no_provider_can_tell_the_hub_are_told(house: House) -> None:
    house.hold_clock()
    house.connect("caldav", "ok")
    assert house.levels("calendars") == [OK]
    house.connect("google", "ok")
    assert house.levels("calendars") == [WARN, OK]
    assert "1 account was only polled" in house.said("calendars")
    assert house.levels("calendars", HUB_PUSH="false") == [OK]
    assert house.levels("calendars", HUB_PUBLIC_URL="https://hub.example.com") == [OK]


POSTBOX = """
from hub.plugin import ConnectLevel, Provider, Revocation, hookimpl


@hookimpl
def hub_provider():
    return Provider("postbox", "Postbox", (), (ConnectLevel("all", "All", frozenset()),), Revocation.NONE, "nothing")


@hookimpl
def hub_send_message(account, message):
    raise NotImplementedError
"""


def test_mails_that_are_kept_or_came_back_are_told_until_a_server_is_connected(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # beside the plugin of this test, where nothing may change
    assert house.levels("mail") == [WARN]
    common = {"business_id": house.business, "reader": "customer", "made_at": 1, "kind": "confirmed"}
    for state in ("kept", "kept", "bounced"):
        house.change(insert(Mail).values(id=new_id(), message_id=new_id(), state=state, **common))
    assert "2 so far" in house.said("mail")
    assert "1 mail was refused or sent back" in house.said("mail")
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "hub_postbox.py").write_text(POSTBOX)
    house.connect("postbox", "ok", AGENCY)
    assert house.levels("mail", HUB_PLUGINS_DIR=str(folder)) == [OK, WARN]


def test_a_check_that_breaks_is_a_finding_without_what_broke_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Patient) -> Iterator[Finding]:
        raise KeyError("hunter2")

    monkeypatch.setattr("hub.run.doctor.CHECKS", {**CHECKS, "space": breaks})
    found = examine(house.environ)
    (broken,) = (one for one in found if one.part == "space")
    assert broken.level is BAD
    assert "KeyError" in broken.what
    assert "hunter2" not in str(found)
    assert found[-1].part == "zones"
