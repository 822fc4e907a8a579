"""Every test that the documentation names exists, and every row of the attacks names one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PAGES = sorted((ROOT / "docs").glob("*.md"))
ROW = re.compile(r"^\| (A\d\d\d?) \|(.*)\|$", re.MULTILINE)


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the test functions in a file, without running anything."""
    path = ROOT / file
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    missing = [f"{file}::{name}" for file, name in NAMED.findall(page.read_text()) if name not in names_in(file)]
    assert missing == []


def test_every_attack_names_its_tests() -> None:
    rows = ROW.findall((ROOT / "docs" / "attacks.md").read_text())
    assert len(rows) >= 10
    assert [number for number, row in rows if not NAMED.search(row)] == []


def test_the_attacks_are_in_order() -> None:
    for part in (ROOT / "docs" / "attacks.md").read_text().split("## "):
        numbers = [int(number[1:]) for number, _ in ROW.findall(part)]
        assert numbers == sorted(set(numbers))


def test_the_search_for_names_finds_no_test_that_is_not_there() -> None:
    assert "test_that_nobody_wrote" not in names_in("tests/house/test_attacks.py")
    assert "test_the_attacks_are_in_order" in names_in("tests/house/test_attacks.py")
    assert names_in("tests/house/test_nowhere.py") == frozenset()
