"""Which businesses somebody or a key may enter, in words, and never the name of one that one may not enter."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hub.web.console.reach import ReachForm, access, reach_words, stored_access
from hub.web.forms import blank

NAMES = {"a": "Ada's Practice", "b": "Ben's Garage", "c": "Cyd's Salon", "d": "Dan's Office"}


@dataclass
class Limited:
    everywhere: bool = False
    businesses: frozenset[str] = field(default_factory=frozenset)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Limited(everywhere=True), "Every business"),
        (Limited(businesses=frozenset("a")), "Ada's Practice"),
        (Limited(businesses=frozenset("abcd")), "Ada's Practice, Ben's Garage, Cyd's Salon and 1 more"),
        (Limited(businesses=frozenset("axy")), "Ada's Practice and 2 more"),
        (Limited(businesses=frozenset("xy")), "2 that you do not see"),
        (Limited(), "No business"),
    ],
)
def test_where_somebody_may_go_is_said_in_a_few_words(found: Limited, words: str) -> None:
    assert reach_words(found, NAMES) == words


def test_what_is_stored_stands_in_the_form_and_comes_out_the_same() -> None:
    some = Limited(businesses=frozenset("ab"))
    assert access(blank(ReachForm, **stored_access(some))) == {"everywhere": False, "businesses": ("a", "b")}
    assert access(blank(ReachForm, **stored_access(Limited(everywhere=True)))) == {"everywhere": True, "businesses": ()}
