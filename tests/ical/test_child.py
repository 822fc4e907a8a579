from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.core.calendar import BusyKind, Window
from hub.ical.budget import Budget
from hub.ical.child import Expander, shared_expander
from hub.ical.read import busy_from_ical

Wrap = Callable[..., bytes]

LUNCH = "UID:lunch\nDTSTART:20260310T110000Z\nDTEND:20260310T120000Z"
ENDLESS = "UID:bomb\nDTSTART:19700101T000000Z\nDURATION:PT1M\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"
ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def own() -> Iterator[Expander]:
    with Expander() as started:
        yield started


def child_of(expander: Expander) -> int:
    child = expander._child
    assert child is not None
    return child._process.pid


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends_within(pid: int, limit: float) -> bool:
    until = time.monotonic() + limit
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


def reads_lunch(expander: Expander, window: Window, wrap: Wrap) -> bool:
    found = busy_from_ical([wrap(LUNCH)], window, zone="UTC", expander=expander)
    return [busy.uid for busy in found[0]] == ["lunch"]


def test_one_child_answers_call_after_call(own: Expander, march: Window, wrap: Wrap) -> None:
    assert reads_lunch(own, march, wrap)
    first = child_of(own)

    assert reads_lunch(own, march, wrap)
    assert child_of(own) == first


def test_a_child_killed_between_calls_is_replaced_and_nobody_notices(own: Expander, march: Window, wrap: Wrap) -> None:
    assert reads_lunch(own, march, wrap)
    first = child_of(own)
    os.kill(first, signal.SIGKILL)

    assert reads_lunch(own, march, wrap)
    assert child_of(own) != first


def test_a_child_killed_by_a_stranger_during_the_reading_gets_a_second_try(
    own: Expander, march: Window, wrap: Wrap
) -> None:
    assert reads_lunch(own, march, wrap)
    first = child_of(own)
    killer = threading.Timer(0.3, os.kill, (first, signal.SIGKILL))
    killer.start()

    slow = wrap("UID:slow\nDTSTART:20260310T110000Z\nDURATION:PT1H\n" + "X-FILL:x\n" * 200_000)
    for _ in range(20):
        found = busy_from_ical([slow], march, zone="UTC", expander=own)
        assert [busy.uid for busy in found[0]] == ["slow"]
        if child_of(own) != first:
            break

    killer.join()
    assert child_of(own) != first


def test_the_deadline_kills_the_child_and_the_next_object_is_read_by_a_new_one(
    own: Expander, march: Window, wrap: Wrap
) -> None:
    assert reads_lunch(own, march, wrap)
    first = child_of(own)
    budget = Budget(object_seconds=0.3, cpu_seconds=60)
    begun = time.monotonic()

    found = busy_from_ical([wrap(ENDLESS), wrap(LUNCH)], march, zone="UTC", budget=budget, expander=own)

    assert found[0][0].kind is BusyKind.UNREADABLE
    assert found[1][0].uid == "lunch"
    assert time.monotonic() - begun < 10
    assert not is_alive(first)


def test_the_kernel_holds_the_processor_time(own: Expander, march: Window, wrap: Wrap) -> None:
    assert reads_lunch(own, march, wrap)
    first = child_of(own)
    budget = Budget(object_seconds=60, call_seconds=60, cpu_seconds=1)

    found = busy_from_ical([wrap(ENDLESS)], march, zone="UTC", budget=budget, expander=own)

    assert found[0][0].kind is BusyKind.UNREADABLE
    assert not is_alive(first)


def test_an_object_that_eats_the_memory_is_unreadable(march: Window, wrap: Wrap) -> None:
    large = wrap("UID:x\nDTSTART:20260310T110000Z\nDURATION:PT1H\n" + "STATUS:CONFIRMED\n" * 200_000)
    with Expander(memory_bytes=56 * 1024 * 1024) as small:
        found = busy_from_ical([large, wrap(LUNCH)], march, zone="UTC", expander=small)

    assert found[0][0].kind is BusyKind.UNREADABLE
    assert found[1][0].uid == "lunch"


def test_many_threads_share_one_child(own: Expander, march: Window, wrap: Wrap) -> None:
    texts = [wrap(f"UID:{n}\nDTSTART:20260310T110000Z\nDURATION:PT1H") for n in range(40)]

    def read(text: bytes) -> str:
        return busy_from_ical([text], march, zone="UTC", expander=own)[0][0].uid

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, texts * 5)) == [str(n) for n in range(40)] * 5


def test_the_thread_that_started_the_child_may_end(own: Expander, march: Window, wrap: Wrap) -> None:
    starter = threading.Thread(target=reads_lunch, args=(own, march, wrap))
    starter.start()
    starter.join()
    first = child_of(own)
    time.sleep(0.2)

    assert reads_lunch(own, march, wrap)
    assert child_of(own) == first


def test_closing_ends_the_child_and_asking_again_starts_another(own: Expander, march: Window, wrap: Wrap) -> None:
    assert reads_lunch(own, march, wrap)
    first = child_of(own)
    own.close()

    assert not is_alive(first)
    assert reads_lunch(own, march, wrap)


def test_the_expander_of_the_process_is_always_the_same() -> None:
    assert shared_expander() is shared_expander()


def test_the_child_sees_no_secret_of_its_parent(
    own: Expander, march: Window, wrap: Wrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_CREDENTIAL_ROOT", "secret")
    assert reads_lunch(own, march, wrap)

    environment = Path(f"/proc/{child_of(own)}/environ").read_bytes()

    assert b"secret" not in environment
    assert b"PYTHONPATH" in environment


SCRIPT = textwrap.dedent(
    """
    import os, sys, time
    from hub.core.calendar import Window
    from hub.ical.child import shared_expander
    from hub.ical.read import busy_from_ical

    LUNCH = b"BEGIN:VCALENDAR\\r\\nBEGIN:VEVENT\\r\\nUID:lunch\\r\\nDTSTART:20260310T110000Z\\r\\n" \\
            b"DURATION:PT1H\\r\\nEND:VEVENT\\r\\nEND:VCALENDAR\\r\\n"
    WINDOW = Window(1772323200, 1775001600)

    def read():
        return busy_from_ical([LUNCH], WINDOW, zone="UTC")[0][0].uid == "lunch"

    def child():
        return shared_expander()._child._process.pid
    """
)


def run(body: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT + textwrap.dedent(body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    )


def test_the_child_ends_when_its_parent_is_killed() -> None:
    with run("assert read(); print(child(), flush=True); time.sleep(60)") as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()

    assert ends_within(pid, 5)


def test_the_child_ends_with_its_parent_even_if_a_fork_still_holds_the_socket() -> None:
    script = """
        assert read()
        fork = os.fork()
        if fork == 0:
            os.close(1), os.close(2)
            time.sleep(30)
            os._exit(0)
        print(child(), fork, flush=True)
        time.sleep(60)
    """
    with run(script) as parent:
        assert parent.stdout is not None
        pid, fork = map(int, parent.stdout.readline().split())
        parent.kill()

    try:
        assert ends_within(pid, 5)
    finally:
        os.kill(fork, signal.SIGKILL)


def test_a_forked_process_uses_a_child_of_its_own_and_leaves_the_parents_alone() -> None:
    script = """
        assert read()
        first = child()
        fork = os.fork()
        if fork == 0:
            good = read() and child() != first
            shared_expander().close()
            os._exit(0 if good else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0
        assert read() and child() == first
        print("good")
    """
    with run(script) as parent:
        output, errors = parent.communicate(timeout=60)

    assert (output.strip(), errors) == ("good", "")


def test_a_fork_in_the_middle_of_a_reading_does_not_wait_for_ever() -> None:
    script = """
        import threading
        assert read()
        shared_expander()._turn.acquire()  # another thread is reading
        fork = os.fork()
        if fork == 0:
            os._exit(0 if read() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0
        shared_expander()._turn.release()
        assert read()
        print("good")
    """
    with run(script) as parent:
        output, errors = parent.communicate(timeout=60)

    assert (output.strip(), errors) == ("good", "")


def test_a_process_that_read_calendars_ends_cleanly_and_leaves_no_child() -> None:
    with run("assert read(); print(child())") as parent:
        output, errors = parent.communicate(timeout=60)

    assert (parent.returncode, errors) == (0, "")
    assert ends_within(int(output), 5)
