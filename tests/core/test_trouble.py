from __future__ import annotations

import pytest

from hub.core import errors
from hub.core.trouble import LOST, known_reason, sentence
from hub.vault.border import Outcome

PROVIDER = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ProviderError)]
PASSING = {"provider", "conflict", "gone"}
"""They never become the health of a connection: the hub reads again by itself."""


@pytest.mark.parametrize("word", sorted({one.code for one in PROVIDER} - PASSING | {one.value for one in Outcome}))
def test_every_kind_of_failure_has_a_sentence_of_its_own(word: str) -> None:
    assert sentence(word) != sentence("never_heard_of").replace("never_heard_of", word)
    assert sentence(word).endswith(".")


def test_no_word_is_no_sentence_and_an_unknown_one_is_named() -> None:
    assert sentence("") == ""
    assert "left_behind" in sentence("left_behind")


@pytest.mark.parametrize("word", sorted(LOST))
def test_what_only_the_owner_can_mend_says_what_to_do(word: str) -> None:
    assert "connect the account again" in sentence(word).lower()


def test_a_reason_that_is_on_no_list_becomes_the_plain_one() -> None:
    assert known_reason("revoked", "needs_reconnect") == "revoked"
    assert known_reason("<b>ha</b>", "needs_reconnect") == "needs_reconnect"
