import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.identity.email import ascii_email, canonical_email


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Ada@Example.com", "ada@example.com"),
        ("  ada+book@example.com ", "ada+book@example.com"),
        ("ada@B\u00fccher.example.com", "ada@b\u00fccher.example.com"),
        ("ada@xn--bcher-kva.example.com", "ada@b\u00fccher.example.com"),
    ],
)
def test_every_spelling_of_an_address_has_one_form(text: str, canonical: str) -> None:
    assert canonical_email(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@mail.example",
        "ada@localhost",
        "a@b@example.com",
        "ada@[127.0.0.1]",
        '"ada b"@example.com',
        "ada@example.com\nBcc: x@example.com",
        "Ada <ada@example.com>",
        "a" * 70 + "@mail.com",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical_email(text)
    assert caught.value.field == "email"
    assert not text or text not in caught.value.message


@given(st.from_regex(r"[A-Za-z0-9]{1,10}@[a-z]{2,8}\.com", fullmatch=True))
def test_the_form_of_a_form_is_itself(text: str) -> None:
    assert canonical_email(canonical_email(text)) == canonical_email(text)


def test_a_mail_server_gets_an_address_in_ascii() -> None:
    assert ascii_email("Ada@Zürich.example") == "ada@xn--zrich-kva.example"


def test_a_local_part_that_mail_servers_do_not_take_is_refused() -> None:
    with pytest.raises(InputError, match="before @"):
        ascii_email("jürgen@example.com")
