"""Reading sees one state, writing takes turns and is never silently lost; alike on SQLite and PostgreSQL."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

from hub.core.errors import HubError, InputError, Unavailable
from hub.store.booking import Claim
from hub.store.business import Business, add_business
from hub.store.database import Database, open_database
from hub.store.guard import Across
from hub.testing.servers import free_port
from tests.conftest import own_connections

SECRET = "Ada Lovelace, +49 151 23456789"
PASSWORD = "hunter2"


def add(database: Database, name: str = "Ada's Practice") -> str:
    with database.writing() as conn:
        return add_business(conn, name, "Europe/Berlin", 0)


def count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(Business)).scalar_one()


def counted(database: Database) -> int:
    with database.reading() as conn:
        return count(conn)


@pytest.fixture
def sqlite(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    (tmp_path / "hub.sqlite").write_bytes((_sqlite_template / "hub.sqlite").read_bytes())
    database = open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    yield database
    database.close()


# Transactions


def test_a_block_that_fails_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.writing() as conn:
            add_business(conn, "Ada's Practice", "Europe/Berlin", 0)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert counted(database) == 0


def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    with database.reading() as conn:
        add_business(conn, "Ada's Practice", "Europe/Berlin", 0)
    assert counted(database) == 0


def test_reading_sees_one_state_from_its_first_look_on(database: Database) -> None:
    add(database)
    with database.reading() as conn:
        assert count(conn) == 1
        add(database)
        assert count(conn) == 1
        assert counted(database) == 2
    assert counted(database) == 2


def test_writing_sees_what_was_committed_while_it_waited(database: Database) -> None:
    """A writer that read before its turn came must not decide on old news."""
    add(database)
    started, seen = threading.Event(), []

    def second() -> None:
        started.set()
        with database.writing() as conn:
            statement = select(Business.name).with_for_update()
            seen.append(conn.execute(statement).scalar_one())

    with database.writing() as conn:
        conn.execute(update(Business).values(name="changed"))
        thread = threading.Thread(target=second)
        thread.start()
        started.wait(5)
        time.sleep(0.1)
        assert seen == []
    thread.join(10)
    assert seen == ["changed"]


def test_a_writer_of_sqlite_has_the_lock_before_it_reads(sqlite: Database) -> None:
    """A deferred transaction would read first and then fail at once with "database is locked"."""
    sent: list[str] = []
    event.listen(sqlite.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    with sqlite.writing() as conn:
        count(conn)
    with sqlite.reading() as conn:
        count(conn)
    assert [one for one in sent if one.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN DEFERRED"]


def test_reading_waits_for_nobody(database: Database) -> None:
    add(database)
    with database.writing() as conn:
        conn.execute(update(Business).values(name="changed"))
        began = time.monotonic()
        assert counted(database) == 1
        assert time.monotonic() - began < 1


def test_many_writers_at_once_all_succeed(database: Database) -> None:
    """Each reads before it writes, as bookings do."""
    business, errors = add(database, "0"), []

    def work() -> None:
        try:
            for _ in range(10):
                with database.writing() as conn:
                    number = conn.execute(select(Business.name).with_for_update()).scalar_one()
                    conn.execute(update(Business).where(Business.id == business).values(name=str(int(number) + 1)))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    with database.reading() as conn:
        assert conn.execute(select(Business.name)).scalar_one() == "120"


# Turns

_PROCESS = """
import sys, threading, time
from hub.store.business import add_business
from hub.store.database import open_database
database, name = open_database(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
until = float(sys.stdin.readline())
def work(number):
    while time.time() < until:
        with database.writing() as conn:
            add_business(conn, f"{name} {number}", "UTC", 0)
threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_writers_of_two_processes_take_fair_turns(sqlite: Database) -> None:
    """Without a queue SQLite's writers poll, and who sleeps longest starves."""
    command = [sys.executable, "-c", _PROCESS, sqlite.engine.url.render_as_string(hide_password=False)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as running:
        processes = [running.enter_context(subprocess.Popen([*command, name], **pipes)) for name in ("ada", "ben")]
        assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 2
        until = f"{time.time() + 1.5}\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(until)
            process.stdin.flush()
        assert [process.wait(30) for process in processes] == [0, 0]
    with sqlite.reading() as conn:
        turns = Counter(conn.execute(select(Business.name).order_by(Business.id)).scalars())
    assert len(turns) == 6
    assert min(turns.values()) * 3 > max(turns.values())
    assert sum(turns.values()) > 100


_FORKS = """
import os, sys, time
from hub.store.database import open_database
database = open_database(sys.argv[1])
with database.turn_taken():
    child = os.fork()
    if child == 0:
        time.sleep(20)
        os._exit(0)
began = time.monotonic()
with database.turn_taken():
    waited = time.monotonic() - began
os.kill(child, 9)
sys.exit(0 if waited < 5 else 3)
"""

_DIES = """
import os, sys
from hub.store.database import open_database
with open_database(sys.argv[1]).writing():
    os.kill(os.getpid(), 9)
"""


def ended(program: str, database: Database) -> int:
    address = database.engine.url.render_as_string(hide_password=False)
    return subprocess.run([sys.executable, "-c", program, address], timeout=60).returncode


def test_a_turn_ends_with_the_block_though_a_process_forked_meanwhile_lives_on(sqlite: Database) -> None:
    """An open file is shared over a fork, and its lock with it."""
    assert ended(_FORKS, sqlite) == 0


def test_the_turn_of_a_process_that_is_killed_is_free_at_once(sqlite: Database) -> None:
    assert ended(_DIES, sqlite) == -9
    began = time.monotonic()
    add(sqlite)
    assert time.monotonic() - began < 2


# A database that cannot be used


def told(action: Callable[[], object]) -> str:
    """What a person and a log are told when the action finds no database."""
    with pytest.raises(Unavailable) as caught:
        action()
    error = caught.value
    said = "".join(traceback.format_exception(error))
    assert "nothing was changed" in error.message
    for private in (PASSWORD, SECRET, "INSERT", "SELECT", "PRAGMA"):
        assert private not in error.message
        assert private not in said
    return error.message


def with_business(opened: Callable[[], AbstractContextManager[Connection]]) -> Callable[[], object]:
    def action() -> None:
        with opened() as conn:
            conn.execute(select(Business.id))
            add_business(conn, SECRET, "Europe/Berlin", 0)

    return action


def test_a_folder_in_place_of_the_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").mkdir()
    database = open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    for opened in (database.reading, database.writing):
        told(with_business(opened))


def test_a_file_of_something_else_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").write_bytes(b"minutes of the last meeting " * 200)
    database = open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    for opened in (database.reading, database.writing):
        told(with_business(opened))
    assert (tmp_path / "hub.sqlite").read_bytes().startswith(b"minutes")


def test_a_file_that_was_damaged_is_no_database(sqlite: Database, tmp_path: Path) -> None:
    add(sqlite)
    with sqlite.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite.close()
    file = tmp_path / "hub.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    told(with_business(sqlite.reading))


def test_a_turn_that_cannot_be_taken_is_no_silent_write(sqlite: Database) -> None:
    assert sqlite.turn is not None
    sqlite.turn.unlink(missing_ok=True)
    sqlite.turn.mkdir()
    assert "Is a directory" in told(with_business(sqlite.writing))
    assert counted(sqlite) == 0  # reading goes on


def test_a_data_folder_that_was_taken_away_is_no_database(sqlite: Database, tmp_path: Path) -> None:
    sqlite.close()
    tmp_path.rename(tmp_path.with_name("elsewhere"))
    for opened in (sqlite.reading, sqlite.writing):
        told(with_business(opened))
    tmp_path.with_name("elsewhere").rename(tmp_path)


def test_a_disk_that_is_full_is_said_and_what_was_there_stays(sqlite: Database) -> None:
    add(sqlite)
    with sqlite.engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    sqlite.close()
    event.listen(sqlite.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}").close())

    def fill() -> None:
        with sqlite.writing() as conn:
            for _ in range(2000):
                add_business(conn, SECRET * 10, "Europe/Berlin", 0)

    told(fill)
    assert counted(sqlite) == 1


def test_a_file_that_may_not_be_written_is_said_and_can_be_read(sqlite: Database) -> None:
    add(sqlite)
    sqlite.close()
    event.listen(sqlite.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only=ON").close())
    told(with_business(sqlite.writing))
    assert counted(sqlite) == 1


def test_a_server_that_does_not_run_is_said_without_its_address() -> None:
    database = open_database(f"postgresql://ada:{PASSWORD}@127.0.0.1:{free_port()}/hub")
    for opened in (database.reading, database.writing):
        told(with_business(opened))
    assert PASSWORD not in repr(database)


def test_a_server_that_goes_away_in_the_middle_is_said_and_nothing_was_changed(postgresql_url: str) -> None:
    database = open_database(postgresql_url)

    def cut_off() -> None:
        with database.writing() as conn:
            add_business(conn, SECRET, "Europe/Berlin", 0)
            process = conn.execute(select(func.pg_backend_pid())).scalar_one()
            with database.engine.connect().execution_options(across=Across.OPERATOR) as other:
                other.execute(text("select pg_terminate_backend(:process)"), {"process": process})
            add_business(conn, SECRET, "Europe/Berlin", 0)

    told(cut_off)
    assert counted(database) == 0  # the next one gets a connection that works
    database.close()


def test_when_all_connections_are_in_use_the_next_one_is_refused_and_does_not_hang_for_ever(sqlite: Database) -> None:
    pool = sqlite.engine.pool
    assert isinstance(pool, QueuePool)
    small = create_engine(sqlite.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    database = Database(small, sqlite.turn)
    with database.reading() as conn:
        conn.execute(select(Business.id))
        assert "all connections are in use" in told(with_business(database.reading))
    database.close()


def test_what_breaks_a_rule_of_the_tables_is_a_mistake_of_ours_and_no_outage(database: Database) -> None:
    values = {"holder_id": "nobody", "cell": 1, "business_id": "b", "occurrence_id": "none"}
    with database.writing() as conn, pytest.raises(IntegrityError):
        conn.execute(insert(Claim).values(**values))


# Opening


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        f"mysql://ada:{PASSWORD}@127.0.0.1/hub",
        f"postgresql://ada:{PASSWORD}@127.0.0.1:port/hub",
        f"postgres://ada:{PASSWORD}@127.0.0.1/hub",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        open_database(address)
    assert caught.value.field == "database_url"
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"data_dir: .*file/data/hub\.sqlite.* cannot be written \(Not a directory\)"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'data' / 'hub.sqlite'}")


def test_the_files_of_sqlite_are_for_our_eyes_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = open_database(f"sqlite:///{tmp_path / 'data' / 'hub.sqlite'}")
        with database.writing() as conn:
            Business.__table__.create(conn)  # type: ignore[attr-defined]
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in (tmp_path / "data").iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert oct((tmp_path / "data").stat().st_mode & 0o777) == "0o700"
    assert set(modes) == {"hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm", "hub.sqlite.turn"}
    assert set(modes.values()) == {"0o600"}


def test_sqlite_keeps_its_promises_on_every_connection(sqlite: Database) -> None:
    def pragma(conn: Connection, name: str) -> object:
        return conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()

    with sqlite.reading() as one, sqlite.reading() as other:
        for conn in (one, other):
            assert pragma(conn, "foreign_keys") == 1
            assert pragma(conn, "journal_mode") == "wal"
            assert pragma(conn, "synchronous") == 2  # FULL: a commit survives a power cut
            assert pragma(conn, "secure_delete") == 1


def test_a_closed_database_leaves_no_connection_and_can_be_used_again(database_url: str) -> None:
    database = open_database(own_connections(database_url))
    add(database)
    with database.reading() as one, database.reading() as other:
        assert count(one) == count(other) == 1
    database.close()
    gc.collect()
    assert isinstance(database.engine.pool, QueuePool)
    assert database.engine.pool.checkedin() + database.engine.pool.checkedout() == 0
    if database.is_sqlite:
        file = str(database.engine.url.database)
        assert not [name for name in map(_target, os.listdir("/proc/self/fd")) if name.startswith(file)]
    assert counted(database) == 1
    database.close()


def _target(number: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""


def test_an_error_of_the_hub_itself_passes_through(database: Database) -> None:
    with pytest.raises(HubError, match="of our own"), database.writing():
        raise HubError("of our own")
