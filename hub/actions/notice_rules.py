"""Whom of a business a change is told: those of the booking, the business's own address, or nobody."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from hub.core.errors import InputError
from hub.core.mail import ACCESS_KINDS, CONNECTION_KINDS, MailKind, Reader, reader_of
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.mail import notice_rules, put_notice_rules

_WITH_LOST = CONNECTION_KINDS - {MailKind.CONNECTION_LOST}
KINDS = tuple(
    kind for kind in MailKind if reader_of(kind) is Reader.STAFF and kind not in ACCESS_KINDS and kind not in _WITH_LOST
)
"""What there are rules for. Whoever hears that an account was lost hears of its other troubles, and of their end."""

TO = ("staff", "business")
"""Whom a rule may name."""

Rule = tuple[MailKind, str]

USUAL: frozenset[Rule] = frozenset((kind, to) for kind in KINDS for to in TO)
"""The rules until a business chooses: whoever has an address is told everything."""

_NOTHING = ("none", "")  # the one row of a business that wants to be told nothing


def list_rules(hub: Hub, business_id: str) -> frozenset[Rule]:
    """Return the pairs of a kind of notice and whom it goes to."""
    with hub.database.reading() as conn:
        find_business(conn, business_id)
        return rules_of(conn, business_id)


def set_rules(hub: Hub, business_id: str, rules: Iterable[tuple[str, str]]) -> None:
    """Replace the rules; none at all means that nobody of the business is told anything. Raises InputError."""
    chosen = set(rules)
    for kind, to in chosen:
        if kind not in KINDS or to not in TO:
            raise InputError("rules", f"Choose of {', '.join(KINDS)}, each to {' or '.join(TO)}.")
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        put_notice_rules(conn, business_id, sorted(chosen) or [_NOTHING])


def rules_of(conn: sa.Connection, business_id: str) -> frozenset[Rule]:
    """Return the rules that count for a business now."""
    found = notice_rules(conn, business_id)
    if not found:
        return USUAL
    return frozenset((MailKind(kind), to) for kind, to in found if (kind, to) != _NOTHING)
