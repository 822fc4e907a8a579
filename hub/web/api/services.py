"""Services over the API: what can be booked of a business, and by which rules."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from hub.actions import services as actions
from hub.core.role import Right
from hub.core.service import Anchor, StaffRule
from hub.core.service import Service as Rules
from hub.web.api.call import Reply, call
from hub.web.api.fields import Given, Id, Shown, Version, left_out
from hub.web.api.repeat import Paged, listed, made, make_once
from hub.web.api.shapes import (
    Horizon,
    Label,
    Lines,
    Name,
    Notice,
    OnGrid,
    Option,
    Place,
    Slug,
    SomeOnGrid,
    Sought,
)
from hub.web.current import the_hub

TAG = "Services"
Holders = Annotated[list[Id], Field(json_schema_extra={"maxItems": 100, "uniqueItems": True})]
Group = Annotated[list[Id], Field(json_schema_extra={"minItems": 1, "maxItems": 100, "uniqueItems": True})]
Groups = Annotated[list[Group], Field(json_schema_extra={"maxItems": 10})]
_DETAILS = ("slug", "description", "place", "questions", "active")


class GivenQuestion(Given):
    """A question to customers; without choices the answer is free."""

    label: Label
    required: bool = False
    choices: list[Option] = Field(default_factory=list, max_length=20, json_schema_extra={"uniqueItems": True})


Questions = Annotated[list[GivenQuestion], Field(json_schema_extra={"maxItems": 20})]


class ShownQuestion(Shown):
    """A question to customers; without choices the answer is free."""

    label: str
    required: bool
    choices: list[str]


class NewService(Given):
    """A service to add. Lengths are seconds; duration, buffers and step are multiples of five minutes."""

    name: Name
    duration: SomeOnGrid
    step: SomeOnGrid = Field(900, description="Starts are this far apart.")
    before: OnGrid = Field(0, description="Kept free before.")
    after: OnGrid = Field(0, description="Kept free after.")
    notice: Notice = Field(0, description="How long before its start it can be booked at the latest.")
    horizon: Horizon = Field(60 * 86_400, description="How far ahead it can be booked.")
    anchor: Anchor = Anchor.CLOCK
    staff_rule: StaffRule = StaffRule.ANY
    staff: Holders = Field(default_factory=list, max_length=100, description="In the order in which they are tried.")
    resources: Groups = Field(default_factory=list, max_length=10, description="One of each group is needed.")
    slug: Slug = left_out("End of the booking page's address; null for none. Left out: made from the name.")
    description: Lines = left_out("")
    place: Place = left_out("")
    questions: Questions = left_out("Asked when booking; 20 at most.")
    active: bool = left_out("Whether it is offered.")


class ServiceChange(Given):
    """What to change of a service; what is left out stays."""

    version: Version
    name: Name = left_out("")
    duration: SomeOnGrid = left_out("")
    step: SomeOnGrid = left_out("")
    before: OnGrid = left_out("")
    after: OnGrid = left_out("")
    notice: Notice = left_out("")
    horizon: Horizon = left_out("")
    anchor: Anchor = left_out("")
    staff_rule: StaffRule = left_out("")
    staff: Holders = left_out("")
    resources: Groups = left_out("")
    slug: Slug = left_out("")
    description: Lines = left_out("")
    place: Place = left_out("")
    questions: Questions = left_out("")
    active: bool = left_out("")


class Service(Shown):
    """What can be booked."""

    id: Id
    name: str
    active: bool
    duration: int
    step: int
    before: int
    after: int
    notice: int
    horizon: int
    anchor: Anchor
    staff_rule: StaffRule
    staff: list[str]
    resources: list[list[str]]
    slug: str | None
    description: str
    place: str
    questions: list[ShownQuestion]
    version: int


class Services(Shown):
    """A part of the list of services."""

    items: list[Service]
    next: str | None


class AskedServices(Paged):
    """Which services."""

    search: Sought = Field("", max_length=200, description="A part of the name.")


def list_services(business_id: str, query: AskedServices) -> Reply:
    """List the services of a business, by name."""
    asked = {"after": query.after, "limit": query.limit, "search": query.search}
    page = actions.list_services(the_hub(), business_id, **asked)  # type: ignore[arg-type]
    return listed(Services(items=[_service(one) for one in page.items], next=page.next or None), page.next)


def add_service(business_id: str, body: NewService) -> Reply:
    """Add a service."""
    given = body.model_dump()
    details = {name: given[name] for name in _DETAILS if name in body.model_fields_set}
    rules = {name: given[name] for name in _RULES}
    rules |= {"staff": tuple(body.staff), "resources": tuple(map(tuple, body.resources))}

    def make() -> str:
        return actions.add_service(the_hub(), business_id, body.name, Rules(id="new", **rules), **details)

    made_id, repeated = make_once(business_id, body, make)
    return made(_service(actions.get_service(the_hub(), business_id, made_id)), repeated=repeated)


def get_service(business_id: str, service_id: str) -> Service:
    """Read a service."""
    return _service(actions.get_service(the_hub(), business_id, service_id))


def change_service(business_id: str, service_id: str, body: ServiceChange) -> Service:
    """Change a service. What is booked already stays as it is."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    return _service(actions.change_service(the_hub(), business_id, service_id, body.version, changes))


def _service(found: actions.Service) -> Service:
    values: dict[str, Any] = {name: getattr(found.rules, name) for name in _RULES}
    values |= {"staff": list(found.rules.staff), "resources": [list(group) for group in found.rules.resources]}
    values |= {name: getattr(found, name) for name in ("id", "name", "active", "slug", "description", "place")}
    questions = [ShownQuestion(**one.as_json()) for one in found.questions]
    return Service(**values, questions=questions, version=found.version)


_RULES = ("duration", "step", "before", "after", "notice", "horizon", "anchor", "staff_rule")
_ALL = "/businesses/<business_id>/services"
_ONE = f"{_ALL}/<service_id>"
ROUTES = (
    call("GET", _ALL, list_services, Right.VIEW, TAG, asks=AskedServices, gives=Services),
    call("POST", _ALL, add_service, Right.SET_UP, TAG, takes=NewService, gives=Service, status=201, keyed=True),
    call("GET", _ONE, get_service, Right.VIEW, TAG, gives=Service),
    call("PATCH", _ONE, change_service, Right.SET_UP, TAG, takes=ServiceChange, gives=Service, also=(409,)),
)
