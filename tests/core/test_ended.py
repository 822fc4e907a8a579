"""What is said of an ended grant: a sentence for each state, and none that promises more than is known."""

from __future__ import annotations

import pytest

from hub.core.ended import Ended, EndState, Probe, kind_sentence, probe_sentence, state_sentence
from hub.core.provider import Revocation


def test_every_state_probe_and_kind_has_a_sentence_and_a_live_one_none() -> None:
    assert state_sentence("") == probe_sentence("none") == ""
    assert all(state_sentence(one) for one in EndState if one)
    assert all(probe_sentence(one) for one in Probe if one is not Probe.NONE)
    assert len({kind_sentence(one) for one in Revocation}) == 3


@pytest.mark.parametrize("state", EndState)
def test_only_one_state_says_that_the_provider_has_ended_it(state: EndState) -> None:
    assert ("has ended the permission." in state_sentence(state)) == (state is EndState.DONE)


def test_a_grant_is_over_when_nothing_of_it_is_kept_here() -> None:
    over = {state for state in EndState if Ended(state).is_over}
    assert over == {EndState.DONE, EndState.NONE, EndState.KEPT}
