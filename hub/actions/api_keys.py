"""API keys for programs: shown once, found by their hash at each call, never more than their maker may do now."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert

from hub.actions.account import check_scope, not_allowed, reaches, require
from hub.actions.record import note
from hub.actions.sessions import User, secret_hash, user_of
from hub.core.errors import InputError, UnknownId
from hub.core.role import API_RIGHTS, Right
from hub.core.security import Kind, Visit
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.ids import is_id, new_id
from hub.store.sign_in import ApiKey as Row
from hub.store.sign_in import end_keys, key_rows, list_key_rows, touch_key

MARK = "fd_"
"""What every key begins with, so that leak scanners and people know it."""
_PREFIX = 10
_TOUCH, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that works. ``rights`` and businesses are what it was made for and its maker still has."""

    id: str
    name: str
    prefix: str
    rights: frozenset[Right]
    everywhere: bool
    businesses: frozenset[str]
    made_by: str
    made_at: int
    used_at: int | None
    until: int | None

    def may_enter(self, business_id: str) -> bool:
        """Tell whether the key is for this business. The agency's own row is none."""
        return business_id != AGENCY and (self.everywhere or business_id in self.businesses)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was made just now; ``token`` is shown once and kept by nobody here."""

    token: str = field(repr=False)
    key: ApiKey


def make_key(
    hub: Hub,
    visit: Visit,
    by: User,
    name: str,
    scopes: Collection[str],
    *,
    everywhere: bool = False,
    businesses: Collection[str] = (),
    until: int | None = None,
) -> MadeKey:
    """Make a key with some of the rights that ``by`` has, for some of their businesses, until an instant or for good.

    Raises InputError (name, scopes, until, businesses), StateError (``not_allowed``), UnknownId for a business.
    """
    require(by, Right.MANAGE_KEYS)
    name, rights, now = clean_name("name", name), _rights(by, scopes), hub.clock()
    if until is not None and not now < until < 2**40:
        raise InputError("until", "give a time to come, in UTC seconds, or none for a key without an end.")
    token, key_id = MARK + secrets.token_urlsafe(30), new_id()
    values: dict[str, Any] = {"id": key_id, "prefix": token[:_PREFIX], "name": name, "made_by": by.id, "made_at": now}
    with hub.database.writing() as conn:
        limits = check_scope(conn, by, everywhere=everywhere, businesses=businesses)
        access = {"scopes": sorted(rights), "everywhere": everywhere, "businesses": sorted(limits), "until": until}
        conn.execute(insert(Row).values(**values, **access, token_hash=secret_hash(token)))
        note(hub, conn, visit, Kind.KEY_MADE, about=key_id)
        (row,) = list_key_rows(conn, now, Row.id == key_id)
    return MadeKey(token, _key(row))


def find_key(hub: Hub, token: str, visit: Visit | None = None) -> ApiKey | None:
    """Return the key of a token; None when it ended, is over, or its maker was dismissed. One query.

    Its first use in an hour is a security event, with address and device of the ``visit``.
    """
    now = hub.clock()
    with hub.database.reading() as conn:
        rows = key_rows(conn, secret_hash(token), now)
    if not rows:
        return None
    key = _within(_key(rows[0]), user_of(rows[0].made_by, rows))
    if key.used_at is None or key.used_at < now - _TOUCH:
        with hub.database.writing() as conn:
            touched = touch_key(conn, key.id, now - _TOUCH, now)
            if touched and (key.used_at is None or key.used_at // _HOUR != now // _HOUR):
                user = replace(visit or Visit(), actor="key", actor_id=key.id)
                note(hub, conn, user, Kind.KEY_USED, about=key.id)
    return key


def list_keys(hub: Hub, by: User) -> list[ApiKey]:
    """Return the keys that work and that ``by`` may end, newest first."""
    require(by, Right.MANAGE_KEYS)
    with hub.database.reading() as conn:
        return [_key(row) for row in list_key_rows(conn, hub.clock()) if _may_manage(by, row)]


def end_key(hub: Hub, visit: Visit, by: User, key_id: str) -> None:
    """End a key at once. Raises UnknownId when it is not one of `list_keys`."""
    require(by, Right.MANAGE_KEYS)
    now = hub.clock()
    with hub.database.writing() as conn:
        rows = list_key_rows(conn, now, Row.id == key_id) if is_id(key_id) else ()
        if not rows or not _may_manage(by, rows[0]) or not end_keys(conn, now, Row.id == key_id):
            raise UnknownId("key", key_id)
        note(hub, conn, visit, Kind.KEY_ENDED, about=key_id, detail="asked")


def _rights(by: User, scopes: Collection[str]) -> frozenset[Right]:
    rights = set()
    for scope in scopes:
        with suppress(ValueError):
            rights.add(Right(scope))
    if not rights or len(rights) != len(set(scopes)) or not rights <= API_RIGHTS:
        raise InputError("scopes", f"choose one or more of {', '.join(sorted(API_RIGHTS))}.")
    if not rights <= by.rights:
        raise not_allowed("A key can do no more than you; choose among your own rights.")
    return frozenset(rights)


def _within(key: ApiKey, maker: User) -> ApiKey:
    """Return the key as its maker's present rights leave it."""
    businesses = key.businesses
    if not maker.everywhere:
        businesses = maker.businesses if key.everywhere else key.businesses & maker.businesses
    everywhere = key.everywhere and maker.everywhere
    return replace(key, rights=key.rights & maker.rights, everywhere=everywhere, businesses=businesses)


def _may_manage(by: User, row: sa.Row[Any]) -> bool:
    return row.made_by == by.id or reaches(by, everywhere=row.everywhere, businesses=row.businesses)


def _key(row: sa.Row[Any]) -> ApiKey:
    rights, limits = frozenset(Right(one) for one in row.scopes), frozenset(row.businesses)
    times = (row.made_by, row.made_at, row.used_at, row.until)
    return ApiKey(row.id, row.name, row.prefix, rights, row.everywhere, limits, *times)
