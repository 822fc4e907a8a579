from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from werkzeug.test import TestResponse

from hub.actions.record import record
from hub.core.security import Kind, Outcome, Visit
from hub.jobs.queue import open_queue, push
from hub.parts import Hub
from hub.run.valkey import valkey_running
from hub.settings import Settings, load_settings
from hub.store.ids import new_id
from hub.web.metrics import Requests, metrics
from tests.crash.outbox import plain_hub
from tests.world import ADA, World

TOKEN = "prometheus-token-of-the-operator"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = load_settings({}, data_dir=tmp_path_factory.mktemp("v"))
    with valkey_running(settings):
        yield settings


Read = Callable[..., TestResponse]


def reader(hub: Hub, requests: Requests | None = None) -> Read:
    app = Flask("hub.web")
    app.register_blueprint(metrics(hub, requests or Requests()))

    def read(authorization: str | None = f"Bearer {TOKEN}", path: str = "/metrics") -> TestResponse:
        headers = {} if authorization is None else {"Authorization": authorization}
        return app.test_client().get(path, headers=headers)

    return read


@pytest.fixture
def hub(world: World, valkey: Settings) -> Hub:
    update = {"metrics_token": SecretStr(TOKEN), "queue_url": SecretStr(valkey.queue)}
    return replace(world.hub, settings=world.hub.settings.model_copy(update=update))


def samples(answer: TestResponse) -> dict[str, dict[tuple[str, ...], float]]:
    """Every sample by its name and the values of its labels, in the order of the labels' names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        "é\x80",
    ],
)
def test_without_the_token_there_is_no_such_page(hub: Hub, authorization: str | None) -> None:
    answer = reader(hub)(authorization)
    assert answer.status_code == 404
    assert "hub_" not in answer.text


def test_the_refusal_is_that_of_a_page_that_does_not_exist(hub: Hub) -> None:
    read = reader(hub)
    assert read("Bearer wrong").text == read(path="/nothing-here").text


@pytest.mark.parametrize("authorization", [None, "Bearer ", "Bearer", f"Bearer {TOKEN}"])
def test_where_no_token_is_set_there_is_no_such_page_for_anybody(
    hub: Hub, world: World, authorization: str | None
) -> None:
    assert reader(world.hub)(authorization).status_code == 404


def test_with_the_token_prometheus_reads_what_the_tables_know(hub: Hub, world: World) -> None:
    world.staff()
    record(hub, Visit(), Kind.SIGN_IN, Outcome.FAILED)
    answer = reader(hub)()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    found = samples(answer)
    assert found["hub_database_up"] == {(): 1}
    assert found["hub_queue_up"] == {(): 1}
    assert found["hub_connections"] == {("ok", "fake"): 1}
    assert found["hub_calendars"] == {("never",): 1}
    assert found["hub_security_events_last_hour"] == {("sign_in", "failed"): 1}
    assert found["hub_outbox_oldest_waiting_seconds"] == {(): 0}


def test_the_length_of_the_queue_is_that_of_the_jobs(hub: Hub) -> None:
    queue = open_queue(hub.settings.queue)
    queue.connection.flushall()
    push(queue, new_id(), 0)
    push(queue, new_id(), 0)
    queue.connection.close()
    assert samples(reader(hub)())["hub_queue_jobs"] == {(): 2}


def test_without_queue_or_database_the_page_still_answers_and_says_so(tmp_path: Path) -> None:
    settings = load_settings(
        {},
        data_dir=tmp_path,
        database_url="postgresql://hub:not-for-everybody@127.0.0.1:1/hub",
        queue_url="redis://:not-for-everybody@127.0.0.1:1/0",
        metrics_token=TOKEN,
    )
    hub = plain_hub(settings)
    requests = Requests()
    requests.observe("console.home", "GET", 200, 0.1)
    answer = reader(hub, requests)()
    found = samples(answer)
    assert answer.status_code == 200
    assert (found["hub_database_up"], found["hub_queue_up"]) == ({(): 0}, {(): 0})
    assert found["hub_requests_total"] == {("GET", "console.home", "2xx"): 1}
    assert "hub_outbox_rows" not in found
    assert "not-for-everybody" not in answer.text
    hub.database.close()
    hub.keystore.close()


def test_requests_are_counted_by_route_method_and_class_of_status(hub: Hub) -> None:
    requests = Requests()
    for status in (200, 204, 303, 404, 500):
        requests.observe("api.list_bookings", "POST", status, 0.02)
    found = samples(reader(hub, requests)())
    assert found["hub_requests_total"] == {
        ("POST", "api.list_bookings", "2xx"): 2,
        ("POST", "api.list_bookings", "3xx"): 1,
        ("POST", "api.list_bookings", "4xx"): 1,
        ("POST", "api.list_bookings", "5xx"): 1,
    }
    assert found["hub_request_seconds_count"] == {("api.list_bookings",): 5}
    assert found["hub_request_seconds_bucket"][("0.01", "api.list_bookings")] == 0
    assert found["hub_request_seconds_bucket"][("0.025", "api.list_bookings")] == 5


@pytest.mark.parametrize(
    ("route", "method", "status"),
    [
        (None, "GET", 404),
        ("01m872y5rmt3nckjsh1xy3b6a7", "GET", 404),
        ("/b/manage/abc", "GET", 404),
        ('x"} 1\nfake_metric 1', "GET", 404),
        ("Ada Lovelace", "ADA", 999),
        ("", "\n", 0),
    ],
)
def test_a_label_is_never_an_id_or_a_text_of_somebody(hub: Hub, route: str | None, method: str, status: int) -> None:
    requests = Requests()
    requests.observe(route, method, status, 0.1)
    (labels,) = samples(reader(hub, requests)())["hub_requests_total"]
    assert labels[0] in ("GET", "other")
    assert labels[1] == "other"
    assert labels[2] in ("4xx", "other")


def test_many_names_do_not_fill_the_memory(hub: Hub) -> None:
    requests = Requests()
    for number in range(700):
        requests.observe(f"page.view_{number}", "GET", 200, 0.1)
    assert len(samples(reader(hub, requests)())["hub_requests_total"]) == 501


def test_two_applications_count_apart(hub: Hub) -> None:
    one, other = Requests(), Requests()
    one.observe("console.home", "GET", 200, 0.1)
    assert "hub_requests_total" not in samples(reader(hub, other)())
    assert "hub_requests_total" in samples(reader(hub, one)())


def test_no_figure_names_a_person_an_id_or_a_secret(hub: Hub, world: World) -> None:
    staff = world.staff()
    text = reader(hub)().text
    for value in (world.business, staff, ADA.name, "Ada's Practice", "Staff 1", TOKEN):
        assert value not in text
    assert not re.search(r"[0-9a-z]{26}", text)
