"""Which calendars are listed, by what names, and which of them can be written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.core.errors import Retry
from hub.plugin import Account
from hub.testing.lab.google.app import ADA, BEN, GoogleLab
from hub.testing.lab.switches import Fault
from hub_google import plugin

ROLES = ("freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")


def test_roles_say_what_can_be_written(lab: GoogleLab, account: Callable[..., Account]) -> None:
    for role in ROLES:
        made = lab.state.add_calendar(f"{role}@group.calendar.google.com", BEN, role, "Asia/Kolkata")
        made.roles[ADA.email] = role
    expected = {"standard": {"owner"}, "shared": {"writerWithoutPrivateAccess", "writer", "owner"}}
    for level, roles in expected.items():
        listed = {one.name: one for one in plugin.hub_list_calendars(account(level))}
        assert {name for name, one in listed.items() if one.writable and name in ROLES} == roles
        assert listed[ADA.email].primary
        assert listed[ADA.email].writable
        assert listed["reader"].zone == "Asia/Kolkata"


def test_a_list_of_several_pages_is_read_to_its_end(lab: GoogleLab, account: Callable[..., Account]) -> None:
    for n in range(260):
        lab.state.add_calendar(f"many-{n}@group.calendar.google.com", ADA, f"many {n}", "Europe/Berlin")
    listed = plugin.hub_list_calendars(account("standard"))
    assert len({one.ref for one in listed}) == len(listed) >= 261
    for n in range(260):
        del lab.state.calendars[f"many-{n}@group.calendar.google.com"]


def test_a_deleted_calendar_of_the_hub_is_not_listed(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine = account("shield")
    gone = Account(mine.name, {**mine.settings, "bookings": "gone@group.calendar.google.com"}, mine.http)
    assert [one.ref for one in plugin.hub_list_calendars(gone)] == ["primary"]


@pytest.mark.parametrize(
    "items", ["none", None, [7], [{}], [{"id": ""}], [{"id": "x" * 2_000}], [{"id": 7, "summary": "x"}]]
)
def test_a_list_that_makes_no_sense_is_an_error(lab: GoogleLab, account: Callable[..., Account], items: Any) -> None:
    mine = account("standard")
    lab.state.lie = lambda _name, found: {**found, "items": items}
    with lab.state.switches.on(Fault.LYING), pytest.raises(Retry):
        plugin.hub_list_calendars(mine)


def test_odd_names_and_zones_are_taken_for_none(lab: GoogleLab, account: Callable[..., Account]) -> None:
    mine = account("standard")
    entry = {"id": "x", "summary": ["odd"], "timeZone": "../../etc/passwd", "accessRole": "emperor", "primary": "yes"}
    lab.state.lie = lambda _name, found: {**found, "items": [entry]}
    with lab.state.switches.on(Fault.LYING):
        [one] = plugin.hub_list_calendars(mine)
    assert (one.name, one.zone, one.writable, one.primary) == ("x", "", False, False)
