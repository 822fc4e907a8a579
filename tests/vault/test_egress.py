import gzip
import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hub.core.declared import parse_target
from hub.vault.border import Answer, Failure, Outcome
from hub.vault.egress import Egress
from hub.vault.guard import Guard
from tests.vault.conftest import Reply, Seen, Server

PUBLIC = "93.184.216.34"
SECRET = "Basic c2VjcmV0LWNhbmFyeTpzZWNyZXQtY2FuYXJ5"


@pytest.fixture
def egress(server: Server) -> Iterator[Egress]:
    egress = Egress(Guard([server.origin]), timeout=0.6, max_bytes=50_000)
    yield egress
    egress.drop()


def get(egress: Egress, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Any:
    return egress.exchange(method, parse_target(url), tuple(headers.items()), body)


def test_a_call_comes_back_as_plain_data(server: Server, egress: Egress) -> None:
    server.answer = lambda seen: Reply(207, [("X-One", "1"), ("X-One", "2"), ("Server", "x")], b"body")
    answer = get(egress, server.origin + "/a//b%20c?q=%41&r", "PROPFIND", b"<x/>", Depth="1")
    assert (answer.status, answer.reason, answer.body) == (207, "Multi-Status", b"body")
    assert [value for name, value in answer.headers if name == "X-One"] == ["1", "2"]
    seen = server.seen[0]
    assert (seen.method, seen.path, seen.body) == ("PROPFIND", "/a//b%20c?q=%41&r", b"<x/>")
    assert seen.headers["Content-Length"] == "4"
    assert seen.headers["Depth"] == "1"


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("DELETE", 404)])
def test_answers_without_a_body_leave_the_connection_usable(
    method: str, status: int, server: Server, egress: Egress
) -> None:
    server.answer = lambda seen: Reply(status, body=b"" if status in (204, 304) else b"text")
    for _ in range(3):
        answer = get(egress, server.origin + "/", method)
        assert answer.status == status
    assert len(server.seen) == 3


def test_redirects_are_given_back_and_not_followed(server: Server, egress: Egress) -> None:
    server.answer = lambda seen: Reply(302, [("Location", "http://169.254.169.254/latest/meta-data/")])
    assert get(egress, server.origin + "/").status == 302
    assert len(server.seen) == 1


def test_a_second_call_reuses_the_connection_and_asks_no_name_server(server: Server) -> None:
    dials: list[str] = []
    answers = [[PUBLIC], ["127.0.0.1"]]

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in answers.pop(0)]

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        dials.append(address)
        return socket.create_connection(("127.0.0.1", server.port), seconds)

    egress = Egress(Guard(["http://cal.test"], resolve, connect))
    assert isinstance(get(egress, "http://cal.test/"), Answer)
    assert isinstance(get(egress, "http://cal.test/"), Answer)
    assert dials == [PUBLIC]
    assert server.seen[0].headers["Host"] == "cal.test"
    egress.drop()


def to_loopback(port: int) -> Callable[[str, int, float], socket.socket]:
    def connect(address: str, _: int, seconds: float) -> socket.socket:
        from hub.vault.guard import _connect

        assert address == PUBLIC
        return _connect("127.0.0.1", port, seconds)

    return connect


def test_the_certificate_is_checked_for_the_name_though_the_address_is_dialled(
    tls_server: Callable[..., Server], ca_file: Path
) -> None:
    server = tls_server("cal.test")

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", (PUBLIC, port))]

    guard = Guard([], resolve, to_loopback(server.port))
    trusting, strict = Egress(guard, ca_file=ca_file), Egress(guard)
    assert get(trusting, "https://cal.test/").status == 200
    assert server.seen[0].headers["Host"] == "cal.test"
    assert get(trusting, "https://wrong.test/") == Failure(Outcome.TLS, "certificate")
    assert get(strict, "https://cal.test/") == Failure(Outcome.TLS, "certificate")
    assert len(server.seen) == 1
    trusting.drop()
    strict.drop()


def test_a_listed_https_address_is_checked_by_its_address(tls_server: Callable[..., Server], ca_file: Path) -> None:
    server = tls_server("127.0.0.1")
    egress = Egress(Guard([server.origin]), ca_file=ca_file)
    assert get(egress, server.origin + "/").status == 200
    egress.drop()


@pytest.mark.parametrize(
    ("url", "reason"),
    [("https://127.0.0.1/", "address"), ("http://cal.test/", "scheme"), ("https://cal.test:22/", "port")],
)
def test_what_the_guard_refuses_is_a_failure_and_nothing_is_sent(url: str, reason: str, egress: Egress) -> None:
    assert get(egress, url) == Failure(Outcome.REFUSED, reason)


def test_nobody_there_is_unreachable_and_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert get(Egress(Guard([origin])), origin) == Failure(Outcome.UNREACHABLE, "connect")


def drip(*parts: bytes) -> Callable[[Any], None]:
    def raw(out: Any) -> None:
        for part in parts:
            out.write(part)
            out.flush()
            time.sleep(0.05)

    return raw


def test_a_server_that_drips_headers_is_cut_at_the_deadline(server: Server, egress: Egress) -> None:
    server.answer = lambda seen: Reply(raw=drip(b"HTTP/1.1 200 OK\r\n", *[b"X-%d: y\r\n" % n for n in range(90)]))
    started = time.monotonic()
    assert get(egress, server.origin) == Failure(Outcome.TIMEOUT, "deadline", sent=True)
    assert time.monotonic() - started < 1.5


def test_a_server_that_drips_its_body_is_cut_at_the_deadline(server: Server, egress: Egress) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    server.answer = lambda seen: Reply(raw=drip(head, *[b"x"] * 90))
    started = time.monotonic()
    assert get(egress, server.origin) == Failure(Outcome.TIMEOUT, "deadline", sent=True)
    assert time.monotonic() - started < 1.5


def test_a_silent_server_and_a_shorter_wish_end_in_time(server: Server, egress: Egress) -> None:
    server.answer = lambda seen: Reply(raw=lambda out: time.sleep(0.9))
    started = time.monotonic()
    failure = egress.exchange("GET", parse_target(server.origin), (), b"", timeout=0.1)
    assert failure == Failure(Outcome.TIMEOUT, "deadline", sent=True)
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n",
        b"not http\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_no_answer(cut: bytes, server: Server, egress: Egress) -> None:
    server.answer = lambda seen: Reply(raw=drip(cut))
    assert get(egress, server.origin) == Failure(Outcome.BROKEN, "cut", sent=True)


def test_chunked_answers_are_whole(server: Server, egress: Egress) -> None:
    text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n1\r\n!\r\n0\r\n\r\n"
    server.answer = lambda seen: Reply(raw=drip(text))
    assert get(egress, server.origin).body == b"four!"


def test_a_huge_body_and_a_bomb_are_refused(server: Server, egress: Egress) -> None:
    server.answer = lambda seen: Reply(body=b"x" * 60_000)
    assert get(egress, server.origin) == Failure(Outcome.REFUSED, "too_large", sent=True)
    bomb = gzip.compress(bytes(5_000_000))
    server.answer = lambda seen: Reply(headers=[("Content-Encoding", "gzip")], body=bomb)
    assert get(egress, server.origin) == Failure(Outcome.REFUSED, "too_large", sent=True)
    server.answer = lambda seen: Reply(headers=[("Content-Encoding", "br")])
    assert get(egress, server.origin) == Failure(Outcome.BROKEN, "coding", sent=True)
    server.answer = lambda seen: Reply()
    assert get(egress, server.origin).body == b"ok"


def test_the_environment_moves_no_call(server: Server, egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert get(egress, server.origin).status == 200


def test_dropped_connections_are_made_anew(server: Server, egress: Egress) -> None:
    get(egress, server.origin)
    before = egress._pools
    egress.drop()
    assert egress._pools is not before
    assert get(egress, server.origin).status == 200


def test_many_threads_mix_no_answers_up(server: Server) -> None:
    def answer(seen: Seen) -> Reply:
        return Reply(body=seen.path.encode())

    server.answer = answer
    egress = Egress(Guard([server.origin]))
    with ThreadPoolExecutor(8) as pool:
        urls = [f"{server.origin}/{number}" for number in range(200)]
        bodies = list(pool.map(lambda url: get(egress, url).body.decode(), urls))
    assert bodies == [url.removeprefix(server.origin) for url in urls]
    egress.drop()


def test_no_log_line_holds_the_credential(server: Server, egress: Egress, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    get(egress, server.origin, Authorization=SECRET)
    server.answer = lambda seen: Reply(raw=drip(b""))
    get(egress, server.origin, Authorization=SECRET)
    assert SECRET.split()[1] not in caplog.text


def hang_up(times: int, server: Server) -> list[str]:
    """Let the server hang up on its first calls without a byte; the list fills with the methods it saw."""
    seen: list[str] = []

    def answer(call: Seen) -> Reply:
        seen.append(call.method)
        return Reply(raw=lambda out: None) if len(seen) <= times else Reply(body=b"here")

    server.answer = answer
    return seen


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "REPORT"])
def test_a_reading_request_that_met_a_server_hanging_up_is_repeated_once(
    method: str, server: Server, egress: Egress
) -> None:
    seen = hang_up(1, server)
    assert get(egress, server.origin, method).body == b"here"
    assert seen == [method, method]


@pytest.mark.parametrize(("method", "times"), [("GET", 2), ("PUT", 1), ("POST", 1), ("DELETE", 1)])
def test_a_writing_request_and_a_second_time_are_never_repeated(
    method: str, times: int, server: Server, egress: Egress
) -> None:
    seen = hang_up(times, server)
    assert get(egress, server.origin, method) == Failure(Outcome.BROKEN, "hung_up", sent=True)
    assert seen == [method] * times
