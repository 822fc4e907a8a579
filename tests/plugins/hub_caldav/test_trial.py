"""The second program of the probe: it copes with lines that drop, and leaves nothing behind that it made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.core.errors import Refused, Retry
from hub.testing import foreign
from hub.testing.faulty import Fault, Front, faulty
from hub.testing.servers import Server
from hub_caldav import trial


@pytest.fixture
def front(server: Server) -> Iterator[Front]:
    with faulty(server.origin) as front:
        yield front


@pytest.fixture
def other(server: Server, front: Front) -> Iterator[trial.Stranger]:
    home = server.home.replace(server.url, front.url)
    stranger = trial.stranger({"home": home}, server.username, server.password)
    yield stranger
    stranger.close()


@pytest.fixture
def ref(other: trial.Stranger, front: Front) -> Iterator[str]:
    ref = other.make_calendar("trial")
    yield ref
    front.break_with(None)
    other.remove_calendar(ref)


def test_what_it_writes_it_reads_and_removes(other: trial.Stranger, ref: str) -> None:
    assert other.is_empty(ref)
    other.write(ref, "one", foreign.event("one", 0, 3600))
    assert "UID:one" in other.read(ref, "one")
    assert not other.is_empty(ref)
    other.remove(ref, "one")
    assert other.read(ref, "one") == ""
    other.remove(ref, "one")


def test_a_dropped_line_is_taken_up_once(other: trial.Stranger, front: Front, ref: str) -> None:
    front.break_with(Fault.DOWN, times=1)
    other.write(ref, "one", foreign.event("one", 0, 3600))
    front.break_with(Fault.DOWN)
    with pytest.raises(Retry) as caught:
        other.remove(ref, "one")
    assert caught.value.code == "unreachable"


def test_a_calendar_whose_making_was_broken_off_is_not_left_behind(
    other: trial.Stranger, front: Front, server: Server
) -> None:
    front.break_with(Fault.WRITE_THEN_DOWN, "MKCALENDAR")
    with pytest.raises(Retry):
        other.make_calendar("half-made")
    front.break_with(None)
    assert ("DELETE", "/ada/half-made/") in front.seen
    with pytest.raises(Refused) as caught:
        other.is_empty(f"{front.url}ada/half-made/")
    assert caught.value.reason == "http_404"


def test_where_no_calendar_can_be_made_the_way_out_is_named(other: trial.Stranger) -> None:
    with pytest.raises(Refused, match="--calendar"):
        other.make_calendar("no/such/parent")
