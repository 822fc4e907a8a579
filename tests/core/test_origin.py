from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.origin import check_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        (" HTTPS://Www.Example.com:443/ ", "https://www.example.com"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(text: str, origin: str) -> None:
    assert check_origin("embed_origins", text) == origin


@pytest.mark.parametrize(
    "text",
    ["*", "https://*", "https://*.example.com", "http://example.com", "http://localhost.example.com", "example.com",
     "https://example.com/page", "https://example.com?x", "https://u@example.com", "https://a b", "https://", "null",
     "https://example.com; script-src *", "https://example.com\nx", "https://exa mple.com", "data:", "'self'",
     "https://example.com:0", "https://example.com:65536", "https://example.com:999999", "https://-a.example",
     "https://a..example", "https://" + "a" * 64, "https://müller.example", "", None, 5],
)  # fmt: skip
def test_what_is_no_exact_origin_or_lets_strangers_in_is_refused(text: object) -> None:
    with pytest.raises(InputError) as caught:
        check_origin("embed_origins", text)
    assert caught.value.field == "embed_origins"


@given(st.from_regex(r"https?://[a-z0-9.:;/ '*-]{1,30}") | st.text(max_size=40))
def test_no_origin_can_become_a_second_directive(text: str) -> None:
    try:
        origin = check_origin("embed_origins", text)
    except InputError:
        return
    assert not set(origin) & set(" ;,*'\"\n\t")
    assert check_origin("embed_origins", origin) == origin
