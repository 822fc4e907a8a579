from __future__ import annotations

from collections.abc import Mapping

import pytest
from werkzeug.test import TestResponse

from tests.web.api.conftest import Program

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def patch(program: Program, path: str, tag: str, body: object) -> TestResponse:
    return program.ask("PATCH", path, body, headers={"If-Match": tag})


def test_what_has_a_version_says_so_in_its_tag_and_a_change_may_name_that(
    program: Program, things: Mapping[str, str]
) -> None:
    path = f"services/{things['service_id']}"
    seen = program.get(path)
    assert seen.headers["ETag"] == f'"{seen.json["version"]}"'
    done = patch(program, path, seen.headers["ETag"], {"name": "Cleaning"})
    assert (done.status_code, done.json["name"]) == (200, "Cleaning")
    assert done.headers["ETag"] == f'"{done.json["version"]}"' != seen.headers["ETag"]
    again = patch(program, path, seen.headers["ETag"], {"name": "Polishing"})
    assert (again.status_code, again.json["code"], again.mimetype) == (412, "changed", "application/problem+json")
    assert program.get(path).json["name"] == "Cleaning"


@pytest.mark.parametrize("tag", ['W/"1"', '"never"', '"999999999"', '"1" '])
def test_a_tag_that_is_weak_or_of_no_version_matches_nothing(
    program: Program, things: Mapping[str, str], tag: str
) -> None:
    path = f"staff/{things['staff_id']}"
    version = program.get(path).json["version"]
    if tag == '"1" ':
        tag = f'"{version + 1}" '
    assert patch(program, path, tag, {"name": "Ben"}).status_code == 412
    assert program.get(path).json["name"] != "Ben"


@pytest.mark.parametrize("tag", ["1", '"1", "2"', '"', '"a b"', 'W/"1", "2"', "*, *"])
def test_what_is_no_single_tag_is_refused_in_words(program: Program, things: Mapping[str, str], tag: str) -> None:
    answer = patch(program, f"staff/{things['staff_id']}", tag, {"name": "Ben"})
    assert (answer.status_code, answer.json["field"]) == (422, "If-Match")


def test_two_versions_that_differ_are_refused_and_any_asks_for_the_one_in_the_body(
    program: Program, things: Mapping[str, str]
) -> None:
    path = f"staff/{things['staff_id']}"
    version = program.get(path).json["version"]
    answer = patch(program, path, f'"{version}"', {"name": "Ben", "version": version + 1})
    assert (answer.status_code, answer.json["field"]) == (422, "version")
    assert patch(program, path, f'"{version}"', {"name": "Ben", "version": version}).status_code == 200
    assert patch(program, path, "*", {"name": "Cyd"}).status_code == 422  # any is not none: the body must say
    assert patch(program, path, f'"{version + 1}"', ["no", "thing"]).status_code == 422


def test_without_the_header_an_old_version_is_a_conflict_as_before(program: Program, things: Mapping[str, str]) -> None:
    path = f"staff/{things['staff_id']}"
    version = program.get(path).json["version"]
    assert program.patch(path, {"name": "Ben", "version": version}).status_code == 200
    assert program.patch(path, {"name": "Cyd", "version": version}).status_code == 409


def test_what_has_no_version_is_not_changed_under_one(program: Program, things: Mapping[str, str]) -> None:
    path = f"holders/{things['holder_id']}/time-off/{things['time_off_id']}"
    assert program.ask("DELETE", path, headers={"If-Match": '"1"'}).status_code == 412
    assert program.ask("DELETE", path, headers={"If-Match": "*"}).status_code == 204


def test_a_week_and_a_booking_are_changed_under_their_tag(program: Program, things: Mapping[str, str]) -> None:
    week = f"holders/{things['holder_id']}/hours"
    seen = program.get(week)
    hours = {"zone": "Europe/Berlin", "windows": []}
    tag = {"If-Match": seen.headers["ETag"]}
    assert program.ask("PUT", week, hours, headers=tag).status_code == 200
    assert program.ask("PUT", week, hours, headers=tag).status_code == 412
    booking = f"bookings/{things['booking_id']}"
    old = program.get(booking).headers["ETag"]
    assert program.ask("POST", f"{booking}/cancel", {}, headers={"If-Match": '"77"'}).status_code == 412
    assert program.ask("POST", f"{booking}/cancel", {}, headers={"If-Match": old}).status_code == 200


def test_the_document_says_which_calls_know_the_header(program: Program) -> None:
    paths = program.get("/api/v1/openapi.json").json["paths"]
    one = paths["/api/v1/businesses/{business_id}/services/{service_id}"]
    assert "If-Match" in [part["name"] for part in one["patch"]["parameters"]]
    assert "412" in one["patch"]["responses"]
    assert "ETag" in one["get"]["responses"]["200"]["headers"]
    assert "If-Match" not in [part["name"] for part in one["get"]["parameters"]]


def test_what_is_wrong_with_a_body_is_said_before_its_version(program: Program) -> None:
    """Preconditions count only where the change would have been made without them (RFC 9110, 13.2.1)."""
    path = f"/api/v1/businesses/{program.business}"
    for tag in ('W/"1"', '"never"', '"{-"'):
        assert patch(program, path, tag, {"zone": "Nowhere/At_all", "nonsense": 1}).status_code == 422
        assert patch(program, path, tag, {"name": "Ben"}).status_code == 412
