"""Filling a text: data, never a program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.mail import (
    LONGEST_BODY,
    REQUIRED,
    VARIABLES,
    MailKind,
    Reader,
    Text,
    check_text,
    fill,
    one_line,
    reader_of,
)

KIND = MailKind.BOOKING_CONFIRMED

ATTACKS = """
{{7*7}} {%print(7*7)%} ${7*7} #{7*7} <%=7*7%> {0} {} {0.__class__} {when.__class__} {when!r} {when:>99} {when[0]}
{self} {config} %(when)s %s $when {{when}} { when } {WHEN} {__init__} {reader_name} {link}
""".split()


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_looks_like_a_template_of_another_kind_appears_as_it_was_typed(attack: str) -> None:
    text = fill(KIND, Text(attack, f"a {attack} b"), {"when": "W", "reader_name": "R", "link": "L"})
    wanted = attack.replace("{when}", "W") if attack == "{{when}}" else attack
    assert text == Text(wanted, f"a {wanted} b")


def test_a_value_is_not_filled_a_second_time() -> None:
    values = {"customer_name": "{manage_link} {{when}}", "manage_link": "https://hub.test/b", "when": "W"}
    text = fill(KIND, Text("{customer_name}", "{customer_name}"), values)
    assert text == Text("{manage_link} {{when}}", "{manage_link} {{when}}")


@given(st.text(max_size=200), st.dictionaries(st.sampled_from(sorted(VARIABLES[KIND])), st.text(max_size=50)))
def test_filling_never_fails_and_a_subject_stays_on_one_line(body: str, values: dict[str, str]) -> None:
    text = fill(KIND, Text(body, body), values)
    assert not any(one in text.subject for one in "\r\n\0\u2028\u2029\x85\x0b\x0c\u202e")


@given(st.text(max_size=200))
def test_a_value_cannot_begin_a_line_of_its_own(value: str) -> None:
    text = fill(KIND, Text("x", "first {customer_name} last"), {"customer_name": value})
    assert text.body in ("", f"first {one_line(value)} last")


def test_a_line_whose_variables_have_no_values_is_left_out() -> None:
    body = "When: {when}\nWhere: {place}\n\nCall {business_phone} or {business_email}\nBye"
    text = fill(KIND, Text("x", body), {"when": "W", "business_email": "a@b.test"})
    assert text.body == "When: W\n\nCall  or a@b.test\nBye"


def test_a_confirmation_without_its_link_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"\{manage_link\}") as caught:
        check_text(KIND, "Confirmed", "See you {when}")
    assert caught.value.field == "body"


@pytest.mark.parametrize(
    ("subject", "body", "field"),
    [
        ("", "{when} {manage_link}", "subject"),
        (" \n ", "{when} {manage_link}", "subject"),
        ("x" * 201, "{when} {manage_link}", "subject"),
        ("x", "", "body"),
        ("x", "{when} {manage_link}" + "y" * LONGEST_BODY, "body"),
    ],
)
def test_a_text_that_is_empty_or_too_long_is_refused_under_its_field(subject: str, body: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        check_text(KIND, subject, body)
    assert caught.value.field == field


def test_a_text_keeps_its_lines_and_loses_what_does_not_show() -> None:
    text = check_text(KIND, "New\r\nBcc: eve@x.test", "{when}\r\n\r\n{manage_link}\x00\u202e  \rBye")
    assert text == Text("New Bcc: eve@x.test", "{when}\n\n{manage_link}\nBye")


@pytest.mark.parametrize("kind", MailKind)
def test_what_a_kind_requires_it_also_has(kind: MailKind) -> None:
    assert REQUIRED[kind] <= VARIABLES[kind]


def test_every_kind_has_one_reader_and_only_the_customer_can_change_a_booking_by_it() -> None:
    for kind in MailKind:
        assert ("manage_link" in VARIABLES[kind]) <= (reader_of(kind) is Reader.CUSTOMER)
    assert {kind for kind in MailKind if reader_of(kind) is Reader.USER} == {
        MailKind.INVITATION,
        MailKind.RESET,
        MailKind.TEST,
        MailKind.USER_ACCESS_ASKED,
        MailKind.USER_ACCESS_VIEWED,
        MailKind.USER_CONNECTIONS,
    }
