"""Security events in the console: filtered by address, shown literally, exported safely; everybody sees their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from hub.actions.record import record
from hub.actions.users import find_user_id
from hub.core.security import Kind, Outcome, Visit
from hub.store.security import add_event
from tests.web.conftest import Browser
from tests.world import World

SignedIn = Callable[[str], Browser]
PATH = "/console/security"
EXPORT = "/console/security/events.csv"


def refused(world: World, address: str, device: str = "", within: str = "") -> None:
    record(world.hub, Visit(address=address, device=device), Kind.BAD_LINK, Outcome.REFUSED, within=within)


def test_events_are_filtered_by_the_address(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    refused(world, "203.0.113.7", within=world.business)
    user = find_user_id(world.hub, "owner@example.com")
    assert "203.0.113.7" in ada.get(PATH).text
    for query, there in (
        ("kind=bad_link", True),
        ("kind=sign_in", False),
        ("outcome=refused", True),
        ("outcome=ok", False),
        (f"business={world.business}", True),
        ("business=nowhere", False),
        (f"user={user}", False),
        ("from=2027-01-01&until=2099-01-01", True),
        ("until=2020-01-01", False),
        ("kind=nonsense", True),
        ("user=%00", False),
    ):
        answer = ada.get(f"{PATH}?{query}")
        assert answer.status_code == 200
        assert ("203.0.113.7" in answer.text) is there, query
    assert "Only what Ada did" in ada.get(f"{PATH}?user={user}").text


def test_a_day_that_is_none_and_a_place_that_is_none_are_answered(signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    assert ada.get(f"{PATH}?from=yesterday").status_code == 422
    assert ada.get(f"{PATH}?until=0001-01-01").status_code == 422
    answer = ada.get(f"{PATH}?kind=sign_in&after=nonsense")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?kind=sign_in")


def test_long_lists_go_on_and_keep_the_filter(world: World, signed_in: SignedIn) -> None:
    ada = signed_in("owner")
    for number in range(55):
        refused(world, f"203.0.113.{number}")
    page = ada.get(f"{PATH}?kind=bad_link").text
    following = page.rpartition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "kind=bad_link" in following
    rest = ada.get(following).text
    assert rest.count("Link that does not work</strong>") == 5
    assert 'rel="next"' not in rest


def test_what_a_visitor_sent_stands_there_literally(world: World, signed_in: SignedIn) -> None:
    device = "\x1b[31mred\x00 \u202eevil\r\nSign-in <script>alert(1)</script>"
    values = dict.fromkeys(("actor", "actor_id", "about", "within", "route", "detail", "address_hash"), "")
    if "postgres" in str(world.hub.database.engine.url):
        device = device.replace("\x00", "")  # PostgreSQL takes none
    with world.hub.database.writing() as conn:
        given = {"kind": Kind.BAD_LINK, "outcome": Outcome.REFUSED, "address": "203.0.113.7", "device": device}
        add_event(conn, at=world.clock.now, **{**values, **given})
    page = signed_in("owner").get(PATH).text
    assert "\\x1b[31mred" in page
    assert "\\u202eevil\\r\\nSign-in &lt;script&gt;" in page
    assert not {"\x1b", "\x00", "\u202e"} & set(page)
    assert "<script>alert" not in page


def test_the_export_is_a_file_in_which_nothing_is_a_formula(world: World, signed_in: SignedIn) -> None:
    refused(world, "203.0.113.7", "=HYPERLINK(1)")
    ada = signed_in("owner")
    answer = ada.get(f"{EXPORT}?kind=bad_link")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=security-events-2027-")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    heading, row = list(csv.reader(io.StringIO(answer.text)))
    assert heading[0] == "time"
    assert row[-2:] == ["203.0.113.0/24", "'=HYPERLINK(1)"]


def test_auditors_read_them_and_others_only_their_own(world: World, signed_in: SignedIn) -> None:
    refused(world, "203.0.113.7")
    assert "203.0.113.7" in signed_in("auditor").get(PATH).text
    for who in ("viewer", "agent"):
        visitor = signed_in(who)
        assert visitor.get(PATH).status_code == 403
        assert visitor.get(EXPORT).status_code == 403
        page = visitor.get("/account/history").text
        assert "Sign-in with a password" in page
        assert "203.0.113.7" not in page
        assert "/account/history" in visitor.get("/account").text


def test_who_is_limited_sees_events_of_their_own_businesses(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    refused(world, "203.0.113.7", within=world.business)
    refused(world, "198.51.100.9", within=other_business)
    ida = signed_in("ida")
    for path in (PATH, EXPORT):
        page = ida.get(path).text
        assert "203.0.113" not in page
        assert "198.51.100" in page
