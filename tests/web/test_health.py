from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from hub.parts import Hub
from hub.run.valkey import valkey_running
from hub.settings import Settings, load_settings
from hub.store.annotate import Base
from hub.web.app import create_app
from tests.crash.outbox import plain_hub

PARTS = ("database", "keystore", "migrations", "queue")


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = load_settings({}, data_dir=tmp_path_factory.mktemp("v"))
    with valkey_running(settings):
        yield settings


Make = Callable[..., Hub]


@pytest.fixture
def make(tmp_path: Path, valkey: Settings) -> Iterator[Make]:
    """Make a hub on the running Valkey, unless said; closed at the end."""
    made = []

    def make(**given: str) -> Hub:
        made.append(plain_hub(load_settings({}, **{"data_dir": tmp_path, "queue_url": valkey.queue, **given})))
        return made[-1]

    yield make
    for hub in made:
        hub.database.close()
        hub.keystore.close()


def ready(hub: Hub) -> TestResponse:
    return create_app(hub).test_client().get("/health/ready")


def test_a_hub_whose_parts_all_answer_is_ready(make: Make, database_url: str) -> None:
    answer = ready(make(database_url=database_url))
    assert answer.status_code == 200
    assert answer.get_json() == {"ready": True} | dict.fromkeys(PARTS, True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_lives_whatever_its_parts_do(make: Make, tmp_path: Path) -> None:
    hub = make(queue_url=f"unix://{tmp_path}/no.sock")
    answer = create_app(hub).test_client().get("/health/live")
    assert (answer.status_code, answer.get_json()) == (200, {"live": True})


def test_without_its_queue_it_is_not_ready_and_says_which_part_is_missing(make: Make, database_url: str) -> None:
    answer = ready(make(database_url=database_url, queue_url="redis://:not-for-everybody@127.0.0.1:1/0"))
    assert answer.status_code == 503
    assert answer.get_json() == {"ready": False, "queue": False, "database": True, "keystore": True, "migrations": True}
    assert "not-for-everybody" not in answer.text


def test_a_database_that_was_not_migrated_is_not_ready(make: Make) -> None:
    hub = make()
    Base.metadata.create_all(hub.database.engine)
    answer = ready(hub)
    assert answer.status_code == 503
    assert answer.get_json()["migrations"] is False


def test_a_database_out_of_reach_is_not_ready(make: Make) -> None:
    answer = ready(make(database_url="postgresql://hub:not-for-everybody@127.0.0.1:1/hub"))
    assert answer.status_code == 503
    assert {name for name, there in answer.get_json().items() if not there} == {"ready", "database", "migrations"}
    assert "not-for-everybody" not in answer.text
