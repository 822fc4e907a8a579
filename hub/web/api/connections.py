"""Connections over the API: the provider accounts of a business, connected step by step, tested, disconnected."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import Field

from hub.actions import connections as actions
from hub.actions.connect import connect
from hub.actions.consent import consent_about, renew_consent
from hub.actions.disconnect import disconnect
from hub.core.errors import InputError, PluginBroken
from hub.core.role import Right
from hub.web.api.calendars import ShownCalendar, calendar
from hub.web.api.call import Reply, call
from hub.web.api.connect_step import ConsentAsked, NextStep, NotYet, asked_of, connected, nobody
from hub.web.api.fields import Given, Id, Instant, Line, Moment, Shown, Text, left_out
from hub.web.api.repeat import made, make_once
from hub.web.current import the_hub, visit
from hub.web.door import Rate

TAG = "Connections"


class NewConnection(Given):
    """A step of connecting an account. Without an `answer` the form is asked for."""

    provider: Line
    level: Line = Field(description="How much the owner lets the hub see and do, as the provider declares it.")
    answer: dict[Line, Text] = left_out("What was typed into the form, by the names of its fields.")
    holder_id: Id = left_out("Whose own account it is; left out: one of the business.")
    agreed: Line = left_out("The hash of the text that was shown and agreed to; left out: sending it is the consent.")
    until: Moment = left_out("When the consent ends by itself; left out: it lasts until somebody ends it.")


class ConnectionAgain(Given):
    """A step of connecting an account again. Without an `answer` the form is asked for."""

    level: Line = left_out("Left out: as before.")
    answer: dict[Line, Text] = left_out("What was typed into the form, by the names of its fields.")
    agreed: Line = left_out("The hash of the text that was shown and agreed to; left out: as it stands, or a new one.")
    until: Moment = left_out("When a new consent ends by itself; left out: it lasts until somebody ends it.")


class Agreement(Given):
    """A yes to the use of a connected account, once more."""

    agreed: Line = Field(description="The hash of the text that was shown and agreed to.")
    until: Moment = left_out("When the consent ends by itself; left out: it lasts until somebody ends it.")


class Connection(Shown):
    """A provider account. `age`: seconds since the oldest of what is known was read; null before the first look."""

    id: Id
    provider: str
    title: str
    level: str
    account_name: str = Field(description="Masked, as people see it: `a•••@g•••`. So are the names of calendars.")
    holder_id: str | None
    health: str
    reason: str = Field(description="A word for programs; empty while it is well.")
    sentence: str = Field(description="What the reason means, for people.")
    health_at: Instant
    made_at: Instant
    looked_at: Instant | None
    age: int | None
    keeps: str = Field(description="What the provider keeps after a disconnect.")
    consent_until: Instant | None = Field(description="When the consent to its use ends by itself, if it does.")
    revoking: bool = Field(description="Disconnected here, but not yet ended at the provider.")
    calendars: list[ShownCalendar]


class Connections(Shown):
    """The connections of a business, the oldest first."""

    items: list[Connection]


class Tested(Shown):
    """How a test went."""

    ok: bool
    reason: str
    sentence: str
    calendars: int


class BookingAtRisk(Shown):
    """A coming booking that no calendar protects any more."""

    booking_id: str
    start: Instant
    end: Instant
    holder_id: str


class Disconnected(Shown):
    """How a connection ended. `revoked`: nothing is left to do at the provider."""

    connection_id: str
    ended_at: Instant
    revoked: bool
    keeps: str
    at_risk_count: int
    at_risk: list[BookingAtRisk]


def list_connections(business_id: str) -> Connections:
    """List the connections of a business."""
    return Connections(items=[_connection(one) for one in actions.list_connections(the_hub(), business_id)])


def add_connection(business_id: str, body: NewConnection) -> Reply:
    """Take a step of connecting an account: 201 when it is connected, 200 with what comes next."""
    given = body.model_fields_set
    try:
        the_hub().registry.provider(body.provider)
    except PluginBroken as error:
        raise InputError("provider", error.message, code=error.code) from None

    def make() -> str:
        step = connect(
            the_hub(),
            business_id,
            body.provider,
            body.level,
            body.answer if "answer" in given else None,
            holder_id=body.holder_id if "holder_id" in given else None,
            visit=visit(),
            agreed=body.agreed if "agreed" in given else "",
            until=body.until if "until" in given else None,
            trip=nobody(),
        )
        page = f"new/{body.provider}?level={quote(body.level)}"
        return connected(step, business_id, body.provider, body.level, page)

    try:
        made_id, repeated = make_once(business_id, body, make)
    except NotYet as error:
        return Reply(error.step, 200)
    return made(_connection(actions.get_connection(the_hub(), business_id, made_id)), repeated=repeated)


def get_connection(business_id: str, connection_id: str) -> Connection:
    """Read a connection."""
    return _connection(actions.get_connection(the_hub(), business_id, connection_id))


def connect_again(business_id: str, connection_id: str, body: ConnectionAgain) -> Reply:
    """Take a step of connecting an account again: 201 when it is connected, 200 with what comes next."""
    before = actions.get_connection(the_hub(), business_id, connection_id)
    given = body.model_fields_set
    level = body.level if "level" in given else before.level
    try:
        step = connect(
            the_hub(),
            business_id,
            before.provider,
            level,
            body.answer if "answer" in given else None,
            connection_id=connection_id,
            visit=visit(),
            agreed=body.agreed if "agreed" in given else "",
            until=body.until if "until" in given else None,
            trip=nobody(),
        )
        connected(step, business_id, before.provider, level, f"{connection_id}/again?ask=1&level={quote(level)}")
    except NotYet as error:
        return Reply(error.step, 200)
    return Reply(get_connection(business_id, connection_id), 201)


def consent_to_read(business_id: str, connection_id: str) -> ConsentAsked:
    """Read what would be agreed to now about a connected account."""
    found = actions.get_connection(the_hub(), business_id, connection_id)
    return asked_of(business_id, found.provider, found.level)


def agree_again(business_id: str, connection_id: str, body: Agreement) -> Connection:
    """Agree again to the use of a connected account: it goes on without a break, under a new consent."""
    found = actions.get_connection(the_hub(), business_id, connection_id)
    about = consent_about(the_hub(), business_id, found.provider, found.level, found.holder_id)
    until = body.until if "until" in body.model_fields_set else None
    renew_consent(the_hub(), visit(), about, connection_id, body.agreed, agreed=True, until=until)
    return get_connection(business_id, connection_id)


def test_connection(business_id: str, connection_id: str) -> Tested:
    """Ask the account for its calendars now. A provider's fault is an answer."""
    found = actions.try_connection(the_hub(), business_id, connection_id)
    return Tested(ok=found.ok, reason=found.reason, sentence=found.sentence, calendars=found.calendars)


def end_connection(business_id: str, connection_id: str) -> Disconnected:
    """Disconnect an account: no call of it starts any more."""
    ended = disconnect(the_hub(), visit(), business_id, connection_id)
    return Disconnected(
        connection_id=ended.connection_id,
        ended_at=ended.ended_at,
        revoked=ended.revoked,
        keeps=ended.keeps,
        at_risk_count=ended.at_risk_count,
        at_risk=[
            BookingAtRisk(booking_id=one.booking_id, start=one.start, end=one.end, holder_id=one.holder_id)
            for one in ended.at_risk
        ],
    )


def _connection(found: actions.ConnectionView) -> Connection:
    names = [name for name in Connection.model_fields if name != "calendars"]
    values: dict[str, Any] = {name: getattr(found, name) for name in names}
    return Connection(**values, calendars=[calendar(one) for one in found.calendars])


_ALL = "/businesses/<business_id>/connections"
_ONE = f"{_ALL}/<connection_id>"
_STEP = {200: NextStep}
ROUTES = (
    call("GET", _ALL, list_connections, Right.VIEW, TAG, gives=Connections),
    call(
        "POST",
        _ALL,
        add_connection,
        Right.CONNECT,
        TAG,
        takes=NewConnection,
        gives=Connection,
        status=201,
        other=_STEP,
        keyed=True,
        rate=Rate.OUTWARD,
        also=(409, 502),
    ),
    call("GET", _ONE, get_connection, Right.VIEW, TAG, gives=Connection),
    call(
        "POST",
        f"{_ONE}/connect",
        connect_again,
        Right.CONNECT,
        TAG,
        takes=ConnectionAgain,
        gives=Connection,
        status=201,
        other=_STEP,
        rate=Rate.OUTWARD,
        also=(409, 502),
    ),
    call(
        "POST",
        f"{_ONE}/test",
        test_connection,
        Right.CONNECT,
        TAG,
        gives=Tested,
        rate=Rate.OUTWARD,
        also=(409, 502),
    ),
    call("GET", f"{_ONE}/consent", consent_to_read, Right.CONNECT, TAG, gives=ConsentAsked),
    call("POST", f"{_ONE}/consent", agree_again, Right.CONNECT, TAG, takes=Agreement, gives=Connection, also=(409,)),
    call("POST", f"{_ONE}/disconnect", end_connection, Right.CONNECT, TAG, gives=Disconnected),
)
