"""The lab as a whole: what runs, where, and that its addresses stay from start to start."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import requests

from hub.core.errors import InputError, Unavailable
from hub.testing.lab.control import find_plan, known_sides, make_plan, running_lab
from hub.testing.lab.serve import serve
from tests.testing.lab.sides import Memory, memory_side


def test_a_plan_stays_and_grows(tmp_path: Path) -> None:
    first = make_plan(tmp_path / "lab", ())
    second = make_plan(tmp_path / "lab", ("caldav",))
    assert (second.page, second.client_secret) == (first.page, first.client_secret)
    assert find_plan(tmp_path / "lab") == second
    assert (tmp_path / "lab" / "lab.json").stat().st_mode & 0o777 == 0o600
    assert second.client_secret not in repr(second)


def test_an_unknown_name_is_said_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        make_plan(tmp_path, ("outlook",))
    assert "caldav" in caught.value.message
    assert "caldav" in known_sides()


def test_the_page_shows_what_runs_and_how_a_hub_uses_it(tmp_path: Path) -> None:
    with running_lab(tmp_path / "lab", ("caldav",), beside={"memory": memory_side(Memory())}) as lab:
        assert set(lab.sides) == {"memory", "caldav"}
        assert lab.authority is not None
        assert any("--secret-stdin client_secret" in line for line in lab.hints["memory"])
        with requests.Session() as session:
            session.trust_env = False
            assert "CalDAV (Radicale)" in session.get(lab.page).text
            assert "ada@example.com" in session.get(f"{lab.page}caldav/").text


def test_what_is_changed_on_the_page_is_kept_by_each_side(tmp_path: Path) -> None:
    kept: list[str] = []
    side = dataclasses.replace(memory_side(memory := Memory()), keep=lambda: kept.append("kept"))
    with running_lab(tmp_path / "lab", ("google",), beside={"memory": side}) as lab, requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{lab.page}memory/").ok
        assert kept == []
        assert session.post(f"{lab.page}memory/resend", data={"push": "p1"}).ok
        assert (memory.again, kept) == (["p1"], ["kept"])


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, ())
    beside = {"memory": memory_side(Memory()), "google": memory_side(Memory()), "microsoft": memory_side(Memory())}
    beside["caldav"] = memory_side(Memory())
    with (
        serve(lambda environ, start: [], port=plan.page),
        pytest.raises(Unavailable) as caught,
        running_lab(tmp_path, beside=beside),
    ):
        pass
    assert "lab.json" in caught.value.message
