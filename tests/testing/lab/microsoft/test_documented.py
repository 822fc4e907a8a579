"""Microsoft's documented requests, replayed over HTTP: the stand-in answers as the pages say, or this fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from hub.testing.lab.microsoft.application import Microsoft
from tests.testing.lab.documented import Story, replay
from tests.testing.lab.microsoft.conftest import Asking
from tests.testing.lab.microsoft.documented_events import STORIES as EVENTS


def named(story: Story) -> str:
    return f"{story.page}: {story.name}"


@pytest.mark.parametrize("story", EVENTS, ids=named)
def test_graph_answers_as_documented(story: Story, ask: Asking) -> None:
    def send(method: str, path: str, more: Mapping[str, Any]) -> requests.Response:
        return ask(method, path, **more)

    replay(story, send, {"calendar": ask.calendar})
