"""Fields of the console: what is typed becomes a value or a sentence, and what is stored reads as people say it."""

from __future__ import annotations

import pytest
import wtforms
from werkzeug.datastructures import MultiDict

from hub.web.console.fields import ClockField, LengthField, LinesField, ZoneField


class Sample(wtforms.Form):
    """One of each."""

    length = LengthField("Length", least=60, most=86_400)
    start = ClockField("Start")
    end = ClockField("End", end=True)
    lines = LinesField("Lines")
    zone = ZoneField()


def sent(**values: str) -> Sample:
    form = Sample(MultiDict({name.replace("__", "-"): value for name, value in values.items()}))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("number", "unit", "seconds"), [("90", "minutes", 5400), ("2", "hours", 7200), ("1", "days", 86_400)]
)
def test_a_length_is_a_number_of_a_unit(number: str, unit: str, seconds: int) -> None:
    assert sent(length=number, length__unit=unit).length.data == seconds


@pytest.mark.parametrize(("number", "unit"), [
    ("x", "hours"), ("-1", "hours"), ("1.5", "hours"), ("1", "moons"), ("\u0661", "hours"), ("2", "days"),
    ("9" * 5000, "days"), ("1", "seconds"),
])  # fmt: skip
def test_a_length_that_is_none_or_out_of_bounds_is_said_to_be_so_and_stays(number: str, unit: str) -> None:
    form = sent(length=number, length__unit=unit)
    assert form.length.errors
    assert f'value="{number}"' in form.length()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(5400, ("90", "minutes")), (7200, ("2", "hours")), (172_800, ("2", "days")), (61, ("61", "seconds"))],
)
def test_a_stored_length_is_shown_in_its_largest_whole_unit(seconds: int, shown: tuple[str, str]) -> None:
    assert Sample(data={"length": seconds}).length.parts == shown


def test_midnight_begins_a_day_or_ends_it() -> None:
    form = sent(start="00:00", end="00:00")
    assert (form.start.data, form.end.data) == (0, 1440)
    assert 'value="00:00"' in Sample(data={"end": 1440}).end()


@pytest.mark.parametrize("typed", ["24:01", "9", "09:60", "nine", "09:00:30", "\u0661:00", "-1:00"])
def test_what_is_no_time_of_day_is_refused_and_stays(typed: str) -> None:
    form = sent(start=typed)
    assert form.start.errors
    assert f'value="{typed}"' in form.start()


def test_lines_are_taken_without_the_empty_ones() -> None:
    assert sent(lines=" a \r\n\r\nb").lines.data == ("a", "b")
    assert ">\r\na\nb<" in Sample(data={"lines": ("a", "b")}).lines().replace(">\na", ">\r\na")


def test_a_zone_that_no_list_has_can_still_be_seen() -> None:
    page = str(Sample(data={"zone": "US/Eastern"}).zone())
    assert '<option selected value="US/Eastern">' in page
    assert page.count("selected") == 1
    assert 'value="Europe/Berlin"' in page
