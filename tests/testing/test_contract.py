"""The contract catches plugins that are wrong at a server: each fault here makes the checks that name it fail."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import requests

from hub.core.calendar import Busy, BusyKind, Changes, Window
from hub.core.errors import InputError, NeedsReconnect, NotFound, Retry
from hub.core.push import Incoming, Notice
from hub.plugin import Account, Calendar, Grant, Setup
from hub.testing.checks.catalogue import CHECKS
from hub.testing.checks.failing import OTHER_VERSION
from hub.testing.contract import CalendarContract
from hub.testing.lab.switches import Fault
from hub.testing.subject import DAY, KeyHooks, Subject, Switched, bearing, direct
from hub.testing.traffic import Traffic

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "hub-acme"
NAMES = ("hub_acme", "hub_acme.plugin", "hub_acme.trial", "hub_acme.keys", "acme")


@pytest.fixture(scope="module")
def example() -> Iterator[dict[str, ModuleType]]:
    """The modules of the example plugin, which is right, and its fake server."""
    paths = [str(EXAMPLE), str(EXAMPLE / "tests")]
    sys.path[:0] = paths
    try:
        yield {name: importlib.import_module(name) for name in NAMES}
    finally:
        for name in NAMES:
            sys.modules.pop(name, None)
        for path in paths:
            sys.path.remove(path)


@pytest.fixture
def subject(example: dict[str, ModuleType]) -> Iterator[Subject]:
    fake, plugin, keys = example["acme"], example["hub_acme.plugin"], example["hub_acme.keys"]
    with fake.running() as acme, requests.Session() as session, requests.Session() as other_session:
        session.trust_env = other_session.trust_env = False
        session.headers["Authorization"] = f"Bearer {fake.TOKEN}"
        account = Account("ada@example.com", {"base": acme.url}, session)
        other = example["hub_acme.trial"].stranger(account.settings, "", fake.TOKEN)
        yield Subject(
            direct(plugin, account),
            Calendar("ada", "ada", "Europe/Berlin"),
            other,
            (int(time.time()) // DAY + 30) * DAY,
            owner="ada@example.com",
            provider=plugin.hub_provider(),
            traffic=Traffic(session),
            seen=lambda: acme.seen,
            faults=Switched(acme.switches, fake.KNOWN | {Fault.GRANT_REVOKED}),
            receive=plugin.hub_receive,
            secrets=(fake.TOKEN,),
            keys=KeyHooks(
                SimpleNamespace(hub_revoke=keys.hub_revoke),
                setup := Setup("calendar", {}, other_session),
                lambda: keys.hub_connect(setup, {"url": acme.url, "password": acme.new_token()}),
                bearing(plugin, other_session),
            ),
        )
        other.close()


def failing(subject: Subject, names: set[str]) -> set[str]:
    """Run these checks and return the names of those that fail."""
    failed = set()
    for check in CHECKS:
        if check.name in names:
            assert not check.missing(subject), check.name
            try:
                check.run(subject)
            except Exception:
                failed.add(check.name)
            subject.clean()
    return failed


Change = Callable[[Callable[..., Any]], Callable[..., Any]]


def instead(subject: Subject, hook: str, change: Change) -> None:
    """Let a hook of the plugin be another one, made of the right one."""
    right = subject.ask
    wrong = change(lambda **arguments: right(hook, **arguments))
    subject.ask = lambda name, **arguments: wrong(**arguments) if name == hook else right(name, **arguments)


def _swallows_errors(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(calendars: list[Calendar], window: Window) -> Any:
            try:
                return right(calendars=calendars, window=window)
            except Exception:
                return {one.ref: [] for one in calendars}

        return wrong

    instead(subject, "hub_free_busy", change)


def _calls_every_failure_the_same(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(**arguments: Any) -> Any:
            try:
                return right(**arguments)
            except Exception as error:
                raise NotFound("It did not work.") from error

        return wrong

    instead(subject, "hub_changes", change)


def _makes_an_own_name_each_time(subject: Subject) -> None:
    numbers = iter(range(1000))

    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        return lambda calendar, event: right(
            calendar=calendar, event=dataclasses.replace(event, uid=f"{event.uid}-{next(numbers)}")
        )

    instead(subject, "hub_create_event", change)


def _takes_all_for_certain(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        return lambda **arguments: {
            ref: [dataclasses.replace(one, kind=BusyKind.BUSY) for one in busy]
            for ref, busy in right(**arguments).items()
        }

    instead(subject, "hub_free_busy", change)


def _keeps_what_is_gone(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(cursor: str | None, **arguments: Any) -> Changes:
            answer: Changes = right(cursor=cursor, **arguments)
            items = [dataclasses.replace(one, item=f"{one.item}-{one.busy}") for one in answer.items]
            return dataclasses.replace(answer, items=tuple(items))

        return wrong

    instead(subject, "hub_changes", change)


def _takes_any_cursor_for_its_own(subject: Subject) -> None:
    subject.own_cursor = True

    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        return lambda cursor, **arguments: right(cursor=cursor and cursor.removeprefix(OTHER_VERSION), **arguments)

    instead(subject, "hub_changes", change)


def _names_events_by_their_titles(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(calendars: list[Calendar], window: Window) -> dict[str, list[Busy]]:
            found: dict[str, list[Busy]] = right(calendars=calendars, window=window)
            text = subject.traffic.since()[-1].answered.decode() if subject.traffic else ""
            return {ref: [dataclasses.replace(one, uid=text) for one in busy] for ref, busy in found.items()}

        return wrong

    instead(subject, "hub_free_busy", change)


def _logs_what_it_sends(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(**arguments: Any) -> Any:
            logging.getLogger("wrong").debug("Authorization: Bearer %s", subject.secrets[0])
            return right(**arguments)

        return wrong

    instead(subject, "hub_list_calendars", change)


def _asks_for_more(subject: Subject) -> None:
    """Listing calendars is not declared for reading an event back."""
    right = subject.ask

    def wrong(name: str, **arguments: Any) -> Any:
        if name == "hub_read_event":
            right("hub_list_calendars")
        return right(name, **arguments)

    subject.ask = wrong


def _goes_around(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(**arguments: Any) -> Any:
            url = subject.traffic.since()[0].url if subject.traffic else ""
            with requests.Session() as own:
                own.trust_env = False
                own.get(url)
            return right(**arguments)

        return wrong

    instead(subject, "hub_read_event", change)


def _believes_whatever_comes(subject: Subject) -> None:
    right, known = subject.receive, list[Any]()
    assert right is not None

    def wrong(request: Incoming) -> list[Notice]:
        with contextlib.suppress(InputError):
            known.extend(right(request))  # type: ignore[arg-type]
        return known[:1]

    subject.receive = wrong


def _never_ends_a_watch(subject: Subject) -> None:
    instead(subject, "hub_unwatch", lambda right: lambda **arguments: None)


def _takes_a_slow_server_for_an_empty_one(subject: Subject) -> None:
    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(calendars: list[Calendar], window: Window) -> Any:
            try:
                return right(calendars=calendars, window=window)
            except requests.Timeout:
                return {one.ref: [] for one in calendars}

        return wrong

    instead(subject, "hub_free_busy", change)


def _looks_only_when_told(subject: Subject) -> None:
    told, read = list[Any](), subject.receive
    assert read is not None

    def hearing(request: Incoming) -> Any:
        told.append(request)
        return read(request)

    def change(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(cursor: str | None, **arguments: Any) -> Any:
            if cursor is not None and not told:
                return Changes((), cursor)
            told.clear()
            return right(cursor=cursor, **arguments)

        return wrong

    subject.receive = hearing
    instead(subject, "hub_changes", change)


def _counts_notifications_itself(subject: Subject) -> None:
    right, numbers = subject.receive, iter(range(1, 1000))
    assert right is not None
    subject.receive = lambda request: [
        dataclasses.replace(one, number=next(numbers)) for one in right(request) if isinstance(one, Notice)
    ]


def _ends_grants_by(subject: Subject, revoke: Callable[..., None]) -> None:
    assert subject.keys is not None
    right = subject.keys.hooks.hub_revoke
    hooks = SimpleNamespace(hub_revoke=lambda setup, grant: revoke(right, setup, grant))
    subject.keys = dataclasses.replace(subject.keys, hooks=hooks)


def _ends_grants_in_name_only(subject: Subject) -> None:
    _ends_grants_by(subject, lambda right, setup, grant: None)


def _calls_every_end_a_success(subject: Subject) -> None:
    def revoke(right: Callable[..., None], setup: Setup, grant: Grant) -> None:
        with contextlib.suppress(Retry):
            right(setup, grant)

    _ends_grants_by(subject, revoke)


def _ends_a_grant_only_once(subject: Subject) -> None:
    ended: set[str] = set()

    def revoke(right: Callable[..., None], setup: Setup, grant: Grant) -> None:
        if grant.secret["access_token"] in ended:
            raise Retry("It is gone.")
        right(setup, grant)
        ended.add(grant.secret["access_token"])

    _ends_grants_by(subject, revoke)


@pytest.mark.parametrize(
    ("spoil", "caught"),
    [
        (_swallows_errors, {"fails_rightly_when_down", "fails_rightly_when_html", "never_takes_lies_for_free_time"}),
        (_calls_every_failure_the_same, {"fails_rightly_when_too_many", "says_that_a_cursor_is_too_old"}),
        (_makes_an_own_name_each_time, {"a_write_without_an_answer_leaves_one_event", "cancels_by_the_uid_alone"}),
        (_takes_all_for_certain, {"tells_a_tentative_event", "tells_an_unanswered_invitation"}),
        (_keeps_what_is_gone, {"forgets_the_dates_that_a_series_lost", "reports_what_changed"}),
        (_takes_any_cursor_for_its_own, {"says_that_a_cursor_is_too_old"}),
        (_names_events_by_their_titles, {"lets_no_title_out"}),
        (_logs_what_it_sends, {"lets_no_credential_out"}),
        (_asks_for_more, {"asks_only_what_is_declared"}),
        (_goes_around, {"goes_only_through_the_session"}),
        (_believes_whatever_comes, {"a_forged_notification_is_told_apart", "refuses_what_is_no_notification"}),
        (_never_ends_a_watch, {"is_silent_once_ended"}),
        (_takes_a_slow_server_for_an_empty_one, {"fails_rightly_when_slow"}),
        (_looks_only_when_told, {"a_lost_notification_loses_nothing"}),
        (_counts_notifications_itself, {"one_that_comes_twice_reads_the_same"}),
        (_ends_grants_in_name_only, {"an_ended_grant_is_dead", "an_end_that_fails_stays_open", "a_false_end_is_seen"}),
        (_calls_every_end_a_success, {"an_end_that_fails_stays_open", "a_false_end_is_seen"}),
        (_ends_a_grant_only_once, {"an_ended_grant_is_dead"}),
    ],
    ids=lambda value: getattr(value, "__name__", "")[1:],
)
def test_a_plugin_that_is_wrong_at_a_server_is_caught(
    subject: Subject, spoil: Callable[[Subject], None], caught: set[str]
) -> None:
    assert failing(subject, caught) == set()
    spoil(subject)
    assert failing(subject, caught) == caught


# Of a plugin that renews its grants


def renewing(subject: Subject, refused: Exception) -> None:
    """Let the plugin renew a grant, and raise this where its owner took it back."""
    assert subject.keys is not None
    assert isinstance(subject.faults, Switched)
    switches = subject.faults.switches

    def hub_refresh(setup: Setup, grant: Grant) -> Grant:
        if switches.takes("POST", "/token", Fault.GRANT_REVOKED):
            raise refused
        return grant

    hooks = SimpleNamespace(hub_refresh=hub_refresh)
    subject.keys = dataclasses.replace(subject.keys, hooks=hooks)


@pytest.mark.parametrize(
    ("refused", "failed"),
    [
        (NeedsReconnect("It was taken back.", code="revoked"), set()),
        (NeedsReconnect("It was taken back."), {"says_that_a_grant_was_taken_back"}),
        (Retry("It did not work."), {"says_that_a_grant_was_taken_back"}),
    ],
    ids=["with its reason", "without a reason", "as a failure that passes"],
)
def test_a_grant_that_was_taken_back_must_be_told_with_its_reason(
    subject: Subject, refused: Exception, failed: set[str]
) -> None:
    renewing(subject, refused)
    assert failing(subject, {"says_that_a_grant_was_taken_back"}) == failed


# What the tests of a plugin report


class _Reported(CalendarContract):
    """Runs one check as a plugin's tests do."""


def outcome(subject: Subject, name: str) -> str:
    """Return how the test of a check ends: passed, failed, skipped or xfailed, and with what words."""
    (check,) = (one for one in CHECKS if one.name == name)
    try:
        _Reported().test_contract(check, subject)
    except (pytest.skip.Exception, pytest.xfail.Exception, pytest.fail.Exception) as ended:
        return f"{type(ended).__name__}: {ended}"
    return "passed"


def test_what_was_announced_is_reported_with_its_sentence(subject: Subject) -> None:
    subject.cannot = {"asks_for_no_titles": "Acme gives whole objects."}
    assert outcome(subject, "asks_for_no_titles") == "XFailed: Acme gives whole objects."


def test_an_exception_that_is_not_needed_is_a_failure(subject: Subject) -> None:
    subject.cannot = {"sees_an_event": "Acme sees nothing."}
    assert outcome(subject, "sees_an_event").startswith("Failed: sees_an_event holds")


def test_what_cannot_be_tried_is_skipped_with_the_reason(subject: Subject) -> None:
    subject.owner, subject.faults = "", None
    assert "names no address" in outcome(subject, "tells_an_unanswered_invitation")
    assert "no fault 'down'" in outcome(subject, "fails_rightly_when_down")
    assert outcome(subject, "sees_an_event") == "passed"
