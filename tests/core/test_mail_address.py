"""Names and addresses in headers: of one reading, and without pretence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.mail_address import LONGEST_NAME, NOBODY, check_address, greeted_name, mail_host, shown_name


@pytest.mark.parametrize("text", ["ada@example.com", "a.b+c@xn--zrich-kva.test", "hub@[127.0.0.1]", "o'neill@x.test"])
def test_a_bare_address_passes(text: str) -> None:
    assert check_address(text) == text


@pytest.mark.parametrize(
    "text", ["", "ada", "ada@", "@x", "a b@x.test", "a@x.test\r\nBcc: e@x.test", "<a@x.test>", "a@zürich.test", "a@x@"]
)
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as caught:
        check_address(text)
    assert not text or text not in str(caught.value)


@given(st.text(max_size=300))
def test_a_shown_name_holds_nothing_that_is_taken_for_an_address_or_a_header(text: str) -> None:
    name = shown_name(text)
    assert len(name) <= LONGEST_NAME
    assert not set(name) & set('@<>"\\;,:\r\n\0\u202e\u2066\u200f\u2028')


@pytest.mark.parametrize("name", ["Ada Lovelace", "Łucja Müller-O'Neill", "Dr. A. B. Smith Jr.", "李小龍", "José"])
def test_a_name_is_greeted(name: str) -> None:
    assert greeted_name(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Win at https://evil.test",
        "www evil",
        "evil.com",
        "Ada evil.test/x",
        "call 0900123456",
        "a@evil.test",
        "x" * 71,
    ],
)
def test_an_advertisement_in_place_of_a_name_is_not_repeated(text: str) -> None:
    assert greeted_name(text) == NOBODY


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://hub.example.com", "hub.example.com"),
        ("http://127.0.0.1:8765", "[127.0.0.1]"),
        ("http://[::1]:8765", "[IPv6:::1]"),
        ("http://localhost:80", "localhost"),
    ],
)
def test_the_host_of_the_hub_can_stand_behind_an_at_sign(url: str, host: str) -> None:
    assert mail_host(url) == host
    assert check_address(f"hub@{host}")
