"""Businesses over the API: the clients of the agency that the key is for, and their holidays."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from werkzeug.exceptions import Forbidden

from hub.actions import businesses as actions
from hub.actions.hours import list_holidays, set_holidays
from hub.core.contact_proof import ContactProof
from hub.core.role import Right
from hub.web.api.call import Reply, call
from hub.web.api.fields import Day, Given, Id, Instant, Shown, Version, left_out
from hub.web.api.repeat import Paged, listed, made, make_once
from hub.web.api.shapes import Email, Name, Notice, Origin, Phone, Place, Region, Reminder, Slug, Sought, ZoneName
from hub.web.current import key, the_hub

TAG = "Businesses"
Reminders = Annotated[list[Reminder], Field(json_schema_extra={"maxItems": 5, "uniqueItems": True})]
Origins = Annotated[list[Origin], Field(json_schema_extra={"maxItems": 20})]


class NewBusiness(Given):
    """A business to add. What is left out can be set later."""

    name: Name
    zone: ZoneName = Field(description="IANA zone, such as Europe/Berlin.")
    slug: Slug = left_out("Address of the booking page; null for none. Left out: made from the name.")
    region: Region = left_out("ISO 3166: where a number without a country code is dialled.")
    email: Email = left_out("For customers; empty for none.")
    phone: Phone = left_out("For customers; empty for none.")
    place: Place = left_out("Where appointments are.")
    cancel_notice: Notice = left_out("Seconds before the start until which a customer may move or cancel.")
    reminders: Reminders = left_out("Seconds before the start, up to five.")
    embed_origins: Origins = left_out("Exact https origins that may show the booking page in a frame.")
    contact_proof: ContactProof = left_out("Before which bookings on the page an address is proved by a code.")
    tentative_is_busy: bool = left_out("Whether tentative events block.")
    unanswered_is_busy: bool = left_out("Whether unanswered invitations block.")
    follow_calendar: bool = left_out("Whether a booking follows its event that staff move or delete in their calendar.")


class BusinessChange(Given):
    """What to change of a business; what is left out stays."""

    version: Version
    name: Name = left_out("")
    zone: ZoneName = left_out("IANA zone.")
    slug: Slug = left_out("Address of the booking page; null for none.")
    region: Region = left_out("")
    email: Email = left_out("")
    phone: Phone = left_out("")
    place: Place = left_out("")
    cancel_notice: Notice = left_out("")
    reminders: Reminders = left_out("")
    embed_origins: Origins = left_out("")
    contact_proof: ContactProof = left_out("")
    tentative_is_busy: bool = left_out("")
    unanswered_is_busy: bool = left_out("")
    follow_calendar: bool = left_out("")


class Business(Shown):
    """A client of the agency."""

    id: Id
    name: str
    zone: str
    slug: str | None
    region: str
    email: str
    phone: str
    place: str
    cancel_notice: int
    reminders: list[int]
    embed_origins: list[str]
    contact_proof: ContactProof
    tentative_is_busy: bool
    unanswered_is_busy: bool
    follow_calendar: bool
    version: int
    made_at: Instant


class Businesses(Shown):
    """A part of the list of businesses."""

    items: list[Business]
    next: str | None


class AskedBusinesses(Paged):
    """Which businesses."""

    search: Sought = Field("", max_length=200, description="A part of the name.")


class Holiday(Given):
    """A day on which the whole business is closed, in each holder's own zone."""

    day: Day
    name: Name


class HolidayList(Given):
    """All holidays of a business. With a `version` (the business's) nothing newer is written over."""

    holidays: list[Holiday] = Field(max_length=1000)
    version: Version = left_out("The version of the business that was looked at.")


class ShownHoliday(Shown):
    """A day on which the whole business is closed."""

    day: Day
    name: str


class Holidays(Shown):
    """The holidays of a business, in order."""

    holidays: list[ShownHoliday]
    version: int


def list_businesses(query: AskedBusinesses) -> Reply:
    """List the businesses that the key is for, by name."""
    visible = None if key().everywhere else key().businesses
    page = actions.list_businesses(the_hub(), visible, after=query.after, limit=query.limit, search=query.search)
    items = [_business(one) for one in page.items]
    return listed(Businesses(items=items, next=page.next or None), page.next)


def add_business(body: NewBusiness) -> Reply:
    """Add a business. Needs a key for every business."""
    if not key().everywhere:
        raise Forbidden("This key is for some businesses only, so it cannot add one; use a key for every business.")
    values = body.model_dump(exclude_unset=True)
    name, zone = values.pop("name"), values.pop("zone")
    made_id, repeated = make_once("", body, lambda: actions.create_business(the_hub(), name, zone, **values))
    return made(_business(actions.get_business(the_hub(), made_id)), repeated=repeated)


def get_business(business_id: str) -> Business:
    """Read a business."""
    return _business(actions.get_business(the_hub(), business_id))


def change_business(business_id: str, body: BusinessChange) -> Business:
    """Change a business."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    return _business(actions.change_business(the_hub(), business_id, body.version, changes))


def get_holidays(business_id: str) -> Holidays:
    """Read the holidays of a business."""
    return _holidays(business_id)


def put_holidays(business_id: str, body: HolidayList) -> Holidays:
    """Replace the holidays of a business, all of them at once."""
    days = [(one.day, one.name) for one in body.holidays]
    version = body.version if "version" in body.model_fields_set else None
    set_holidays(the_hub(), business_id, days, version=version)
    return _holidays(business_id)


def _holidays(business_id: str) -> Holidays:
    days = [ShownHoliday(day=one.day, name=one.name) for one in list_holidays(the_hub(), business_id)]
    return Holidays(holidays=days, version=actions.get_business(the_hub(), business_id).version)


def _business(found: actions.Business) -> Business:
    values: dict[str, Any] = {name: getattr(found, name) for name in Business.model_fields}
    return Business(**values | {"reminders": list(found.reminders), "embed_origins": list(found.embed_origins)})


_ONE = "/businesses/<business_id>"
ROUTES = (
    call("GET", "/businesses", list_businesses, Right.VIEW, TAG, asks=AskedBusinesses, gives=Businesses),
    call(
        "POST",
        "/businesses",
        add_business,
        Right.SET_UP,
        TAG,
        takes=NewBusiness,
        gives=Business,
        status=201,
        keyed=True,
    ),
    call("GET", _ONE, get_business, Right.VIEW, TAG, gives=Business),
    call("PATCH", _ONE, change_business, Right.SET_UP, TAG, takes=BusinessChange, gives=Business, also=(409,)),
    call("GET", f"{_ONE}/holidays", get_holidays, Right.VIEW, TAG, gives=Holidays),
    call("PUT", f"{_ONE}/holidays", put_holidays, Right.SET_UP, TAG, takes=HolidayList, gives=Holidays, also=(409,)),
)
