"""The texts to agree to, over the API."""

from __future__ import annotations

import pytest

from hub.actions.texts import current_texts
from tests.web.api.conftest import Program
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_texts_in_use_come_with_the_hashes_by_which_they_are_agreed_to(world: World, program: Program) -> None:
    answer = program.get("texts").json
    assert answer is not None
    assert [one["required"] for one in answer["items"]] == [True, False]
    assert [one["hash"] for one in answer["items"]] == [one.hash for one in current_texts(world.hub, world.business)]
    assert "Ada's Practice" in answer["items"][0]["text"]
