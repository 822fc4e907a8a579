"""The faults that look alike everywhere, around a small stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from werkzeug import Request, Response

from hub.testing.lab.faulted import COMMON, with_faults
from hub.testing.lab.serve import serve
from hub.testing.lab.switches import Fault, Switches

WRITTEN: list[str] = []


@Request.application
def application(request: Request) -> Response:
    if request.method == "PUT":
        WRITTEN.append(request.path)
    return Response("fine")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Switches]]:
    switches = Switches()
    with serve(with_faults(application, switches)) as origin:
        yield origin, switches


def ask(server: tuple[str, Switches], method: str, fault: Fault) -> requests.Response:
    origin, switches = server
    WRITTEN.clear()
    with switches.on(fault), requests.Session() as session:
        session.trust_env = False
        return session.request(method, f"{origin}/a", allow_redirects=False, timeout=5)


def test_each_answers_in_its_way(server: tuple[str, Switches]) -> None:
    statuses = {fault: ask(server, "GET", fault).status_code for fault in COMMON - {Fault.BROKEN, Fault.SLOW}}
    assert statuses == {
        Fault.UNAUTHORIZED: 401,
        Fault.FORBIDDEN: 403,
        Fault.TOO_MANY: 429,
        Fault.DOWN: 503,
        Fault.ELSEWHERE: 302,
        Fault.HTML: 200,
        Fault.HUGE: 200,
        Fault.WRITE_THEN_SILENCE: 200,  # only writes suffer from these two
        Fault.WRITE_THEN_DOWN: 200,
    }
    assert ask(server, "GET", Fault.TOO_MANY).headers["Retry-After"] == "7"


def test_a_write_is_done_before_its_answer_is_lost(server: tuple[str, Switches]) -> None:
    with pytest.raises(requests.ConnectionError):
        ask(server, "PUT", Fault.WRITE_THEN_SILENCE)
    assert WRITTEN == ["/a"]
    assert ask(server, "PUT", Fault.WRITE_THEN_DOWN).status_code == 500
    assert WRITTEN == ["/a"]


def test_a_slow_server_answers_in_the_end(server: tuple[str, Switches]) -> None:
    server[1].seconds = 0.05
    assert ask(server, "PUT", Fault.SLOW).elapsed.total_seconds() >= 0.05
    assert WRITTEN == ["/a"]


def test_a_broken_connection_is_no_answer_and_no_write(server: tuple[str, Switches]) -> None:
    with pytest.raises(requests.ConnectionError):
        ask(server, "PUT", Fault.BROKEN)
    assert WRITTEN == []
