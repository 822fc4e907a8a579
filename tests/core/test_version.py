from __future__ import annotations

import itertools

import pytest
from packaging.version import Version

from hub.core.version import order

VERSIONS = (
    "0", "1", "1.0", "1.0.0", "1.0.dev1", "1.0a1.dev2", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0c2", "1.0.post1.dev3",
    "1.0.post1", "1.0-2", "1.0.1", "1.1.dev1", "1.2", "1.10", "2.0", "2026.1", "1!0.5", "v3.1", "1.0-ALPHA.3",
    "1.0+local.7",
)  # fmt: skip


def test_versions_sort_as_the_standard_says() -> None:
    for one, other in itertools.product(VERSIONS, repeat=2):
        mine, theirs = order(one), order(other)
        assert mine is not None
        assert theirs is not None
        a, b = Version(Version(one).public), Version(Version(other).public)
        assert ((mine < theirs), (mine == theirs)) == ((a < b), (a == b)), (one, other)


@pytest.mark.parametrize("text", ["", "x", "1..2", "1.0.0.foo", "1.0 beta gamma", "٣.1", "1" + ".1" * 500 + "x"])
def test_what_is_no_version_has_no_place(text: str) -> None:
    assert order(text) is None
