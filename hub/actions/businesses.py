"""Businesses: the clients of the agency, made, listed and changed. The agency's own row is not one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy.exc import IntegrityError

from hub.actions.texts import rename_in_texts, write_first_texts
from hub.core.changes import Rule, changed_meanwhile, check_changes, check_flag, check_list, check_whole
from hub.core.contact_proof import ContactProof
from hub.core.errors import InputError, Unavailable
from hub.core.origin import check_origin
from hub.core.page import Page, check_limit, cut, read_cursor
from hub.core.slug import check_slug, free_slug, propose_slug
from hub.core.text import clean_line
from hub.core.zones import check_zone
from hub.identity.email import canonical_email
from hub.identity.name import clean_public_name
from hub.identity.phone import canonical_phone, check_region
from hub.parts import Hub
from hub.store import business as store

_DAY, _YEAR = 86_400, 366 * 86_400
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Business:
    """A client of the agency, as `hub.store.business.Business` explains it. ``slug`` None: no booking page."""

    id: str
    name: str
    zone: str
    tentative_is_busy: bool
    unanswered_is_busy: bool
    follow_calendar: bool
    slug: str | None
    region: str
    email: str
    phone: str
    place: str
    cancel_notice: int
    reminders: tuple[int, ...]
    embed_origins: tuple[str, ...]
    contact_proof: str
    version: int
    made_at: int


def create_business(hub: Hub, name: str, zone: str, **details: object) -> str:
    """Add a client of the agency in an IANA zone, with a key of its own, and return its id.

    ``details`` are further fields of `change_business`. Without a ``slug`` among them one is made from the name.
    """
    values = _checked({"name": name, "zone": zone, **details}, "US")
    name, zone = values.pop("name"), values.pop("zone")
    for _ in range(_TRIES):
        try:
            with hub.database.writing() as conn:
                if "slug" not in details:
                    first = propose_slug(name)
                    values["slug"] = free_slug(first, store.slugs_like(conn, first))
                business_id = store.add_business(conn, name, zone, hub.clock(), **values)
                hub.keyring.make_business_key(conn, business_id)
                write_first_texts(conn, business_id, name, hub.clock())
            return business_id
        except IntegrityError:  # another business took the slug this moment
            if details.get("slug"):
                raise _slug_taken() from None
    raise Unavailable("Many businesses of this name are being made right now; nothing was changed. Try again.")


def list_businesses(
    hub: Hub, visible: Collection[str] | None, *, after: str = "", limit: int = 50, search: str = ""
) -> Page[Business]:
    """Return businesses by name, those in ``visible`` (None: all); ``search`` is a part of the name, in any case."""
    place = read_cursor("businesses", after, str, str)
    check_limit(limit)
    with hub.database.reading() as conn:
        rows = store.list_rows(conn, visible, clean_line("search", search, 200), place, limit + 1)
    page = cut("businesses", rows, limit, lambda row: (row.sort_name, row.id))
    return Page(tuple(_as_business(row) for row in page.items), page.next)


def get_business(hub: Hub, business_id: str) -> Business:
    """Return a business, or raise UnknownId."""
    with hub.database.reading() as conn:
        return _as_business(store.find_client(conn, business_id))


def change_business(hub: Hub, business_id: str, version: int, changes: Mapping[str, object]) -> Business:
    """Change fields of a business that is still as it was looked at, and return it as it is now.

    Fields: name, zone, slug (None: no page), tentative_is_busy, unanswered_is_busy, follow_calendar, region, email,
    phone, place, cancel_notice, reminders, embed_origins, contact_proof. Raises InputError that names the field,
    StateError (``changed``) when somebody else was faster, UnknownId. What is so already is no change.
    """
    try:
        with hub.database.writing() as conn:
            row = store.find_client(conn, business_id)
            values = _checked(changes, row.region)
            values = {name: value for name, value in values.items() if getattr(row, name) != value}
            if not values:
                return _as_business(row)
            if not store.change_row(conn, business_id, version, **values):
                raise changed_meanwhile("business")
            if "name" in values:
                rename_in_texts(conn, row, values["name"], hub.clock())
            return _as_business(store.find_client(conn, business_id))
    except IntegrityError:
        raise _slug_taken() from None


def _checked(changes: Mapping[str, object], region: str) -> dict[str, Any]:
    values = check_changes("business", changes, _RULES)
    if values.get("phone"):
        values["phone"] = canonical_phone(values["phone"], values.get("region", region))
    return values


def _slug_taken() -> InputError:
    return InputError("business.slug", "This address is in use already; choose another one.", code="slug_taken")


def _as_business(row: Any) -> Business:
    fields = {name: getattr(row, name) for name in Business.__slots__}
    return Business(**fields | {"reminders": tuple(row.reminders), "embed_origins": tuple(row.embed_origins)})


def _check_reminders(field: str, value: object) -> list[int]:
    reminders = [check_whole(field, one, 300, 60 * _DAY) for one in check_list(field, value, 5)]
    if len(set(reminders)) != len(reminders):
        raise InputError(field, "A reminder is named twice; name each once.")
    return sorted(reminders, reverse=True)


def _check_origins(field: str, value: object) -> list[str]:
    return sorted({check_origin(field, one) for one in check_list(field, value, 20)})


def _check_proof(field: str, value: object) -> str:
    if value not in list(ContactProof):
        raise InputError(field, "Choose never, second or always.")
    return str(value)


_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "name": lambda field, value: clean_public_name(field, clean_line(field, value, 1000)),
        "zone": lambda field, value: check_zone(clean_line(field, value, 100)),
        "slug": lambda field, value: None if value in (None, "") else check_slug(field, value),
        "tentative_is_busy": check_flag,
        "unanswered_is_busy": check_flag,
        "follow_calendar": check_flag,
        "region": lambda field, value: check_region(value),
        "email": lambda field, value: canonical_email(line) if (line := clean_line(field, value, 254)) else "",
        "phone": partial(clean_line, longest=60),
        "place": partial(clean_line, longest=500),
        "cancel_notice": partial(check_whole, least=0, most=_YEAR),
        "reminders": _check_reminders,
        "embed_origins": _check_origins,
        "contact_proof": _check_proof,
    }
)
