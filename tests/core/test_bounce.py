"""Delivery reports: read by the rules, and trusted in nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.bounce import LARGEST, read_bounce
from hub.core.errors import InputError

HEAD = b'Subject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
STATUS = b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
FIELDS = b"Final-Recipient: rfc822; ada@example.com\r\nAction: %s\r\nStatus: %s\r\n\r\n"
TEXT = b"--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
OURS = b"From: hub@agency.test\r\nMessage-ID:\r\n <abc@hub.test>\r\n"
MAIL = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + OURS + b"\r\nHello\r\n--b--\r\n"
HEADERS = b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + OURS + b"--b--\r\n"


def report(action: bytes = b"failed", status: bytes = b"5.1.1", last: bytes = MAIL, head: bytes = HEAD) -> bytes:
    return head + b"\r\n" + TEXT + STATUS + FIELDS % (action, status) + last


@pytest.mark.parametrize("last", [MAIL, HEADERS])
def test_a_failure_names_the_mail_that_came_back(last: bytes) -> None:
    found = read_bounce(report(last=last))
    assert found is not None
    assert (found.message_ids, found.status) == (("abc@hub.test",), "5.1.1")


def test_without_the_mail_itself_what_it_answers_to_is_taken() -> None:
    found = read_bounce(report(last=b"--b--\r\n", head=b"In-Reply-To: <abc@hub.test>\r\n" + HEAD))
    assert found is not None
    assert found.message_ids == ("abc@hub.test",)


@pytest.mark.parametrize("action", [b"delayed", b"delivered", b"relayed", b"expanded", b""])
def test_a_report_of_anything_but_a_failure_is_none(action: bytes) -> None:
    assert read_bounce(report(action)) is None


@pytest.mark.parametrize("raw", [b"", b"Subject: Out of office\r\n\r\nI am away.", b"\0\xff", HEAD + b"\r\nnothing"])
def test_what_is_no_report_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError, match="delivery report"):
        read_bounce(raw)


def test_a_report_that_is_too_large_is_not_read() -> None:
    with pytest.raises(InputError, match="larger"):
        read_bounce(report() + b"x" * LARGEST)


@given(st.binary(max_size=400))
def test_any_bytes_within_a_report_are_read_without_a_crash(noise: bytes) -> None:
    try:
        read_bounce(report(last=noise))
        read_bounce(HEAD + b"\r\n" + noise)
    except InputError:
        pass


def test_parts_within_parts_are_counted() -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(300))
    assert read_bounce(report(last=b"--b\r\n" + nested)) is not None
