"""What a provider says of an account itself: that a permission ended, or that the account is in danger.

Unlike a notification of a calendar it is no hint. It is signed by the provider, checked where the keys are, and acted
upon (policy: protect accounts; OpenID RISC Profile 1.0, RFC 8417).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccountNoticeKind(StrEnum):
    """What is said of the account."""

    ENDED = "ended"  # the permission was taken back, or the account is gone
    CLOSED = "closed"  # the account is switched off at the provider for now
    DANGER = "danger"  # somebody else may have got hold of it
    SAFE = "safe"  # it is in its owner's hands again; its owner connects it again
    TEST = "test"  # the provider tries whether messages arrive


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """One thing said. ``id`` is the provider's own for the message, the same when it is sent again.

    It is about the account with that ``account_id`` (as in `Grant`), or about the one grant that has this ``mark``
    (one of `Grant.marks`).
    """

    id: str
    kind: AccountNoticeKind
    account_id: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Concerned:
    """An `AccountNotice` as it leaves the broker: whom it is about as keyed hashes, by which connections are found."""

    id: str
    kind: AccountNoticeKind
    account_hash: str = ""
    mark_hash: str = ""
