"""The locks: complete, hashed, without addresses; and what must stay out of the environment is out."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import urllib3

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "config" / name for name in ("requirements.lock", "requirements-dev.lock", "requirements-demo.lock")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_of_a_lock_has_hashes_and_nothing_else(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert len(entries) > (3 if "demo" in lock.name else 50)
    for entry in entries:
        first, *rest = entry.splitlines()
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[^ ;]+( ; [^\\]+)? \\", first), first
        assert rest
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in rest), first


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address_and_no_path(lock: Path) -> None:
    assert not re.search(r"https?://|file:|^--|\s/\w", lock.read_text(), re.MULTILINE)


def test_the_development_lock_contains_the_others() -> None:
    small, large, demo = (set(re.findall(r"^\S+==\S+", lock.read_text(), re.MULTILINE)) for lock in LOCKS)
    assert small | demo <= large


def test_urllib3_is_itself() -> None:
    """niquests would bring urllib3-future, which overwrites urllib3 for every library at interpreter start."""
    assert find_spec("niquests") is None
    assert find_spec("urllib3_future") is None
    assert urllib3.__version__ == re.search(r"^urllib3==(\S+)", LOCKS[0].read_text(), re.MULTILINE)[1]  # type: ignore[index]
