"""What is asked for twice with one idempotency key is made once."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.web.api.conftest import Program, Programs
from tests.world import World


def test_a_repeat_reads_what_was_made_as_it_is_by_now(world: World, program: Program) -> None:
    first = program.post("staff", {"name": "Ada"}, key="k")
    assert first.json is not None
    program.patch(f"staff/{first.json['id']}", {"version": 1, "name": "Ada L."})
    again = program.post("staff", {"name": "Ada"}, key="k")
    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json | {"name": "Ada L.", "version": 2}
    other = program.post("staff", {"name": "Ben"}, key="k")
    assert other.status_code == 422
    assert other.json is not None
    assert other.json["field"] == "Idempotency-Key"
    elsewhere = program.post("resources", {"name": "Ada"}, key="k")
    assert elsewhere.status_code == 422


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_refused_leaves_its_key_free(program: Program) -> None:
    assert program.post("staff", {"name": ""}, key="k").status_code == 422
    answer = program.post("staff", {"name": "Ada"}, key="k")
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_a_key_in_a_business_that_there_is_not_is_no_error_of_ours(programs: Programs) -> None:
    answer = programs(everywhere=True).post(f"/api/v1/businesses/{'0' * 26}/staff", {"name": "Ada"}, key="k")
    assert answer.status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_business_is_added_once_and_the_order_of_fields_does_not_matter(programs: Programs) -> None:
    program = programs(everywhere=True)
    first = program.post("/api/v1/businesses", {"name": "Dora", "zone": "UTC"}, key="k")
    again = program.post("/api/v1/businesses", {"zone": "UTC", "name": "Dora"}, key="k")
    assert first.json == again.json
    listed = program.get("/api/v1/businesses", search="Dora").json
    assert listed is not None
    assert len(listed["items"]) == 1


def test_many_at_once_make_one_and_all_are_told_of_it(app: Flask, program: Program) -> None:
    answers: list[TestResponse] = []

    def ask() -> None:
        other = Program(app.test_client(), program.token, program.business)
        answers.append(other.post("staff", {"name": "Ada"}, key="k"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status_code for one in answers} == {201}
    assert len({one.json["id"] for one in answers if one.json}) == 1
    assert sum("Idempotency-Replayed" not in one.headers for one in answers) == 1
    listed = program.get("staff").json
    assert listed is not None
    assert len(listed["items"]) == 1
