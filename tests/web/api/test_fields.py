"""Times as programs write them: read one way or refused in words, written one way."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from hub.web.api.fields import ClockTime, Given, day_start, read_edge, read_moment, write_local, write_moment
from tests.world import MONDAY

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC")


class Times(Given):
    """A body with a clock time."""

    at: ClockTime


@pytest.mark.parametrize(
    "text",
    ["2027-03-15T08:00:00+01:00", "2027-03-15T07:00:00Z", "2027-03-15t07:00:00.000z", "2027-03-15T12:45:00+05:45"],
)
def test_a_time_with_an_offset_is_one_moment(text: str) -> None:
    assert read_moment(text) == MONDAY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2027-03-15T08:00:00", "offset"),
        ("2027-03-15", "RFC 3339"),
        ("2027-03-15 08:00:00Z", "RFC 3339"),
        ("2027-03-15T08:00:00.5Z", "whole seconds"),
        ("2027-02-29T08:00:00Z", "no such day"),
        ("2027-03-15T24:00:00Z", "no such"),
        ("2027-03-15T23:59:60Z", "no such"),
        ("2027-03-15T08:00:00+01:75", "no such"),
        ("2027-03-15T08:00:00+99:00", "no such"),
        ("1969-03-15T08:00:00Z", "1970"),
        ("9999-12-31T08:00:00Z", "9998"),
        ("٢٠٢٧-03-15T08:00:00Z", "RFC 3339"),
        (1_805_094_000, "RFC 3339"),
        (None, "RFC 3339"),
    ],
)
def test_what_is_no_moment_is_refused_in_words(text: object, words: str) -> None:
    with pytest.raises(PydanticCustomError, match=words):
        read_moment(text)


@given(st.integers(min_value=86_400, max_value=4_000_000_000))
def test_what_was_written_is_read_as_the_same(seconds: int) -> None:
    assert read_moment(write_moment(seconds)) == seconds


@given(
    st.lists(st.integers(min_value=86_400, max_value=4_000_000_000), max_size=20),
    st.sampled_from(ZONES),
)
def test_many_local_times_are_written_as_the_library_would_write_each(seconds: list[int], zone: str) -> None:
    written = list(write_local(seconds, zone))
    assert written == [datetime.fromtimestamp(one, ZoneInfo(zone)).isoformat() for one in seconds]
    assert [read_moment(one) for one in written] == seconds


def test_a_day_begins_where_its_zone_begins_it_also_where_midnight_is_skipped() -> None:
    from datetime import date

    sao_paulo = day_start("America/Sao_Paulo", date(2017, 10, 15))
    assert datetime.fromtimestamp(sao_paulo, ZoneInfo("America/Sao_Paulo")).hour == 1
    with pytest.raises(ValueError, match="skips 2011-12-30"):
        day_start("Pacific/Apia", date(2011, 12, 30))


def test_an_edge_is_a_moment_or_a_day() -> None:
    assert read_edge("2027-03-15") == datetime(2027, 3, 15, tzinfo=UTC).date()
    assert read_edge("2027-03-15T07:00:00Z") == MONDAY
    with pytest.raises(PydanticCustomError, match="day"):
        read_edge("2027-13-15")


@pytest.mark.parametrize("text", ["24:01", "9:00", "09:60", "-1:00", "", "0900"])
def test_a_clock_shows_00_00_to_24_00(text: str) -> None:
    assert Times(at="24:00").at == 1440  # type: ignore[arg-type]  # it is read
    with pytest.raises(ValidationError, match="00:00 to 24:00"):
        Times(at=text)  # type: ignore[arg-type]
