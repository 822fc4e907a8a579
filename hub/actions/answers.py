"""A customer's answers to the questions of a service, sealed with the customer's own key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.core.question import check_answers, check_questions
from hub.store.service import find_service
from hub.vault.people import PersonFields

_VERSION = 1
"""Answers are written once, so they are bound to this and not to the version of the booking, which grows."""


def checked_answers(
    conn: sa.Connection, business_id: str, service_id: str, answers: Mapping[str, object]
) -> dict[str, str]:
    """Return answers to a service's questions in canonical form, by label; InputError names the question."""
    row = find_service(conn, business_id, service_id)
    return check_answers(check_questions(row.questions), answers)


def seal_answers(fields: PersonFields, booking_id: str, answers: Mapping[str, str]) -> bytes | None:
    """Return what the booking's row keeps of answers in canonical form: None without any."""
    if not answers:
        return None
    text = json.dumps(dict(answers), ensure_ascii=False)
    return fields.seal("answers", text, _VERSION, table="booking", row=booking_id)


def open_answers(fields: PersonFields, booking_id: str, sealed: bytes | None) -> dict[str, str]:
    """Return the answers of a booking by the questions as they were asked."""
    if sealed is None:
        return {}
    opened: dict[str, Any] = json.loads(fields.open("answers", sealed, _VERSION, table="booking", row=booking_id))
    return {str(label): str(answer) for label, answer in opened.items()}
