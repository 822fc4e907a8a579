"""Set a new password by a mailed link. Whoever asks learns nothing, and the second factor stays as it is."""

from __future__ import annotations

from hub.actions.account import as_user, email_hashes
from hub.actions.account_mail import LinkKind, add_link, bad_link, find_link, link_token, mail_link
from hub.actions.password import hash_password
from hub.actions.record import note
from hub.actions.sessions import end_others
from hub.core.errors import UnknownId
from hub.core.security import OPERATOR, Kind, Outcome, Visit
from hub.parts import Hub
from hub.store.sign_in import OneTimeLink, open_links, use_link, withdraw_links
from hub.store.user import find_user, find_user_by_email, set_password_hash

MAILS_AT_ONCE = 3
"""Links that one address can have at once: more mails would be a nuisance, and tell nothing new."""


def ask_reset(hub: Hub, visit: Visit, email: str) -> None:
    """Mail a link for a new password, if the address has an account.

    The same rows are written whether it has one or not: a link of nobody is mailed to nobody. So neither the answer nor
    its time tells anything; what is no address at all is known to whoever typed it.
    """
    hashes, now = email_hashes(hub, email), hub.clock()
    with hub.database.writing() as conn:
        row = find_user_by_email(conn, hashes)
        user_id = row.id if row is not None and row.dismissed_at is None else None
        waiting = open_links(conn, LinkKind.RESET, now, OneTimeLink.email_hash.in_(hashes))
        if len(waiting) >= MAILS_AT_ONCE:
            note(hub, conn, visit, Kind.RESET_ASKED, Outcome.REFUSED, about=user_id or "", detail="too_many")
            return
        mail_link(hub, conn, add_link(hub, conn, LinkKind.RESET, email_hash=next(iter(hashes), ""), user_id=user_id))
        note(hub, conn, visit, Kind.RESET_ASKED, about=user_id or "")


def make_reset_link(hub: Hub, user_id: str) -> str:
    """Return the token of a new link for the operator to hand over. Raises UnknownId for one who is not there."""
    with hub.database.writing() as conn:
        row = find_user(conn, user_id)
        if row is None or row.dismissed_at is not None:
            raise UnknownId("user", user_id)
        link_id = add_link(hub, conn, LinkKind.RESET, email_hash=row.email_hash, user_id=user_id)
        note(hub, conn, OPERATOR, Kind.RESET_ASKED, about=user_id)
    return link_token(hub, link_id)


def reset(hub: Hub, visit: Visit, token: str, password: str) -> None:
    """Set the password that comes with a link, end every session of the user, and the other links with it.

    Raises StateError (``bad_link``) when the link does not work, and InputError for the password.
    """
    link = find_link(hub, token, LinkKind.RESET)
    if link is None or link.user_id is None:
        raise bad_link(hub, visit)
    user_id, now = link.user_id, hub.clock()
    with hub.database.reading() as conn:
        row = find_user(conn, user_id)
    if row is None:
        raise bad_link(hub, visit)
    hashed = hash_password(hub, password, (link.email, row.name))
    with hub.database.writing() as conn:
        if use_link(conn, link.id, now) and set_password_hash(conn, user_id, row.password_hash, hashed):
            withdraw_links(conn, now, OneTimeLink.user_id == user_id)
            end_others(hub, conn, visit, user_id, why="password_changed")
            note(hub, conn, as_user(visit, user_id), Kind.RESET_DONE, about=user_id)
            return
    raise bad_link(hub, visit)
