"""The receipt of a disconnect over the API: what happened when, to the millisecond, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, PlainSerializer, WithJsonSchema

from hub.actions import receipt as actions
from hub.core.ended import EndState, Probe
from hub.core.role import Right
from hub.web.api.call import call
from hub.web.api.connections import TAG
from hub.web.api.fields import Id, Instant, Shown
from hub.web.current import the_hub


def write_ms(milliseconds: int) -> str:
    """Return the RFC 3339 time of UTC milliseconds, in UTC."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


Precise = Annotated[
    int, PlainSerializer(write_ms, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time that a program is given, with milliseconds: RFC 3339 in UTC."""


class ReceiptStep(Shown):
    """One thing that happened. `entry` is its entry of the ledger, `seq` that one's place, null until it has one."""

    at: Precise
    what: str
    title: str
    text: str
    entry: str
    seq: int | None


class KeptThing(Shown):
    """One kind of thing that stays here. Without `until` the words say until what. `count` null: it goes on growing."""

    what: str
    title: str
    count: int | None
    until: Instant | None
    how_long: str


class DisconnectReceipt(Shown):
    """How an account ended the last time, from the ledger. `live`: it is connected again since."""

    connection_id: Id
    provider: str
    title: str
    account_name: str
    epoch: int = Field(description="How often it was connected and ended; calls name it.")
    asked_at: Precise
    stopped_at: Precise = Field(description="From here on no call was let through.")
    took_ms: int
    last_call_at: Precise | None
    last_before_ms: int | None = Field(description="Milliseconds from the last call to the end.")
    calls_later: int = Field(description="Minutes that saw a call after the end all the same: none.")
    refused: int = Field(description="Calls asked for since, and not made.")
    end_state: EndState = Field(description="What is known of the permission at the provider.")
    state_sentence: str
    probe: Probe = Field(description="What became of the attempt to use it afterwards.")
    probe_sentence: str
    keeps: str = Field(description="What the provider keeps.")
    live: bool
    steps: list[ReceiptStep]
    kept: list[KeptThing]


def get_receipt(business_id: str, connection_id: str) -> DisconnectReceipt:
    """Read the receipt of a connection's last disconnect. One that never ended has none (409)."""
    found = actions.disconnection_receipt(the_hub(), business_id, connection_id)
    return DisconnectReceipt(
        connection_id=found.connection_id,
        provider=found.provider,
        title=found.title,
        account_name=found.account_name,
        epoch=found.epoch,
        asked_at=found.asked_ms,
        stopped_at=found.stopped_ms,
        took_ms=found.took_ms,
        last_call_at=found.last_call_ms or None,
        last_before_ms=found.last_before,
        calls_later=found.later,
        refused=found.refused,
        end_state=EndState(found.end_state),
        state_sentence=found.state_sentence,
        probe=Probe(found.probe),
        probe_sentence=found.probe_sentence,
        keeps=found.keeps,
        live=found.is_live,
        steps=[
            ReceiptStep(at=one.at_ms, what=one.what, title=one.title, text=one.text, entry=one.entry, seq=one.seq)
            for one in found.steps
        ],
        kept=[KeptThing.model_validate(one) for one in found.kept],
    )


_PATH = "/businesses/<business_id>/connections/<connection_id>/receipt"
ROUTES = (call("GET", _PATH, get_receipt, Right.VIEW, TAG, gives=DisconnectReceipt, also=(409,)),)
