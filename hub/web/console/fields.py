"""Fields that the forms of the console have beside those of WTForms: lengths of time, times of day, lines, zones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import wtforms
from markupsafe import Markup, escape
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import TextInput, html_params

from hub.web.words import span

UNITS = {"minutes": 60, "hours": 3600, "days": 86_400}
_FINE = {"seconds": 1, **UNITS}
_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_MOST_DIGITS = 9


class LengthField(wtforms.Field):
    """A length of time in seconds, typed as a number and its unit; None when it was left empty.

    A stored length is shown in the largest unit that it is a whole number of.
    """

    def __init__(
        self, *arguments: Any, usual: str = "hours", least: int = 0, most: int = 732 * 86_400, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.usual, self.typed, self.typed_unit = usual, "", ""
        self.least, self.most = least, most

    def process(self, formdata: Any, data: Any = wtforms.utils.unset_value, extra_filters: Any = None) -> None:
        """Take the unit from beside the number."""
        self.typed_unit = (formdata.get(f"{self.name}-unit", "") if formdata else "")[:10]
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed; ValueError says what is wrong with it."""
        self.typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not self.typed:
            return
        size = _FINE.get(self.typed_unit or self.usual)
        if size is None or not (self.typed.isascii() and self.typed.isdigit() and len(self.typed) <= _MOST_DIGITS):
            raise ValueError(f"Give a whole number of {', '.join(UNITS)}.")
        self.data = int(self.typed) * size
        if not self.least <= self.data <= self.most:
            raise ValueError(f"Give {_bound(self.least)} to {_bound(self.most)}.")

    @property
    def parts(self) -> tuple[str, str]:
        """What stands in the two inputs."""
        if self.typed or self.data is None:
            return self.typed, self.typed_unit or self.usual
        if not self.data:
            return "0", self.usual
        unit = next((one for one, size in reversed(_FINE.items()) if self.data % size == 0), "seconds")
        return str(self.data // _FINE[unit]), unit

    def widget(self, field: LengthField, **options: Any) -> Markup:
        """Return a number and, beside it, a choice of units."""
        number, unit = self.parts
        looks = options.pop("class_", options.pop("class", "form-control"))
        fault = " is-invalid" if "is-invalid" in looks else ""
        first = {"id": self.id, "name": self.name, "inputmode": "numeric", "class": f"form-control{fault}", **options}
        names = UNITS if unit in UNITS else {"seconds": 1, **UNITS}
        choices = Markup("").join(
            Markup("<option{}>{}</option>").format(Markup(" selected") if one == unit else "", one) for one in names
        )
        about = escape(f"{self.label.text}: unit")
        return Markup(
            '<div class="input-group length"><input {}><select class="form-select" name="{}-unit" aria-label="{}">'
            "{}</select></div>"
        ).format(Markup(html_params(value=number, **first)), self.name, about, choices)  # noqa: S704 - escaped by it


class ClockField(wtforms.Field):
    """A time of day in minutes after midnight; None when it was left empty. At an ``end`` midnight is 1440."""

    def __init__(self, *arguments: Any, end: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.end, self.typed = end, ""
        self.widget = TextInput()
        self.widget.input_type = "time"

    def _value(self) -> str:
        if self.typed or self.data is None:
            return self.typed
        return minute_words(self.data % 1440)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed; ValueError says what is wrong with it."""
        self.typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not self.typed:
            return
        hours, _, minutes = self.typed.partition(":")
        parts = (hours, minutes.removesuffix(":00"))
        if not all(one.isascii() and one.isdigit() and len(one) <= 2 for one in parts):
            raise ValueError("Give a time such as 09:00.")
        minute = 60 * int(parts[0]) + int(parts[1])
        if int(parts[1]) > 59 or minute > (1440 if self.end else 1439):
            raise ValueError("Give a time of the day, 00:00 to 23:59.")
        self.data = 1440 if self.end and minute == 0 else minute


class LinesField(wtforms.TextAreaField):
    """Several short texts, one a line; empty lines do not count."""

    def _value(self) -> str:
        return "\n".join(self.data or ())

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed; ValueError says what is wrong with it."""
        text = valuelist[0] if valuelist else ""
        self.data = tuple(line.strip() for line in text.splitlines() if line.strip())


class ZoneField(wtforms.SelectField):
    """An IANA zone, in groups by area. One that is stored and not in the list stays in it."""

    def __init__(self, label: str = "Time zone", validators: Any = None, **options: Any) -> None:
        super().__init__(
            label, validators, choices=zone_choices(), validate_choice=False, render_kw={"data-find": ""}, **options
        )

    def process(self, formdata: Any, data: Any = wtforms.utils.unset_value, extra_filters: Any = None) -> None:
        """Take the value, and let it be chosen even if the list has no such zone."""
        super().process(formdata, data, extra_filters)
        if self.data and self.data not in _listed():
            self.choices = [SelectChoice(self.data, self.data, optgroup="As it is"), *zone_choices()]


def _bound(seconds: int) -> str:
    return span(seconds) if seconds else "0"


def choices(*pairs: tuple[str, str]) -> list[SelectChoice]:
    """Return choices of (value, words)."""
    return [SelectChoice(value, text) for value, text in pairs]


def minute_words(minute: int) -> str:
    """Return a minute after midnight as a clock shows it: ``09:00``, ``24:00`` for the end of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


@lru_cache(maxsize=1)
def zone_choices() -> list[SelectChoice]:
    """Return the zones of places by area, each with how it reads, and UTC."""
    found = []
    for zone in sorted(available_timezones()):
        area, _, place = zone.partition("/")
        if place and area in _AREAS:
            found.append(SelectChoice(zone, place.replace("_", " ").replace("/", ", "), optgroup=area))
    return [*found, SelectChoice("UTC", "UTC", optgroup="Everywhere")]


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    return frozenset(one.value for one in zone_choices())
