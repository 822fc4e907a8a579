"""Known faults of installed packages, by a list that the operator puts into the data folder: nothing is asked outside.

The list is OSV's for PyPI (https://ossf.github.io/osv-schema/), as a zip of one JSON document a fault or as one such
document: ``known-faults.zip`` or ``known-faults.json``.
"""

from __future__ import annotations

import json
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from hub.core.version import order
from hub.run.finding import Finding, bad, ok, warn
from hub.run.patient import Patient

NAMES = ("known-faults.zip", "known-faults.json")
_OLD = 30 * 86_400
_LARGEST = 5_000_000
"""Bytes of one document; a larger one is left out."""


def check_faults(patient: Patient, installed: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Compare what is installed (name to version) with the operator's list of known faults."""
    file = next((one for name in NAMES if (one := patient.settings.data_dir / name).is_file()), None)
    if file is None:
        yield ok("faults", f"There is no list of known faults to compare with ({NAMES[0]} in the data folder).")
        return
    found = dict(installed) if installed is not None else _installed()
    problem, known, hits = "", 0, []
    try:
        for document in _documents(file):
            known += 1
            hits += [(name, document) for name in _affected(document, found)]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        problem = type(error).__name__
    if problem or not known:
        yield warn(
            "faults", f"{file.name} cannot be read ({problem or 'it is empty'}).", "Put OSV's list for PyPI there anew."
        )
        return
    for name, document in hits:
        fault = str(document.get("id", "?"))[:40]
        names = ", ".join(str(one)[:40] for one in document.get("aliases") or ())
        what = f"{name} {found[name]} has a known fault: {fault}{f' ({names})' if names else ''}."
        yield bad(
            "faults", what, "Install a version of the hub whose lock has it mended, or see whether it concerns you."
        )
    if time.time() - file.stat().st_mtime > _OLD:
        yield warn("faults", f"{file.name} is older than 30 days.", "Put a newer list in its place.")
    elif not hits:
        yield ok("faults", f"None of {known} known faults is in what is installed.")


def _installed() -> dict[str, str]:
    return {_plain(one.name): one.version for one in distributions() if one.name}


def _documents(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".json":
        given = json.loads(file.read_bytes())
        yield from given if isinstance(given, list) else [given]
        return
    with zipfile.ZipFile(file) as packed:
        for one in packed.infolist():
            if one.filename.endswith(".json") and one.file_size <= _LARGEST:
                yield json.loads(packed.read(one))


def _affected(document: Mapping[str, Any], installed: Mapping[str, str]) -> Iterator[str]:
    """Return the names of installed packages of which a fault concerns the installed version."""
    if document.get("withdrawn"):
        return
    names = set()
    for one in document.get("affected") or ():
        package = one.get("package") or {}
        name = _plain(str(package.get("name", "")))
        if package.get("ecosystem") == "PyPI" and name in installed and name not in names:
            version = installed[name]
            ranges = [part for part in one.get("ranges") or () if part.get("type") == "ECOSYSTEM"]
            if version in (one.get("versions") or ()) or any(_within(part, version) for part in ranges):
                names.add(name)
                yield name


def _within(span: Mapping[str, Any], version: str) -> bool:
    """Tell whether a version lies in a range of events; one that cannot be compared counts as inside."""
    here = order(version)
    if here is None:
        return True
    events = []
    for event in span.get("events") or ():
        for kind, text in event.items():
            at = () if text == "0" else order(str(text))
            if at is None:
                return True
            events.append((at, kind))
    inside = False
    for at, kind in sorted(events):
        if kind == "introduced" and here >= at:
            inside = True
        elif (kind == "fixed" and here >= at) or (kind == "last_affected" and here > at):
            inside = False
    return inside


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
