"""The hub's own wording keeps the rules that it makes for others."""

from __future__ import annotations

import pytest

from hub.core.mail import VARIABLES, MailKind, check_text, fill
from hub.core.mail_defaults import DEFAULTS


@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_has_a_text_that_could_be_stored_as_it_is(kind: MailKind) -> None:
    assert check_text(kind, DEFAULTS[kind].subject, DEFAULTS[kind].body) == DEFAULTS[kind]


@pytest.mark.parametrize("kind", MailKind)
def test_no_text_names_a_variable_that_is_on_no_list(kind: MailKind) -> None:
    filled = fill(kind, DEFAULTS[kind], {name: f"<{name}>" for name in VARIABLES[kind]})
    assert "{" not in filled.subject + filled.body


def test_a_request_is_not_called_confirmed() -> None:
    text = DEFAULTS[MailKind.BOOKING_REQUESTED]
    assert "not confirmed" in text.subject.lower()
    assert "not confirmed yet" in text.body
