"""A mail as bytes, read back as programs read it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.mail import one_line
from hub.core.mail_message import Invitation, Letter, Mailbox, as_html, compose, readdressed, recipient_of
from tests.mailserver import parsed

LINK = "https://hub.example.com/b/manage/x.y.z"
LETTER = Letter(
    Mailbox("Ada's Practice", "hub@agency.test"),
    Mailbox("Grace Hopper", "grace@example.com"),
    Mailbox("Ada's Practice", "ada@practice.test"),
    "Confirmed: Check-up",
    f"Hello Grace Hopper,\n\nit is confirmed.\nMove it: {LINK}\n\nBye",
    (LINK,),
)
NOW = 1_805_094_000
HEADERS = {"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}


class Elements(HTMLParser):
    """What a reader's program makes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background", "srcset")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_mail_has_the_headers_of_an_automatic_one_and_says_the_same_twice() -> None:
    raw = compose(LETTER, "id@hub.test", NOW)
    mail = parsed(raw)
    assert set(mail.keys()) == HEADERS
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<id@hub.test>", "auto-generated")
    assert mail["Date"].datetime.timestamp() == NOW
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    plain, page = (part.get_content() for part in mail.iter_parts())
    assert plain.replace("\r\n", "\n").rstrip("\n") == LETTER.body
    assert "".join(Elements(page).text.split()) == "".join((LETTER.subject + LETTER.body).split())
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert recipient_of(raw) == "grace@example.com"


def test_an_invitation_is_a_part_of_its_own_with_its_method() -> None:
    content = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nSUMMARY:Zürich\r\nEND:VCALENDAR\r\n".encode()
    mail = parsed(compose(replace(LETTER, invitation=Invitation("CANCEL", content)), "id@hub.test", NOW))
    *_, last = mail.iter_parts()
    assert last.get_content_type() == "text/calendar"
    assert last.get_param("method") == "CANCEL"
    assert last.get_content().splitlines() == content.decode().splitlines()


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_no_name_and_no_subject_becomes_a_header(name: str, subject: str, business: str) -> None:
    letter = replace(
        LETTER,
        sender=Mailbox(business, LETTER.sender.address),
        to=Mailbox(name, LETTER.to.address),
        reply_to=Mailbox(business, "ada@practice.test"),
        subject=one_line(subject),
    )
    mail = parsed(compose(letter, "id@hub.test", NOW))
    assert set(mail.keys()) == HEADERS
    assert [one.addr_spec for one in mail["From"].addresses] == ["hub@agency.test"]
    assert [one.addr_spec for one in mail["To"].addresses] == ["grace@example.com"]
    assert [one.addr_spec for one in mail["Reply-To"].addresses] == ["ada@practice.test"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0"])
def test_a_line_break_in_a_header_is_refused(end: str) -> None:
    with pytest.raises(InputError):
        compose(replace(LETTER, subject=f"Hello{end}Bcc: eve@x.test"), "id@hub.test", NOW)
    with pytest.raises(InputError):
        compose(LETTER, f"id@hub.test{end}Bcc: eve@x.test", NOW)
    with pytest.raises(InputError):
        compose(replace(LETTER, to=Mailbox("", f"ada@x.test{end}Bcc: eve@x.test")), "id@hub.test", NOW)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<a href='https://evil.test'>click</a>",
    "javascript:alert(1)",
    "<style>@import 'https://evil.test'</style>",
    "</p></body><iframe src=//evil.test>",
    "<!--",
    "&lt;b&gt; &amp;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_an_element_and_nothing_is_fetched(text: str) -> None:
    page = Elements(as_html(replace(LETTER, subject=text, body=f"{text}\n{LINK}\n\n{text}")))
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "p", "br", "a"}
    assert page.links == [LINK]
    assert page.text.count(text) == 3


@given(st.text(max_size=200))
def test_any_text_is_read_as_the_text_that_it_is(text: str) -> None:
    body = one_line(text)
    page = Elements(as_html(replace(LETTER, subject="x", body=body)))
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "p", "br", "a"}
    assert "".join(page.text.split()) == "x" + "".join(body.split())


def test_a_mail_from_another_address_is_the_same_mail_otherwise() -> None:
    raw = compose(LETTER, "1@hub.test", 1_805_094_000)
    assert readdressed(raw, LETTER.sender, 1_900_000_000) == raw
    moved = readdressed(raw, Mailbox("", "new@agency.test"), 1_805_180_400)
    assert all(line.endswith(b"\r") for line in moved.split(b"\n")[:-1])
    assert moved.isascii()
    before, after = parsed(raw), parsed(moved)
    assert after["From"].addresses[0].addr_spec == "new@agency.test"
    assert after["From"].addresses[0].display_name == before["From"].addresses[0].display_name
    assert after["Date"].datetime.timestamp() == 1_805_180_400
    assert [name for name in after.keys()] == [name for name in before.keys()]  # noqa: C416, SIM118
    for name in set(before.keys()) - {"From", "Date"}:
        assert after[name].split("boundary")[0] == before[name].split("boundary")[0]
    assert [part.get_content() for part in after.walk() if not part.is_multipart()] == [
        part.get_content() for part in before.walk() if not part.is_multipart()
    ]


@pytest.mark.parametrize(
    "sender", [Mailbox("A\r\nBcc: eve@x.test", "new@agency.test"), Mailbox('Ünser "Büro" <x@y>', "n@a.test")]
)
def test_a_new_sender_becomes_no_other_header(sender: Mailbox) -> None:
    found = parsed(readdressed(compose(LETTER, "1@hub.test", 1_805_094_000), sender, 1_805_094_000))
    assert found["Bcc"] is None
    assert [one.addr_spec for one in found["From"].addresses] == [sender.address]
