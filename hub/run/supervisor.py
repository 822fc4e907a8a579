"""The supervisor of an embedded hub: starts Valkey, web, workers and clock, keeps them, and stops them in order."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

from hub.core.errors import InputError
from hub.run.broker_place import broker_place, check_place
from hub.run.child import Child, Program, hub_program
from hub.run.lock import only_one
from hub.run.termination import termination
from hub.run.valkey import valkey_program
from hub.settings import PREFIX, Settings

LOOK = 0.05
"""Seconds between two looks at the children."""

READY = "The hub is ready:"
"""Begins the line that is said once everything is ready; the address follows."""

_BROKER = f"{PREFIX}BROKER_SOCKET"


def run_hub(
    settings: Settings,
    *,
    separate_broker: bool = False,
    beside: Sequence[Program] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    say: Callable[[str], None] = lambda line: print(line, flush=True),
    program: Callable[..., Program] = hub_program,
) -> None:
    """Run the hub until SIGTERM or SIGINT; with ``separate_broker`` its broker is a process of its own.

    ``beside`` are further programs, started with Valkey, and ``environment`` is what all processes get besides.
    ``say`` is told one line for each child that becomes ready or ends, and `READY` with the address. Raises
    StateError if a hub runs on the same data folder, InputError for an address that cannot be bound or a data folder
    that does not do, and HubError when a child does not start the first time: the others are stopped before.
    """
    with only_one(settings.data_dir.resolve()), _listening(settings) as listener, termination() as stopped:
        programs = [valkey_program(settings)] if settings.queue_is_embedded else []
        programs += [*beside, *_programs(settings, listener, program)]
        programs = [replace(each, environment={**each.environment, **environment}) for each in programs]
        if separate_broker:
            programs = _with_broker(settings, programs, program)
        children = [Child(each, say) for each in programs]
        try:
            # The clock goes ahead: it brings the database up to date, and what is wrong is said once and not by all.
            # The broker is next: the others ask it.
            first = ("valkey", "clock", *(each.name for each in beside))
            for ahead in (first, (*first, "broker")):
                _watch([child for child in children if child.program.name in ahead], stopped, until_ready=True)
            _watch(children, stopped, until_ready=True)
            if not stopped():
                say(f"{READY} {_address(listener)}")
            _watch(children, stopped)
        finally:
            _stop(children)
    say("The hub has stopped.")


def _programs(settings: Settings, listener: socket.socket, program: Callable[..., Program]) -> list[Program]:
    number = listener.fileno()
    web = program("web", "work", "web", "--listener", str(number), stage=0, stop_seconds=10, files=(number,))
    clock = program("clock", "work", "clock", stage=1, stop_seconds=5)
    names = [f"worker {n}" if settings.workers > 1 else "worker" for n in range(1, settings.workers + 1)]
    return [clock, web, *(program(name, "work", "worker", stage=2, stop_seconds=30) for name in names)]


def _with_broker(settings: Settings, programs: list[Program], program: Callable[..., Program]) -> list[Program]:
    place = broker_place(settings)
    check_place(place)
    broker = program("broker", "work", "broker", stage=3, stop_seconds=15)
    return [replace(each, environment={**each.environment, _BROKER: str(place)}) for each in [*programs, broker]]


def _watch(children: Sequence[Child], stopped: Callable[[], bool], *, until_ready: bool = False) -> None:
    while not stopped():
        for child in children:
            child.step()
        if until_ready and all(child.ready for child in children):
            return
        time.sleep(LOOK)


def _stop(children: Sequence[Child]) -> None:
    for stage in sorted({child.program.stage for child in children}):
        together = [child for child in children if child.program.stage == stage]
        for child in together:
            child.ask_to_stop()
        deadline = time.monotonic() + max(child.program.stop_seconds for child in together)
        for child in together:
            child.stopped_by(deadline)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Bind the web address here and for good: requests wait while the web process is started again."""
    host, port = settings.web_host, settings.web_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    problem = ""
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} of {host} is taken by another program; stop it or choose another port"
        elif error.errno == errno.EACCES:
            problem = f"this user may not listen on port {port}; choose one above 1023"
        else:
            problem = f"{host!r} is no address of this machine that can be listened on; choose another host"
    if problem:
        setting = "web_host" if "no address" in problem else "web_port"
        raise InputError(f"setting {setting}", f"{problem} (HUB_{setting.upper()}).")
    with listener:
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
