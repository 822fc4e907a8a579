import pytest

from hub.core.errors import Refused
from hub.vault.headers import incoming, outgoing


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Expect",
        "Cookie",
        "Authorization",
        "Proxy-Authorization",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "X_HTTP_Method_Override",
        "X-Original-URL",
        "Upgrade",
        "TE",
        "Accept-Encoding",
    ],
)
def test_a_header_that_the_broker_owns_or_that_tunnels_is_taken_out(name: str) -> None:
    for spelling in (name, name.lower(), name.upper()):
        assert outgoing(((spelling, "x"),)) == (("Accept-Encoding", "gzip, deflate"),)


def test_ordinary_headers_go_out_as_they_are() -> None:
    headers = (("Depth", "1"), ("If-Match", '"e"'), ("Content-Type", "text/calendar; charset=utf-8"))
    assert outgoing(headers)[:3] == headers


def test_headers_that_connection_names_are_hop_by_hop_too() -> None:
    assert outgoing((("Connection", "close, X-Secret"), ("X-Secret", "1"), ("X-Open", "1")))[0] == ("X-Open", "1")


def test_a_key_hook_keeps_its_own_authorization_and_nothing_else() -> None:
    kept = outgoing((("Authorization", "Basic x"), ("Cookie", "y")), keep_authorization=True)
    assert kept[:-1] == (("Authorization", "Basic x"),)


@pytest.mark.parametrize(
    ("name", "value"), [("X", "a\r\nHost: b"), ("X", "a\nb"), ("X", "a\x00"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a")]
)
def test_a_header_that_could_be_read_as_two_is_refused(name: str, value: str) -> None:
    with pytest.raises(Refused) as caught:
        outgoing(((name, value),))
    assert caught.value.reason == "header"


def test_endless_headers_are_refused() -> None:
    with pytest.raises(Refused):
        outgoing(tuple((f"X-{number}", "y" * 1000) for number in range(100)))


def test_the_answer_comes_with_the_length_of_the_decoded_body_and_without_cookies() -> None:
    raw = (
        ("Content-Length", "20"),
        ("Content-Encoding", "gzip"),
        ("Set-Cookie", "session=1"),
        ("Transfer-Encoding", "chunked"),
        ("WWW-Authenticate", "Basic"),
        ("ETag", '"e"'),
        ("X", "1"),
        ("X", "2"),
    )
    assert incoming(raw, "GET", 400) == (("ETag", '"e"'), ("X", "1"), ("X", "2"), ("Content-Length", "400"))
    assert ("WWW-Authenticate", "Basic") in incoming(raw, "GET", 400, keep_challenge=True)
    assert ("Content-Length", "20") in incoming(raw, "HEAD", 0)
