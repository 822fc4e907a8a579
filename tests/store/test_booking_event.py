from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.store.booking_event import short_ref, whole_ref

NAMES = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)


@given(NAMES, NAMES)
def test_an_events_name_is_kept_without_that_of_its_calendar_and_comes_back_whole(calendar: str, rest: str) -> None:
    kept = short_ref(calendar + rest, calendar)
    assert kept == (f"./{rest}" if calendar else rest)
    if calendar or not rest.startswith("./"):
        assert whole_ref(kept, calendar) == calendar + rest


def test_a_name_elsewhere_is_kept_as_it_is() -> None:
    assert (
        short_ref("/elsewhere/1.ics", "/ada/work/") == whole_ref("/elsewhere/1.ics", "/ada/work/") == "/elsewhere/1.ics"
    )
    assert short_ref("", "/ada/work/") == whole_ref("", "/ada/work/") == ""
