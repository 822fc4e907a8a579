from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hub.run.doctor_faults import check_faults
from hub.run.finding import Finding, Level
from hub.run.patient import Patient
from hub.settings import load_settings

INSTALLED = {"flask": "3.1.2", "typing-extensions": "4.15.0"}


def fault(name: str, *events: Mapping[str, str], versions: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A document of OSV about a package of PyPI."""
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges, "versions": list(versions)}
    return {
        "schema_version": "1.7.0",
        "id": "PYSEC-2026-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [affected],
        **more,
    }


def found(folder: Path, *documents: object) -> list[Finding]:
    with zipfile.ZipFile(folder / "known-faults.zip", "w") as packed:
        for number, one in enumerate(documents):
            packed.writestr(f"{number}.json", json.dumps(one))
    return list(check_faults(Patient(load_settings({}, data_dir=folder), {}), INSTALLED))


@pytest.mark.parametrize(
    ("events", "hit"),
    [
        ([{"introduced": "0"}, {"fixed": "3.1.3"}], True),
        ([{"introduced": "0"}, {"fixed": "3.1.2"}], False),
        ([{"introduced": "3.1.3"}], False),
        ([{"introduced": "0"}, {"last_affected": "3.1.2"}], True),
        ([{"introduced": "0"}, {"last_affected": "3.1.1"}], False),
        ([{"introduced": "0"}, {"fixed": "2.0"}, {"introduced": "3.0"}, {"fixed": "3.2"}], True),
        ([{"introduced": "0"}, {"fixed": "2.0"}, {"introduced": "3.1.10"}, {"fixed": "3.2"}], False),
        ([{"fixed": "3.1.10"}, {"introduced": "0"}], True),  # in any order
        ([{"introduced": "0"}, {"fixed": "nonsense"}], True),  # in doubt, it is told
    ],
)
def test_a_range_holds_the_installed_version_or_not(tmp_path: Path, events: list[dict[str, str]], hit: bool) -> None:
    assert [one.level for one in found(tmp_path, fault("Flask", *events))] == [Level.BAD if hit else Level.OK]


def test_a_fault_is_named_with_its_other_names_and_the_package(tmp_path: Path) -> None:
    one = fault("typing.extensions", versions=("4.14.0", "4.15.0"), aliases=["CVE-2026-1"])
    (finding,) = found(tmp_path, one)
    assert finding.what == "typing-extensions 4.15.0 has a known fault: PYSEC-2026-1 (CVE-2026-1)."


def test_what_was_withdrawn_is_of_another_ecosystem_or_not_installed_is_no_fault(tmp_path: Path) -> None:
    everything = {"introduced": "0"}
    other = fault("flask", everything)
    other["affected"][0]["package"]["ecosystem"] = "npm"
    withdrawn = fault("flask", everything, withdrawn="2026-01-02T00:00:00Z")
    (finding,) = found(tmp_path, other, withdrawn, fault("django", everything))
    assert (finding.level, "None of 3 known faults" in finding.what) == (Level.OK, True)


def test_a_list_that_is_old_broken_or_missing_is_said(tmp_path: Path) -> None:
    patient = Patient(load_settings({}, data_dir=tmp_path), {})
    assert [one.level for one in check_faults(patient, INSTALLED)] == [Level.OK]
    (tmp_path / "known-faults.json").write_text("[")
    assert [one.level for one in check_faults(patient, INSTALLED)] == [Level.WARN]
    (tmp_path / "known-faults.json").write_text(json.dumps(fault("flask", versions=("3.1.2",))))
    assert [one.level for one in check_faults(patient, INSTALLED)] == [Level.BAD]
    assert [one.level for one in found(tmp_path)] == [Level.WARN]  # an empty zip, which goes first
    found(tmp_path, fault("flask", versions=("1.0",)))
    os.utime(tmp_path / "known-faults.zip", (1, 1))
    assert [one.what for one in check_faults(patient, INSTALLED)] == ["known-faults.zip is older than 30 days."]
