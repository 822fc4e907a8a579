"""The lab beside the demo: what the demo's hub may reach and trusts for it, and nothing where there is none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from hub.run.demo_lab import REACH, find_lab, lab_environment, lab_program, taken_port
from hub.settings import load_settings
from hub.testing.lab.serve import serve
from hub.testing.servers import free_port

ORIGIN = "https://localhost:4001"


def make(demo: Path, *, tls: bool) -> None:
    (demo / "lab").mkdir(parents=True)
    (demo / "lab" / "authority.pem").write_text("the lab's authority")
    known = {"port": 4000, "origins": [ORIGIN], "titles": ["Google Calendar"], "tls": tls}
    (demo / "lab" / REACH).write_text(json.dumps(known))


def test_a_demo_without_a_lab_has_none(tmp_path: Path) -> None:
    assert find_lab(tmp_path) is None


def test_the_hub_may_reach_the_stand_ins_and_trusts_who_signed_for_them(tmp_path: Path) -> None:
    make(tmp_path, tls=True)
    lab = find_lab(tmp_path)
    assert lab is not None
    assert (lab.page, lab.titles) == ("http://127.0.0.1:4000/", ("Google Calendar",))
    known = lab_environment(load_settings({}, egress_allow=("https://dav.lan",)), tmp_path, lab)
    assert known["HUB_EGRESS_ALLOW"] == f"https://dav.lan,{ORIGIN}"
    assert Path(known["HUB_EGRESS_CA_FILE"]).read_text() == "the lab's authority"


def test_an_authority_of_the_operators_own_stays_trusted(tmp_path: Path) -> None:
    make(tmp_path / "demo", tls=True)
    own = tmp_path / "own.pem"
    own.write_text("the operator's authority")
    lab = find_lab(tmp_path / "demo")
    assert lab is not None
    known = lab_environment(load_settings({}, egress_ca_file=own), tmp_path / "demo", lab)
    both = Path(known["HUB_EGRESS_CA_FILE"])
    assert both.read_text() == "the operator's authority\nthe lab's authority"
    assert both.stat().st_mode & 0o077 == 0


def test_a_port_that_another_program_took_is_found_before_the_start(tmp_path: Path) -> None:
    make(tmp_path, tls=True)
    lab = find_lab(tmp_path)
    assert lab is not None
    free = dataclasses.replace(lab, port=free_port(), origins=())
    assert taken_port(free) == 0
    with serve(lambda environ, start: []) as origin:
        assert taken_port(dataclasses.replace(free, origins=(origin,))) == int(origin.rpartition(":")[2])


def test_without_tls_nothing_more_is_trusted(tmp_path: Path) -> None:
    make(tmp_path, tls=False)
    lab = find_lab(tmp_path)
    assert lab is not None
    assert "HUB_EGRESS_CA_FILE" not in lab_environment(load_settings({}), tmp_path, lab)


def test_owners_are_sent_back_to_this_hub_alone(tmp_path: Path) -> None:
    make(tmp_path, tls=True)
    lab = find_lab(tmp_path)
    assert lab is not None
    program = lab_program(tmp_path, lab, "http://127.0.0.1:8765/connect/return")
    assert program.arguments[-2:] == (str(tmp_path), "http://127.0.0.1:8765/connect/return")
