"""A route and its door in one row: address, view, and who may enter. A room of the web is a table of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint

from hub.core.role import Right
from hub.web.door import Door, Proof, Rate, Who, door


@dataclass(frozen=True, slots=True)
class Route:
    """One row. The door's endpoint is ``room.view``, after the function's name."""

    rule: str
    view: Callable[..., Any]
    door: Door


def route(
    room: str,
    rule: str,
    view: Callable[..., Any],
    methods: str,
    who: Who,
    right: Right | None = None,
    *,
    rate: Rate | None = None,
    proof: Proof | None = None,
    confirmed: bool = False,
    framed: bool = False,
    json: bool = False,
) -> Route:
    """Return a row; what is left out is as visitors of that kind usually have it (`hub.web.door.door`)."""
    endpoint = f"{room}.{view.__name__}"
    kind = door(endpoint, methods, who, right, rate=rate, proof=proof, confirmed=confirmed, framed=framed, json=json)
    return Route(rule, view, kind)


def room_of(name: str, routes: Iterable[Route], blueprint: Blueprint | None = None) -> Blueprint:
    """Return a room with these routes."""
    pages = blueprint or Blueprint(name, f"hub.web.{name}")
    for one in routes:
        pages.add_url_rule(
            one.rule, one.view.__name__, one.view, methods=sorted(one.door.methods), provide_automatic_options=False
        )
    return pages


def doors_of(routes: Iterable[Route]) -> tuple[Door, ...]:
    """Return the doors of a room's routes, for the table."""
    return tuple(one.door for one in routes)
