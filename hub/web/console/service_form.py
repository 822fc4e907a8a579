"""The form of a service: its rules in lengths of time and words, its staff in order, its resources in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import wtforms
from wtforms import BooleanField, FieldList, FormField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired
from wtforms.validators import Length as Longest

from hub.actions.services import Service
from hub.core.errors import InputError
from hub.core.service import Service as Rules
from hub.web.console.edit import EditForm, NewForm, RowsForm, given
from hub.web.console.fields import LengthField, LinesField, choices
from hub.web.forms import Form

HOUR, DAY = 3600, 86_400
GIVE = "Please fill this in."
ANCHORS = choices(
    ("clock", "On the clock: 9:00, 9:15, 9:30 and so on, by the step below"),
    ("gap", "Close together: right where a free gap begins, then by the step below"),
)
RULES = choices(
    ("any", "One of them: whoever is free, in this order"),
    ("round_robin", "One of them: by fair turns"),
    ("all", "All of them together"),
)
_MOST_GROUPS = 10


class RankedField(wtforms.Field):
    """Some of a list of people, in an order: each has a box, and beside it the place that it takes (1 is first)."""

    def __init__(self, *arguments: Any, choices: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.choices = list(choices)
        self.places: dict[str, str] = {}

    def process(self, formdata: Any, data: Any = wtforms.utils.unset_value, extra_filters: Any = None) -> None:
        """Take the places from beside the boxes."""
        self._given = formdata
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read who was chosen, in the order of the places; where two are alike, in the order of the list."""
        self.places = {one: self._given.get(f"{self.name}-{one}", "").strip()[:4] for one in valuelist}
        listed = list(dict.fromkeys(valuelist))
        self.data = tuple(sorted(listed, key=lambda one: (_place(self.places[one]), listed.index(one))))

    @property
    def rows(self) -> list[tuple[str, str, bool, str]]:
        """Return (id, name, whether chosen, place) of everybody, those who are chosen first."""
        chosen = list(self.data or ())
        ordered = sorted(self.choices, key=lambda one: chosen.index(one[0]) if one[0] in chosen else len(chosen))
        return [
            (one, name, one in chosen, str(chosen.index(one) + 1) if one in chosen else "") for one, name in ordered
        ]

    def in_words(self) -> str:
        """Return the names of those chosen."""
        names = dict(self.choices)
        return ", ".join(names.get(one, "somebody who is gone") for one in self.data or ())


class GroupsField(wtforms.Field):
    """Groups of resources, one of each is needed. A group in which nothing is chosen does not count."""

    def __init__(self, *arguments: Any, choices: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.choices = list(choices)
        self.shown = 1

    def process(self, formdata: Any, data: Any = wtforms.utils.unset_value, extra_filters: Any = None) -> None:
        """Read the groups: boxes of the names ``resources-0``, ``resources-1`` and so on."""
        super().process(formdata, data, extra_filters)
        if formdata:
            rows = [tuple(dict.fromkeys(formdata.getlist(f"{self.name}-{n}"))) for n in range(_MOST_GROUPS)]
            order = {one: place for group in self.object_data or () for place, one in enumerate(group)}
            self.data = tuple(tuple(sorted(row, key=lambda one: order.get(one, 99))) for row in rows if row)
        self.shown = max(len(self.data or ()), 1)

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """Return the groups to be shown, with empty ones to be filled at the end."""
        found = list(self.data or ())
        return [*found, *[()] * (min(self.shown, _MOST_GROUPS) - len(found))]

    def in_words(self) -> str:
        """Return the names in each group."""
        names = dict(self.choices)
        groups = [" or ".join(names.get(one, "something that is gone") for one in group) for group in self.data or ()]
        return "; ".join(groups)


class QuestionForm(Form):
    """A question that is asked when booking."""

    label = StringField("Question")
    required = BooleanField("Must be answered")
    choices = LinesField("Choices, one a line")


class ServiceForm(EditForm, NewForm, RowsForm):
    """All of a service."""

    name = StringField("Name", [DataRequired(GIVE), Longest(max=200)])
    description = TextAreaField("Description")
    place = StringField("Place")
    slug = StringField("Address of its page")
    duration = LengthField("Duration", [InputRequired(GIVE)], usual="minutes", least=300, most=DAY)
    before = LengthField("Kept free before", usual="minutes", most=DAY)
    after = LengthField("Kept free after", usual="minutes", most=DAY)
    notice = LengthField("Shortest notice", most=366 * DAY)
    horizon = LengthField("How far ahead", [InputRequired(GIVE)], usual="days", least=300)
    step = LengthField("Step between starts", [InputRequired(GIVE)], usual="minutes", least=300, most=DAY)
    anchor = SelectField("Where starts lie", [InputRequired(GIVE)], choices=ANCHORS)
    staff = RankedField("Staff")
    staff_rule = SelectField("Who gives it", [InputRequired(GIVE)], choices=RULES)
    resources = GroupsField("Rooms and equipment")
    questions = FieldList(FormField(QuestionForm), "Questions")
    active = BooleanField("Can be booked")


def offer_choices(form: ServiceForm, staff: Sequence[tuple[str, str]], resources: Sequence[tuple[str, str]]) -> None:
    """Give a form the people and things that can be chosen in it, as (id, name)."""
    form.staff.choices, form.resources.choices = list(staff), list(resources)


def as_form(service: Service) -> dict[str, Any]:
    """Return a service as the form shows it."""
    rules = {name: getattr(service.rules, name) for name in RULE_FIELDS}
    own = {name: getattr(service, name) for name in ("name", "description", "place", "active")}
    return own | rules | {"slug": service.slug or "", "questions": [one.as_json() for one in service.questions]}


RULE_FIELDS = (
    "duration", "before", "after", "notice", "horizon", "step", "anchor", "staff", "staff_rule", "resources",
)  # fmt: skip


def changes_of(form: ServiceForm) -> dict[str, Any]:
    """Return what was typed as `change_service` takes it; questions left empty are left out."""
    typed = given(form)
    values = {name: typed[name] for name in (*RULE_FIELDS, "name", "slug", "description", "place", "active")}
    values |= {name: values[name] or 0 for name in ("before", "after", "notice")}
    return values | {"questions": _questions(form)}


def rules_of(changes: Mapping[str, Any]) -> Rules:
    """Return the rules among changes. Raises InputError that names the field."""
    return Rules("new", **{name: changes[name] for name in RULE_FIELDS})


def _questions(form: ServiceForm) -> list[dict[str, Any]]:
    found = []
    for number, row in enumerate(form.questions.entries):
        label, choices = (row.form.label.data or "").strip(), row.form.choices.data or ()
        if not label and choices:
            raise InputError(f"questions.{number}.label", "Write the question, or clear its choices to take it away.")
        if label:
            found.append({"label": label, "required": bool(row.form.required.data), "choices": list(choices)})
    return found


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 9999
