"""Services: what can be booked of a business, with its rules, its people and its questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import insert

from hub.core.changes import (
    Rule,
    changed_meanwhile,
    check_changes,
    check_choice,
    check_flag,
    check_list,
    check_whole,
)
from hub.core.errors import InputError, UnknownId
from hub.core.page import Page, check_limit, cut, read_cursor
from hub.core.question import Question, check_questions
from hub.core.service import Anchor, StaffRule
from hub.core.service import Service as Rules
from hub.core.slug import check_slug, free_slug, propose_slug
from hub.core.text import clean_line, clean_lines
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store import service as store
from hub.store.business import find_client, lock_business, rules_changed
from hub.store.holder import kinds_of
from hub.store.ids import new_id

MOST_HOLDERS, MOST_GROUPS = 100, 10
"""The most staff of a service and resources of a group, and the most groups."""
_SECONDS = partial(check_whole, least=0, most=2**31 - 1)  # the bounds that count are those of `core.service`


@dataclass(frozen=True, slots=True)
class Service:
    """What can be booked. ``slug`` None: no page of its own; not ``active``: not offered, what is booked stays."""

    id: str
    name: str
    rules: Rules
    slug: str | None
    description: str
    place: str
    questions: tuple[Question, ...]
    active: bool
    version: int


def add_service(hub: Hub, business_id: str, name: str, rules: Rules, **details: object) -> str:
    """Add a service with these rules (their id is not used) and return its id.

    ``details`` are slug, description, place, questions and active, as in `change_service`; without a slug one is made
    from the name. Raises InputError that names the field, UnknownId for a strange holder.
    """
    values = check_changes("service", {"name": name, **details}, _DETAILS)
    values["questions"] = [one.as_json() for one in values.get("questions", ())]
    _check_sizes(rules)
    service_id = new_id()
    with hub.database.writing() as conn:
        find_client(conn, business_id)
        _check_holders(conn, business_id, rules)
        lock_business(conn, business_id)  # or two services could take one slug at once
        if "slug" not in values:
            first = propose_slug(values["name"])
            values["slug"] = free_slug(first, store.slugs_like(conn, business_id, first))
        else:
            _check_free(conn, business_id, values["slug"])
        ids = {"id": service_id, "business_id": business_id}
        conn.execute(insert(store.Service).values({"active": True, **values, **_columns(rules), **ids}))
        store.set_members(conn, business_id, service_id, rules)
        rules_changed(conn, business_id)
    return service_id


def list_services(hub: Hub, business_id: str, *, after: str = "", limit: int = 50, search: str = "") -> Page[Service]:
    """Return services by name; ``search`` is a part of the name, in any case."""
    place: Any = read_cursor("services", after, str, str)
    check_limit(limit)
    wanted = clean_line("search", search, 200)
    with hub.database.reading() as conn:
        find_client(conn, business_id)
        rows = store.list_rows(conn, business_id, wanted, place, limit + 1)
        page = cut("services", rows, limit, lambda row: (row.sort_name, row.id))
        members = store.members_of(conn, business_id, [row.id for row in page.items])
    return Page(tuple(_as_service(row, members[row.id]) for row in page.items), page.next)


def get_service(hub: Hub, business_id: str, service_id: str) -> Service:
    """Return a service, switched off or not, or raise UnknownId."""
    with hub.database.reading() as conn:
        find_client(conn, business_id)
        return _find(conn, business_id, service_id)


def change_service(hub: Hub, business_id: str, service_id: str, version: int, changes: Mapping[str, object]) -> Service:
    """Change fields of a service that is still as it was looked at, and return it as it is now.

    Fields: name, slug (None: no page), description, place, questions, active, and the rules of `core.service`:
    duration, before, after, notice, horizon, step (seconds), anchor, staff_rule, staff (ids in order), resources
    (groups of ids). What is booked already stays as it is. Raises InputError that names the field, StateError
    (``changed``) when somebody else was faster, UnknownId, also for a strange holder. What is so already is no change.
    """
    values = check_changes("service", changes, {**_DETAILS, **_RULES})
    with hub.database.writing() as conn:
        find_client(conn, business_id)
        lock_business(conn, business_id)
        before = _find(conn, business_id, service_id)
        rules = replace(before.rules, **{name: values.pop(name) for name in _RULES if name in values})
        values = {name: value for name, value in values.items() if getattr(before, name) != value}
        if not values and rules == before.rules:
            return before
        if "slug" in values:
            _check_free(conn, business_id, values["slug"])
        if "questions" in values:
            values["questions"] = [one.as_json() for one in values["questions"]]
        people = (rules.staff, rules.resources) != (before.rules.staff, before.rules.resources)
        if people:
            _check_sizes(rules)
            _check_holders(conn, business_id, rules)
        if not store.change_row(conn, business_id, service_id, version, **values, **_columns(rules)):
            raise changed_meanwhile("service")
        if people:
            store.set_members(conn, business_id, service_id, rules)
        rules_changed(conn, business_id)
        return _find(conn, business_id, service_id)


def _find(conn: sa.Connection, business_id: str, service_id: str) -> Service:
    row = store.find_service(conn, business_id, service_id)
    return _as_service(row, store.members_of(conn, business_id, [row.id])[row.id])


def _as_service(row: sa.Row[Any], members: Mapping[int, list[str]]) -> Service:
    return Service(
        id=row.id,
        name=row.name,
        rules=store.rules_of(row, members),
        slug=row.slug,
        description=row.description,
        place=row.place,
        questions=check_questions(row.questions),
        active=row.active,
        version=row.version,
    )


def _columns(rules: Rules) -> dict[str, Any]:
    """Return the rules that stand in the service's own row."""
    return {one.name: getattr(rules, one.name) for one in fields(rules) if one.name not in ("id", "staff", "resources")}


def _check_free(conn: sa.Connection, business_id: str, slug: str | None) -> None:
    if slug is not None and slug in store.slugs_like(conn, business_id, slug):
        message = "Another service of this business has this address already; choose another one."
        raise InputError("service.slug", message, code="slug_taken")


def _check_sizes(rules: Rules) -> None:
    if len(rules.staff) > MOST_HOLDERS:
        raise InputError("service.staff", f"Name {MOST_HOLDERS} at most; part the service into several.")
    if len(rules.resources) > MOST_GROUPS or any(len(group) > MOST_HOLDERS for group in rules.resources):
        raise InputError("service.resources", f"Name {MOST_GROUPS} groups of {MOST_HOLDERS} at most.")


def _check_holders(conn: sa.Connection, business_id: str, rules: Rules) -> None:
    """Raise UnknownId for a holder that the business does not have, InputError for one in the wrong place."""
    resources = [one for group in rules.resources for one in group]
    kinds = kinds_of(conn, business_id, {*rules.staff, *resources})
    for one in (*rules.staff, *resources):
        if one not in kinds:
            raise UnknownId("staff member or resource", one)
    if any(kinds[one] != "staff" for one in rules.staff):
        raise InputError("service.staff", "A resource stands on the staff list; put it among the resources.")
    if any(kinds[one] != "resource" for one in resources):
        raise InputError("service.resources", "A staff member stands among the resources; put them on the staff list.")


def _check_ids(field: str, value: object) -> tuple[str, ...]:
    return tuple(clean_line(field, one, 60, least=1) for one in check_list(field, value, MOST_HOLDERS))


def _check_groups(field: str, value: object) -> tuple[tuple[str, ...], ...]:
    return tuple(_check_ids(field, group) for group in check_list(field, value, MOST_GROUPS))


_DETAILS: Mapping[str, Rule] = MappingProxyType(
    {
        "name": lambda field, value: clean_name(field, clean_line(field, value, 1000)),
        "slug": lambda field, value: None if value in (None, "") else check_slug(field, value),
        "description": partial(clean_lines, longest=2000),
        "place": partial(clean_line, longest=500),
        "questions": lambda field, value: check_questions(value),
        "active": check_flag,
    }
)
_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(("duration", "before", "after", "notice", "horizon", "step"), _SECONDS),
        "anchor": lambda field, value: check_choice(field, value, Anchor),
        "staff_rule": lambda field, value: check_choice(field, value, StaffRule),
        "staff": _check_ids,
        "resources": _check_groups,
    }
)
