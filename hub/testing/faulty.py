"""A CalDAV server with one thing wrong at a time: a loopback front with fault switches before a real server."""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SLOWEST = 30.0
HUGE = 10_000_000
_ICAL = re.compile(rb"BEGIN:VCALENDAR.*?END:VCALENDAR", re.DOTALL)
_BOMB = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:bomb\r\nDTSTAMP:20200101T000000Z\r\n"
    b"DTSTART:19700101T000000Z\r\nDTEND:19700101T000001Z\r\nRRULE:FREQ=SECONDLY;BYSECOND=59;BYMONTHDAY=31;BYMONTH=2\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
_GARBAGE = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:yesterday\r\n=00=\r\nRRULE:FREQ\r\nEND:VCALENDAR\r\n"
_DTD = b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaa">]><m xmlns="DAV:">&a;</m>'
_CUT = (
    b'<?xml version="1.0"?><multistatus xmlns="DAV:"><response><href>%s</href>'
    b"<status>HTTP/1.1 507 Insufficient Storage</status></response></multistatus>"
)
_UNCHANGED = b'<?xml version="1.0"?><multistatus xmlns="DAV:"><sync-token>%s</sync-token></multistatus>'


class Fault(StrEnum):
    """What is wrong with the server."""

    DOWN = "down"  # takes the connection and closes it
    SLOW = "slow"  # does not answer for `SLOWEST` seconds
    HTML = "html"  # a page with status 200
    HUGE = "huge"  # ten megabytes of XML
    DTD = "dtd"  # XML with a document type and an entity
    UNAUTHORIZED = "unauthorized"  # 401
    FORBIDDEN = "forbidden"  # 403
    UNAVAILABLE = "unavailable"  # 503
    CHANGED = "changed"  # 412 to every write with a condition
    TOO_MANY = "too_many"  # 429 with Retry-After: 7
    ELSEWHERE = "elsewhere"  # 302 to another host
    GARBAGE = "garbage"  # iCalendar that is none
    BOMB = "bomb"  # a recurrence rule that never comes to an end
    NO_DATA = "no_data"  # names of events without their content
    NO_QUERY = "no_query"  # calendar-query is 501
    NO_REPORTS = "no_reports"  # every report is 501
    NO_FREE_BUSY = "no_free_busy"  # free-busy-query is 501
    NO_SYNC_TOKEN = "no_sync_token"  # noqa: S105 - no secret: only a ctag
    NO_TOKENS = "no_tokens"  # neither a sync token nor a ctag
    TOKEN_403 = "token_403"  # noqa: S105 - no secret: every sync token is refused
    TOKEN_412 = "token_412"  # noqa: S105 - no secret: the same with another status
    TOKEN_FULL = "token_full"  # noqa: S105 - no secret: every sync token is answered in full
    SYNC_SECONDS = "sync_seconds"  # the sync token is the second of the last change, and that second goes on (SOGo)
    CTAG_SECONDS = "ctag_seconds"  # the same with a ctag, and no sync token
    CUT = "cut"  # 507: the answer does not hold everything
    CONDITIONS_IGNORED = "conditions_ignored"  # If-Match and If-None-Match mean nothing
    NO_ETAG = "no_etag"  # a write is answered without an ETag
    RENAMED = "renamed"  # objects are kept under names of the server's own
    WRITE_THEN_DOWN = "write_then_down"  # the write is done and its answer lost
    WRITE_THEN_500 = "write_then_500"  # the write is done and called a failure


@dataclass(slots=True)
class Front:
    """The switches. ``fault`` applies to requests of ``methods`` (all, if empty), ``times`` times (for ever, if None).

    ``seen`` lists what arrived as ``(method, path)``; nothing of the headers is kept. ``second`` is the moment that
    tokens made of seconds name.
    """

    url: str
    fault: Fault | None = None
    methods: frozenset[str] = frozenset()
    times: int | None = None
    elsewhere: str = "http://elsewhere.test/"
    second: int = field(default_factory=lambda: int(time.time()))
    seen: list[tuple[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def break_with(self, fault: Fault | None, *methods: str, times: int | None = None) -> None:
        """Switch a fault on, or all off with None."""
        with self._lock:
            self.fault, self.methods, self.times = fault, frozenset(methods), times

    def take(self, method: str, path: str) -> Fault | None:
        """Note a request and return the fault that it meets."""
        with self._lock:
            self.seen.append((method, path))
            if self.fault is None or self.times == 0 or (self.methods and method not in self.methods):
                return None
            if self.times is not None:
                self.times -= 1
            return self.fault


@dataclass(slots=True)
class _Exchange:
    """A request on its way to the server."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class _Reply:
    """An answer on its way back; None as a status closes the connection."""

    status: int | None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@contextlib.contextmanager
def faulty(origin: str, *, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Front]:
    """Run a front before the server at ``origin`` (http, loopback) until the block ends; over https with ``tls``.

    ``port`` 0 takes one that is free.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            exchange = _Exchange(self.command, self.path, dict(self.headers), body)
            with contextlib.suppress(ConnectionError, http.client.HTTPException):
                self._reply(_answer(front, origin, exchange, front.take(self.command, self.path)))
                return
            self.close_connection = True

        def _reply(self, reply: _Reply) -> None:
            if reply.status is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    front = Front(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/")
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(front: Front, origin: str, exchange: _Exchange, fault: Fault | None) -> _Reply:
    if fault is Fault.SLOW:
        front.closing.wait(SLOWEST)
        return _Reply(None)
    if fault in _INSTEAD:
        return _INSTEAD[fault]()
    if fault is Fault.ELSEWHERE:
        return _Reply(302, {"Location": front.elsewhere})
    if fault is Fault.CUT and b"calendar-query" in exchange.body:
        return _Reply(207, _XML, _CUT % exchange.path.encode())
    if fault is Fault.SYNC_SECONDS and (asked := re.search(rb"sync-token>(\d+)<", exchange.body)):
        if int(asked[1]) >= front.second:
            return _Reply(207, _XML, _UNCHANGED % asked[1])
        exchange.body = exchange.body.replace(asked[0], b"sync-token><")
    status = _refused(fault, exchange)
    if status:
        return _Reply(status)
    _change_request(fault, exchange)
    return _change_reply(front, fault, exchange, _forward(origin, exchange))


def _refused(fault: Fault | None, exchange: _Exchange) -> int:
    if fault is Fault.CHANGED and exchange.headers.keys() & {"If-Match", "If-None-Match"}:
        return 412
    if fault is Fault.NO_REPORTS and exchange.method == "REPORT":
        return 501
    if fault is Fault.NO_QUERY and b"calendar-query" in exchange.body:
        return 501
    if fault is Fault.NO_FREE_BUSY and b"free-busy-query" in exchange.body:
        return 501
    if fault in (Fault.TOKEN_403, Fault.TOKEN_412) and b"sync-collection" in exchange.body:
        return 403 if fault is Fault.TOKEN_403 else 412
    return 0


def _change_request(fault: Fault | None, exchange: _Exchange) -> None:
    if fault is Fault.NO_DATA:
        exchange.body = exchange.body.replace(b"calendar-data", b"x-calendar-data")
    elif fault in (Fault.NO_SYNC_TOKEN, Fault.NO_TOKENS, Fault.CTAG_SECONDS) and exchange.method == "PROPFIND":
        exchange.body = exchange.body.replace(b"sync-token", b"x-sync-token")
        if fault is Fault.NO_TOKENS:
            exchange.body = exchange.body.replace(b"getctag", b"x-getctag")
    elif fault is Fault.TOKEN_FULL:
        exchange.body = re.sub(rb"(<[^>/]*sync-token>)[^<]+", rb"\1", exchange.body)
    elif fault is Fault.CONDITIONS_IGNORED:
        for name in ("If-Match", "If-None-Match"):
            exchange.headers.pop(name, None)
    elif fault is Fault.RENAMED and exchange.method == "PUT":
        folder, _, name = exchange.path.rpartition("/")
        exchange.path = f"{folder}/kept-{name}"


def _change_reply(front: Front, fault: Fault | None, exchange: _Exchange, reply: _Reply) -> _Reply:
    if fault in (Fault.GARBAGE, Fault.BOMB):
        text = _GARBAGE if fault is Fault.GARBAGE else _BOMB
        reply.body = _ICAL.sub(lambda _match: text, reply.body)
    elif fault in (Fault.SYNC_SECONDS, Fault.CTAG_SECONDS):
        reply.body = re.sub(rb"((?:sync-token|getctag)>)[^<]+", rb"\g<1>%d" % front.second, reply.body)
    elif fault is Fault.NO_ETAG and exchange.method == "PUT":
        reply.headers.pop("ETag", None)
    elif fault is Fault.WRITE_THEN_DOWN:
        return _Reply(None)
    elif fault is Fault.WRITE_THEN_500:
        return _Reply(500)
    return reply


def _forward(origin: str, exchange: _Exchange) -> _Reply:
    server = urlsplit(origin)
    connection = http.client.HTTPConnection(server.hostname or "", server.port, timeout=SLOWEST)
    try:
        headers = {name: value for name, value in exchange.headers.items() if name.lower() not in _HOP}
        connection.request(exchange.method, exchange.path, exchange.body or None, headers)
        answer = connection.getresponse()
        body = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        return _Reply(answer.status, kept, body)
    finally:
        connection.close()


def _huge() -> _Reply:
    filler = b"<response><href>/x</href></response>"
    return _Reply(207, _XML, b'<multistatus xmlns="DAV:">' + filler * (HUGE // len(filler)) + b"</multistatus>")


_XML = {"Content-Type": "application/xml; charset=utf-8"}
_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=post></form></body></html>"
_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding", "accept-encoding"})
_INSTEAD: Mapping[Fault | None, Callable[[], _Reply]] = {
    Fault.DOWN: lambda: _Reply(None),
    Fault.HTML: lambda: _Reply(200, {"Content-Type": "text/html; charset=utf-8"}, _PAGE),
    Fault.HUGE: _huge,
    Fault.DTD: lambda: _Reply(207, _XML, _DTD),
    Fault.UNAUTHORIZED: lambda: _Reply(401, {"WWW-Authenticate": 'Basic realm="x"'}),
    Fault.FORBIDDEN: lambda: _Reply(403),
    Fault.UNAVAILABLE: lambda: _Reply(503),
    Fault.TOO_MANY: lambda: _Reply(429, {"Retry-After": "7"}),
}
