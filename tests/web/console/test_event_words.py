"""Security events in words."""

from __future__ import annotations

from hub.core.security import Kind, Outcome
from hub.web.console.event_words import OUTCOMES, WORDS


def test_every_kind_and_outcome_has_words_of_its_own() -> None:
    assert set(WORDS) == set(Kind)
    assert len(set(WORDS.values())) == len(Kind)
    assert set(OUTCOMES) == set(Outcome)
