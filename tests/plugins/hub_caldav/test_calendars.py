"""Which collections are calendars for events, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from hub.plugin import Account, Calendar, Refused
from hub.testing.servers import Server
from hub.testing.subject import Subject
from hub_caldav import client, plugin, trial
from tests.plugins.hub_caldav.scripted import Script, scripted

BEGIN = '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/">'
IS_CALENDAR = "<D:resourcetype><D:collection/><C:calendar/>{}</D:resourcetype>"
VTIMEZONE = "BEGIN:VCALENDAR&#13;\nBEGIN:VTIMEZONE&#13;\nTZID:Europe/Berlin&#13;\nEND:VTIMEZONE&#13;\nEND:VCALENDAR"


@pytest.fixture
def listed(http: requests.Session) -> Iterator[Callable[..., list[Calendar]]]:
    """List what a home with these resources holds."""
    with scripted() as script:

        def listed(**resources: str) -> list[Calendar]:
            responses = "".join(
                f"<D:response><D:href>/home/{name}/</D:href><D:propstat><D:prop>{properties}</D:prop>"
                "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
                for name, properties in resources.items()
            )
            script.answers["/home/"] = (207, {}, f"{BEGIN}{responses}</D:multistatus>")
            return list(plugin.hub_list_calendars(_account(script, http)))

        yield listed


def _account(script: Script, http: requests.Session) -> Account:
    return Account("ada", {"home": script.url(path="/home/"), "principal": "", "addresses": ""}, http)


def test_a_calendar_has_name_and_zone(listed: Callable[..., list[Calendar]]) -> None:
    (calendar,) = listed(
        work=IS_CALENDAR.format("")
        + f"<D:displayname>Work</D:displayname><C:calendar-timezone>{VTIMEZONE}</C:calendar-timezone>"
    )
    assert (calendar.name, calendar.zone, calendar.writable) == ("Work", "Europe/Berlin", True)
    assert calendar.ref.endswith("/home/work/")


def test_what_is_no_calendar_for_events_is_left_out(listed: Callable[..., list[Calendar]]) -> None:
    components = "<C:supported-calendar-component-set>{}</C:supported-calendar-component-set>"
    tasks = components.format('<C:comp name="VTODO"/>')
    both = components.format('<C:comp name="VTODO"/><C:comp name="VEVENT"/>')
    found = listed(
        home="<D:resourcetype><D:collection/></D:resourcetype>",
        inbox=IS_CALENDAR.format("<C:schedule-inbox/>"),
        outbox=IS_CALENDAR.format("<C:schedule-outbox/>"),
        subscribed="<D:resourcetype><D:collection/><S:subscribed/></D:resourcetype>",
        tasks=IS_CALENDAR.format("") + tasks,
        both=IS_CALENDAR.format("") + both,
        plain=IS_CALENDAR.format(""),
    )
    assert [one.name for one in found] == ["both", "plain"]


def test_a_calendar_that_is_an_outbox_as_well_is_a_calendar(listed: Callable[..., list[Calendar]]) -> None:
    components = '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>'
    found = listed(personal=IS_CALENDAR.format("<C:schedule-outbox/>") + components)
    assert [one.name for one in found] == ["personal"]


@pytest.mark.parametrize(("privilege", "writable"), [("read", False), ("write", True), ("write-content", True)])
def test_privileges_say_what_can_be_written(
    listed: Callable[..., list[Calendar]], privilege: str, writable: bool
) -> None:
    rights = f"<D:current-user-privilege-set><D:privilege><D:{privilege}/></D:privilege></D:current-user-privilege-set>"
    assert [one.writable for one in listed(a=IS_CALENDAR.format("") + rights)] == [writable]


def test_a_calendar_on_another_host_is_refused(http: requests.Session) -> None:
    with scripted() as script:
        href = "http://elsewhere.test/cal/"
        script.answers["/home/"] = (
            207,
            {},
            f"{BEGIN}<D:response><D:href>{href}</D:href><D:propstat><D:prop>{IS_CALENDAR.format('')}</D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>",
        )
        with pytest.raises(Refused) as caught:
            plugin.hub_list_calendars(_account(script, http))
    assert caught.value.reason == "other_host"


def test_every_home_is_listed_once(make: Callable[[Server], Subject], server: Server, http: requests.Session) -> None:
    subject = make(server)
    http.auth = (server.username, server.password)
    account = Account("ada", {"home": f"{server.home} {server.home}"}, http)
    refs = [one.ref for one in plugin.hub_list_calendars(account)]
    assert refs.count(subject.calendar.ref) == 1


def test_the_library_keeps_the_session_of_the_account(http: requests.Session) -> None:
    made = client.Client(Account("ada", {"home": "http://127.0.0.1/"}, http))
    assert made._dav.username is None
    assert made._dav.session is made._door


def test_a_server_that_lets_no_calendar_be_made_is_said(http: requests.Session) -> None:
    with scripted() as script, pytest.raises(Refused) as caught:
        trial.Stranger(http, script.url()).make_calendar("x")
    assert caught.value.reason == "no_scratch_calendar"
