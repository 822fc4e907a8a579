"""No package with a GPL in its licence is installed without being named, with its licence, in the documentation."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
TAKEN_UNDER_APACHE = {"caldav", "calendaring-config", "icalendar-searcher"}


def locked(name: str) -> set[str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "config" / name).read_text(), re.MULTILINE)
    return {package for package in found if _installed(package)}


def _installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False  # of another platform or Python
    return True


def licence(package: str) -> str:
    about = metadata.metadata(package)
    classifiers = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    return " ".join([about.get("License-Expression") or "", (about.get("License") or "")[:80], *classifiers])


def copyleft(lock: str) -> dict[str, str]:
    texts = {package: licence(package) for package in locked(lock)}
    return {package: text for package, text in texts.items() if re.search(r"GPL|GNU", text)}


def test_what_runs_is_never_under_the_gpl_alone() -> None:
    for package, text in copyleft("requirements.lock").items():
        if re.search(r"LGPL|Lesser", text):
            continue
        assert package in TAKEN_UNDER_APACHE, f"{package}: {text}"
        assert " OR Apache-2.0" in text


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_gpl_is_named_on_the_page_of_dependencies(lock: str) -> None:
    found = copyleft(lock)
    assert found
    choice = {package for package, text in found.items() if re.search(r"Apache-2\.0 OR GPL", text)}
    assert {package for package in found if f"`{package}`" not in PAGE} - choice == set()


def test_psycopg_and_phonenumbers_are_what_the_readme_says() -> None:
    assert "LGPL-3.0-only" in licence("psycopg")
    assert "Apache-2.0" in licence("phonenumbers")


def test_every_package_that_the_hub_asks_for_is_on_the_page_of_dependencies() -> None:
    """But ``httpx2``, which caldav imports, and ``setuptools`` for installing."""
    wishes = (ROOT / "config" / "requirements.in").read_text()
    asked = set(re.findall(r"^([a-z][a-z0-9-]*)", wishes, re.MULTILINE))
    assert len(asked) > 30
    assert {name for name in asked if f"`{name}`" not in PAGE} == {"httpx2", "setuptools"}
