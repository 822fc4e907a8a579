"""How values of forms read in words, and which differ: what people see when somebody else was faster."""

from __future__ import annotations

from wtforms import BooleanField, FieldList, FormField, SelectField, StringField

from hub.web.console.edit import Difference, EditForm, RowsForm, differences, given, wants_row
from hub.web.console.fields import ClockField, LengthField, LinesField, choices
from hub.web.forms import Form


class Row(Form):
    """A row."""

    start = ClockField("From")
    note = StringField("Note")


class Sample(EditForm, RowsForm):
    """A form with a field of each sort."""

    name = StringField("Name")
    length = LengthField("Length")
    yes = BooleanField("Yes")
    choice = SelectField("Choice", choices=choices(("a", "The first"), ("b", "The second")))
    lines = LinesField("Lines")
    rows = FieldList(FormField(Row), "Rows")


def test_only_what_differs_is_shown_and_in_words() -> None:
    stored = Sample(data={"name": "Same", "length": 3600, "yes": True, "choice": "a", "lines": ("x",), "rows": []})
    rows = [{"start": 540, "note": "early"}, {"start": None, "note": ""}]
    typed = Sample(data={"name": " Same ", "length": 5400, "yes": False, "choice": "b", "lines": (), "rows": rows})
    assert differences(typed, stored) == (
        Difference("Length", "1 h", "1 h 30 min"),
        Difference("Yes", "yes", "no"),
        Difference("Choice", "The first", "The second"),
        Difference("Lines", "x", ""),
        Difference("Rows", "", "09:00, early"),
    )


def test_a_row_is_added_where_it_was_asked_for_and_nowhere_else() -> None:
    form = Sample(data={"more": "rows"})
    assert wants_row(form)
    assert len(form.rows.entries) == 1
    for other in ("", "name", "nothing", None):
        assert not wants_row(Sample(data={"more": other}))


def test_what_only_steers_a_form_is_not_among_what_was_typed() -> None:
    assert "more" not in given(Sample(data={"more": "rows"}))
    assert given(Sample(data={}))["name"] == ""
