"""Canaries are planted in every way in which a record can carry something; only what is on the list may come out."""

from __future__ import annotations

import io
import json
import logging
import secrets
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import structlog
from _pytest.logging import LogCaptureHandler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core.errors import Refused
from hub.logs import FIELDS, NAMES, NUMBERS, about, set_up_logs
from hub.store.ids import new_id

ROOT = Path(__file__).parents[1]
CANARY = "c4n4ry-of-ada"
TOKEN = secrets.token_urlsafe(32)
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGERS = (
    "",
    "hub.jobs.perform",
    "hub_acme.client",
    "gunicorn.error",
    "rq.worker",
    "alembic.runtime",
    "sqlalchemy.engine.Engine",
    "urllib3.connectionpool",
    "werkzeug",
)


class Log:
    """What a process logs, as text and as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json, self.stream = as_json, io.StringIO()

    def set_up(self, level: str = "DEBUG", process: str = "") -> None:
        set_up_logs(level, as_json=self.as_json, process=process, stream=self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def last(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.lines[-1])
        return found


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the logging of this process back afterwards."""
    for module, name in ((warnings, "showwarning"), (sys, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    root = logging.getLogger()
    before, level, hub_level = root.handlers[:], root.level, logging.getLogger("hub").level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("hub").setLevel(hub_level)
    structlog.reset_defaults()


@pytest.fixture(params=[False, True], ids=["text", "json"])
def log(request: pytest.FixtureRequest) -> Log:
    made = Log(as_json=request.param)
    made.set_up()
    return made


@pytest.fixture
def lines() -> Log:
    made = Log(as_json=True)
    made.set_up()
    return made


class Thing:
    def __repr__(self) -> str:
        return CANARY


CARGO: dict[str, Any] = {
    "bytes": CANARY.encode(),
    "dict": {"password": CANARY, "deep": [{"deeper": (CANARY,)}]},
    "list": [CANARY],
    "object": Thing(),
    "error": KeyError(CANARY),
    "token": f"Bearer {CANARY}",
    "key": f"fd_{CANARY}",
    "url": f"https://ada:{CANARY}@dav.example.com/",
    "link": f"/b/manage/{CANARY}",
    "query": f"/oauth?code={CANARY}",
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cargo", CARGO)
def test_no_canary_passes_at_any_level_by_any_way(log: Log, level: str, cargo: str) -> None:
    log.set_up()  # once more: pytest's own handler, which would print what cannot be formatted, goes
    for name in LOGGERS:
        before = len(log.lines)
        plant(logging.getLogger(name), logging.getLevelNamesMapping()[level], CARGO[cargo])
        heard = name.startswith("hub.") or level in ("WARNING", "ERROR")
        assert len(log.lines) - before == (11 if heard else 0)
    assert CANARY not in log.text
    assert "Traceback" not in log.text


def plant(logger: logging.Logger, number: int, value: Any) -> None:
    """Log eleven times, with the canary in another place each time."""
    logger.log(number, "as an argument: %s", value)
    logger.log(number, "as two: %s %r", value, value)
    logger.log(number, "by name: %(it)s", {"it": value})
    logger.log(number, "as a number: %d", value)
    logger.log(number, value)
    logger.log(number, "in a format: " + (value if isinstance(value, str) else ""))
    logger.log(number, "as fields", extra={"password": value, "headers": value, CANARY: 1})
    logger.log(number, "as listed fields", extra={"route": value, "status": value, "code": value, "event": value})
    try:
        inner = value
        raise ValueError(CANARY, inner)
    except ValueError as error:
        logger.log(number, "thrown", exc_info=True, stack_info=True)
        logger.log(number, "thrown again", exc_info=error)
        logger.log(number, error)


@pytest.mark.parametrize("name", [name for name in LOGGERS if not name.startswith("hub.")])
def test_a_library_fills_in_numbers_and_no_text(lines: Log, name: str) -> None:
    logging.getLogger(name).warning("GET %s gave %d after %.1f s by %s", CANARY, 207, 0.5, "SIGTERM")
    assert lines.last["event"] == "GET <str> gave 207 after 0.5 s by SIGTERM"


def test_a_library_is_not_heard_below_warning_whatever_the_level(log: Log) -> None:
    logging.getLogger("urllib3.connectionpool").debug("sending the body")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    assert log.text == ""
    logging.getLogger("hub.vault").debug("ours")
    assert len(log.lines) == 1


def test_a_library_that_sets_its_own_level_is_not_heard_either(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    talkative = logging.getLogger("werkzeug")
    monkeypatch.setattr(talkative, "level", logging.DEBUG)
    monkeypatch.setattr(talkative, "_cache", {})
    log.set_up()
    talkative.info("GET /b/manage/%s", TOKEN)
    assert log.text == ""
    log.set_up("ERROR")
    talkative.warning("nor this")
    assert log.text == ""
    talkative.error("but this")
    assert len(log.lines) == 1


def test_the_level_of_the_settings_is_kept(log: Log) -> None:
    log.set_up("ERROR")
    logging.getLogger("hub.web").warning("not this")
    logging.getLogger("gunicorn.error").warning("nor this")
    logging.getLogger("hub.web").error("but this")
    assert len(log.lines) == 1


def test_the_hubs_own_lines_fill_in_names_ids_and_sentences(lines: Log) -> None:
    row = new_id()
    logging.getLogger("hub.jobs.perform").error("effect %s of row %s: %s", "write_event", row, "It is down.")
    assert lines.last["event"] == f"effect write_event of row {row}: It is down."


def test_listed_fields_pass_and_others_are_counted(lines: Log) -> None:
    row = new_id()
    given = {
        "row": row,
        "attempts": 3,
        "ms": 1.5,
        "status": 200,
        "route": "console.businesses",
        "name_of": "Ada",
        "x": 1,
    }
    logging.getLogger("hub.web").info("done", extra=given)
    line = lines.last
    assert {name: line[name] for name in ("row", "attempts", "ms", "status", "route")} == {
        "row": row,
        "attempts": 3,
        "ms": 1.5,
        "status": 200,
        "route": "console.businesses",
    }
    assert line["dropped"] == 2
    assert set(line) <= FIELDS


@pytest.mark.parametrize("field", sorted(NAMES - {"process"}))  # logging itself has one of that name
def test_a_name_is_no_place_for_a_text_or_a_token(lines: Log, field: str) -> None:
    for value in ("Ada Lovelace", "x" * 101, "a\nb", TOKEN, {"a": 1}, b"ada"):
        logging.getLogger("hub.web").info("x", extra={field: value})
        assert lines.last[field] in ("<str>", "<dict>", "<bytes>", "[hidden]")


@pytest.mark.parametrize("field", sorted(NUMBERS))
def test_a_number_is_a_number(lines: Log, field: str) -> None:
    logging.getLogger("hub.web").info("x", extra={field: "12 is what Ada typed"})
    assert lines.last[field] == "<str>"


def test_a_record_cannot_say_that_it_is_another(lines: Log) -> None:
    claims = {"time": "1970", "level": "INFO", "logger": "hub.other", "event": "all is well"}
    logging.getLogger("hub.web").error("it burns", extra=claims)
    line = lines.last
    assert (line["level"], line["logger"], line["event"]) == ("ERROR", "hub.web", "it burns")
    assert line["time"].startswith("20")


def test_an_exception_is_its_type_and_place_and_a_code_of_ours(lines: Log) -> None:
    try:
        raise Refused("no_such_calendar", "what Ada typed")
    except Refused:
        logging.getLogger("hub.jobs").exception("failed")
    line = lines.last
    assert (line["exception"], line["code"]) == ("Refused", "no_such_calendar")
    assert line["place"].startswith("tests.test_logs:") or line["place"].partition(":")[2].isdigit()
    try:
        new_id.__globals__["_text"]("no number")
    except TypeError:
        logging.getLogger("hub.jobs").exception("failed")
    assert lines.last["place"].startswith("hub.store.ids:")


class Part(StrEnum):
    QUEUE = "queue"


def test_choices_are_told_by_their_value(lines: Log) -> None:
    logging.getLogger("hub.web").info("%s", Part.QUEUE, extra={"part": Part.QUEUE})
    assert (lines.last["event"], lines.last["part"]) == ("queue", "queue")


def test_every_line_of_a_block_has_its_fields_and_those_after_it_have_not(lines: Log) -> None:
    request = new_id()
    with about(request=request, route="console.home", status=200):
        logging.getLogger("hub.web").info("x")
        logging.getLogger("gunicorn.error").warning("y")
    assert [json.loads(line)["request"] for line in lines.lines] == [request, request]
    logging.getLogger("hub.web").info("z")
    assert "request" not in lines.last


def test_each_line_names_its_process() -> None:
    log = Log(as_json=True)
    log.set_up(process="worker")
    logging.getLogger("hub.jobs").warning("x")
    assert log.last["process"] == "worker"


def test_what_uses_structlog_ends_in_the_same_lines(log: Log) -> None:
    structlog.get_logger("other").warning("said", password=CANARY, count=3, headers={"a": CANARY})
    assert CANARY not in log.text
    assert "said" in log.text
    assert len(log.lines) == 1


def test_a_warning_of_python_is_one_line_without_its_text(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning(UserWarning(CANARY), UserWarning, "/srv/hub/store/x.py", 3)
    assert CANARY not in log.text
    assert "UserWarning" in log.text
    assert "store/x.py:3" in log.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_caught_in_a_thread_is_one_line(log: Log) -> None:
    def fail() -> None:
        raise KeyError(CANARY)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert CANARY not in log.text
    assert "KeyError" in log.text
    assert len(log.lines) == 1


def test_a_process_that_dies_of_an_error_says_its_type_and_nothing_else() -> None:
    program = f"from hub.logs import set_up_logs; set_up_logs('INFO', as_json=True); raise KeyError({CANARY!r})"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert CANARY not in ended.stderr
    assert json.loads(ended.stderr)["exception"] == "KeyError"


def test_a_line_that_cannot_be_written_is_told_without_what_it_held(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.logs.json.dumps", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("hub.logs.one_line", lambda _: 1 / 0)
    logging.getLogger("hub.web").warning("the canary is %s", CANARY)
    assert log.text == "A line of the log could not be written (ZeroDivisionError).\n"


FORGED = "x\r\n2026-01-01T00:00:00Z ERROR hub: forged\x1b[2K\u202e\0\u2028"


def test_a_forged_line_stays_inside_its_own(log: Log) -> None:
    """A visitor's text with line ends, escapes and signs that turn the direction is written out and starts no line."""
    logging.getLogger("hub.web").warning("said %s", FORGED, extra={"route": FORGED})
    logging.getLogger("gunicorn.error").warning(FORGED)
    assert len(log.text.split("\n")) == 3
    assert len(log.lines) == 2
    assert all(line.isprintable() for line in log.lines)


def test_a_megabyte_becomes_a_short_line(log: Log) -> None:
    logging.getLogger("hub.web").warning("said %s", "ada " * 250_000)
    logging.getLogger("gunicorn.error").warning("ada " * 250_000)
    assert all(len(line) < 1_300 for line in log.lines)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(st.characters(codec=None), max_size=200), st.text(max_size=50))
def test_whatever_is_said_the_line_is_json(lines: Log, text: str, value: str) -> None:
    root = logging.getLogger()
    for capturing in [one for one in root.handlers if isinstance(one, LogCaptureHandler)]:
        root.removeHandler(capturing)  # half a character in what was captured cannot be handed from process to process
    lines.stream.seek(0)
    lines.stream.truncate()
    logging.getLogger("hub.web").warning("%s", text, extra={"part": value})
    logging.getLogger("rq.worker").warning(text)
    found = lines.text.split("\n")
    assert len(found) == 3
    assert all(set(json.loads(line)) <= FIELDS for line in found[:2])
