"""A mail at the border: what the server says, what it never said, and where nothing is sent at all."""

from __future__ import annotations

import base64
import ssl
import time
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from hub.core.declared import Declared, parse_target
from hub.core.errors import Refused
from hub.core.provider import CONNECTION_HOST, DataCategory, Operation
from hub.core.purpose import Purpose
from hub.vault.border import Answer, Failure, Outcome, Result
from hub.vault.egress import Egress
from hub.vault.guard import Guard
from hub.vault.smtp import _as_data
from tests.mailserver import PASSWORD, USER, mail_server, scripted

BODY = b"Subject: Hello\r\n\r\n.hidden dot\r\nBye\r\n"
SIGNED = ("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
EHLO = b"250-there\r\n250 AUTH PLAIN\r\n"
PLAIN_LINE = ("Mail-Tls", "none")


def send(
    origin: str,
    *headers: tuple[str, str],
    to: str = "ada@example.com",
    body: bytes = BODY,
    timeout: float = 5.0,
    ca_file: Path | None = None,
    allow: bool = True,
) -> Result:
    egress = Egress(Guard([origin] if allow else []), timeout=timeout, ca_file=ca_file)
    envelope = [("Mail-From", "hub@agency.test")] + ([("Mail-To", to)] if to else [])
    return egress.exchange("MAIL", parse_target(origin), (*envelope, *headers), body)


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_mail_goes_signed_in_over_an_encrypted_line(
    tls: str, mechanism: str, context: ssl.SSLContext, ca_file: Path
) -> None:
    with mail_server(context, tls=tls, mechanisms=(mechanism,)) as server:
        result = send(server.origin, SIGNED, to="ada@example.com,ben@example.com", ca_file=ca_file)
    assert isinstance(result, Answer)
    assert (result.status, result.header("Smtp-Code"), result.header("Smtp-Status")) == (200, "250", "2.0.0")
    assert server.steps == [f"AUTH {mechanism}", "MAIL over tls"]
    assert (server.mails[0].mail_from, server.mails[0].rcpt_tos) == (
        "hub@agency.test",
        ["ada@example.com", "ben@example.com"],
    )
    assert server.mails[0].content == BODY


def test_a_server_without_encryption_gets_nothing_but_a_greeting() -> None:
    with mail_server(auth=False) as server:
        assert send(server.origin, SIGNED) == Failure(Outcome.TLS, "starttls")
        assert server.steps == []
        assert isinstance(send(server.origin, PLAIN_LINE), Answer)


def test_only_the_operators_own_server_may_be_spoken_to_in_the_clear() -> None:
    result = send("smtp://mail.test:25", PLAIN_LINE, allow=False)
    assert result == Failure(Outcome.REFUSED, "scheme")


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("smtp://127.0.0.1:25", "address"),
        ("smtp://10.0.0.1", "address"),
        ("smtps://169.254.169.254", "address"),
        ("smtp://mail.test:6379", "port"),
        ("smtps://mail.test:587", "port"),
        ("smtp://2130706433", "address"),
    ],
)
def test_a_mail_server_is_judged_by_the_same_guard(origin: str, reason: str) -> None:
    assert send(origin, allow=False) == Failure(Outcome.REFUSED, reason)


def test_a_certificate_of_nobody_known_stops_everything(context: ssl.SSLContext) -> None:
    for tls in ("starttls", "tls"):
        with mail_server(context, tls=tls) as server:
            assert send(server.origin, SIGNED) == Failure(Outcome.TLS, "certificate")
        assert server.steps == []


def test_what_was_said_before_the_encryption_does_not_count_after_it() -> None:
    """The answer to a later command is slipped in behind that to STARTTLS (CVE-2011-0411)."""
    with scripted(b"220 hi\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n250-x\r\n250 AUTH PLAIN\r\n") as server:
        result = send(server.origin, SIGNED)
    assert isinstance(result, Failure)
    assert (result.outcome, result.sent) in {(Outcome.TLS, False), (Outcome.BROKEN, False)}
    assert not any(b"AUTH" in line for line in server.heard)


def test_a_wrong_password_is_a_401_and_no_mail(context: ssl.SSLContext, ca_file: Path) -> None:
    wrong = ("Authorization", "Basic " + base64.b64encode(f"{USER}:wrong".encode()).decode())
    with mail_server(context, tls="starttls") as server:
        for headers in ([wrong], []):
            result = send(server.origin, *headers, ca_file=ca_file)
            assert isinstance(result, Answer)
            assert result.status == 401
    assert server.mails == []


def test_without_a_recipient_the_account_is_only_let_in_and_its_sender_tried(
    context: ssl.SSLContext, ca_file: Path
) -> None:
    with mail_server(context, tls="starttls") as server:
        result = send(server.origin, SIGNED, to="", ca_file=ca_file)
    assert isinstance(result, Answer)
    assert result.status == 200
    assert server.steps == ["AUTH PLAIN", "MAIL over tls"]
    assert server.mails == []


@pytest.mark.parametrize(
    ("line", "status"),
    [("451 4.7.1 greylisted", 429), ("421 busy", 429), ("550 5.1.1 nobody", 422), ("530 sign in", 401)],
)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_what_the_server_says_at_any_step_becomes_a_status(step: str, line: str, status: int) -> None:
    with mail_server(auth=False) as server:
        server.say = lambda at, about: line if at == step else None
        result = send(server.origin, PLAIN_LINE)
    assert isinstance(result, Answer)
    assert (result.status, result.header("Smtp-Code")) == (status, line[:3])
    assert server.mails == []


def test_if_one_recipient_is_refused_nobody_gets_the_mail() -> None:
    with mail_server(auth=False) as server:
        server.say = lambda at, about: "550 no" if about == "ben@example.com" else None
        result = send(server.origin, PLAIN_LINE, to="ada@example.com,ben@example.com")
    assert isinstance(result, Answer)
    assert result.status == 422
    assert server.mails == []


BEFORE_THE_DOT = (b"220 hi\r\n", EHLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")


@pytest.mark.parametrize("count", range(1, len(BEFORE_THE_DOT)))
def test_a_line_cut_before_the_final_dot_means_that_nothing_happened(count: int) -> None:
    with scripted(*BEFORE_THE_DOT[:count]) as server:
        result = send(server.origin, PLAIN_LINE)
    assert result == Failure(Outcome.BROKEN, "cut", sent=False)


def test_a_line_cut_after_the_final_dot_means_that_nobody_knows() -> None:
    with scripted(*BEFORE_THE_DOT) as server:
        result = send(server.origin, PLAIN_LINE)
    assert result == Failure(Outcome.UNKNOWN, "cut", sent=True)
    assert server.heard[-1].endswith(b"Bye\r\n.\r\n")


@pytest.mark.parametrize("answer", [b"what?\r\n", b"999 no such code\r\n", b"250-never ending\r\n" * 8000])
def test_an_answer_to_the_mail_that_makes_no_sense_means_that_nobody_knows(answer: bytes) -> None:
    with scripted(*BEFORE_THE_DOT, answer) as server:
        result = send(server.origin, PLAIN_LINE)
    assert isinstance(result, Failure)
    assert (result.outcome, result.sent) == (Outcome.UNKNOWN, True)


def test_a_no_after_the_final_dot_is_a_no() -> None:
    for line, status in ((b"452 full\r\n", 429), (b"554 spam\r\n", 422)):
        with scripted(*BEFORE_THE_DOT, line) as server:
            result = send(server.origin, PLAIN_LINE)
        assert isinstance(result, Answer)
        assert result.status == status


@pytest.mark.parametrize(("count", "sent"), [(0, False), (1, False), (4, False), (5, True)])
def test_a_server_that_is_silent_is_cut_at_the_deadline(count: int, sent: bool) -> None:
    with scripted(*BEFORE_THE_DOT[:count], at_the_end=lambda sock: time.sleep(1.5)) as server:
        began = time.monotonic()
        result = send(server.origin, PLAIN_LINE, timeout=0.4)
        assert time.monotonic() - began < 1.2
    assert result == Failure(Outcome.TIMEOUT, "deadline", sent=sent)


def test_a_server_that_drips_its_answer_is_cut_at_the_deadline() -> None:
    def drip(sock: object) -> None:
        for _ in range(30):
            sock.send(b"2")  # type: ignore[attr-defined]
            time.sleep(0.1)

    with scripted(b"220 hi\r\n", at_the_end=drip) as server:
        began = time.monotonic()
        result = send(server.origin, PLAIN_LINE, timeout=0.5)
        assert time.monotonic() - began < 1.5
    assert isinstance(result, Failure)
    assert (result.outcome, result.sent) == (Outcome.TIMEOUT, False)


def test_a_server_that_talks_without_end_is_stopped() -> None:
    with scripted(b"220-and another thing\r\n" * 20_000) as server:
        assert send(server.origin, PLAIN_LINE) == Failure(Outcome.REFUSED, "too_large")


def test_nobody_at_the_door_is_unreachable() -> None:
    with scripted() as server:
        pass
    assert send(server.origin, PLAIN_LINE) == Failure(Outcome.UNREACHABLE, "connect")


@pytest.mark.parametrize(
    ("to", "body", "reason"),
    [
        ("ada@example.com> SIZE=1", BODY, "envelope"),
        ("ada@example.com\r\nRCPT TO:<eve@example.com>", BODY, "envelope"),
        ("<ada@example.com>", BODY, "envelope"),
        ("ada", BODY, "envelope"),
        ("ada@example.com", "Zürich".encode(), "body"),
        ("ada@example.com", b"a\0b", "body"),
    ],
)
def test_an_envelope_or_body_that_could_be_read_in_two_ways_is_refused(to: str, body: bytes, reason: str) -> None:
    assert send("smtp://mail.test", to=to, body=body) == Failure(Outcome.REFUSED, reason)


def test_a_server_that_knows_no_way_in_of_ours_does_not_get_the_password() -> None:
    with scripted(b"220 hi\r\n", b"250-x\r\n250 AUTH CRAM-MD5\r\n") as server:
        assert send(server.origin, PLAIN_LINE, SIGNED) == Failure(Outcome.REFUSED, "auth")


@given(st.binary(max_size=300).map(lambda each: each.replace(b"\0", b"")))
def test_no_text_can_end_the_mail_and_begin_another(body: bytes) -> None:
    data = _as_data(body)
    assert data.endswith(b".\r\n")
    lines = data[:-3].split(b"\r\n")
    assert b"." not in lines
    assert not any(one in line for line in lines for one in (b"\r", b"\n"))
    undotted = [line[1:] if line.startswith(b".") else line for line in lines]
    wanted = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    assert [*undotted[:-1]] == (wanted[:-1] if wanted[-1] == b"" else wanted)


def test_a_mail_needs_a_mail_server_and_a_mail_server_gets_nothing_else() -> None:
    sending = frozenset({Purpose.SEND_MESSAGE})
    declared = Declared(
        Operation(name, method, CONNECTION_HOST, "/", sending, DataCategory.MESSAGES)
        for name, method in (("send", "MAIL"), ("write", "PUT"))
    )
    mail, web = parse_target("smtps://mail.test"), parse_target("https://mail.test")
    assert declared.find("MAIL", mail, Purpose.SEND_MESSAGE).name == "send"
    for method, target in (("MAIL", web), ("PUT", mail)):
        with pytest.raises(Refused, match="mail servers"):
            declared.find(method, target, Purpose.SEND_MESSAGE)
