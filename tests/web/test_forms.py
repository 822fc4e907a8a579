from __future__ import annotations

from collections.abc import Callable

import pytest
import wtforms
from flask import Flask
from werkzeug.exceptions import UnprocessableEntity
from wtforms import validators

from hub.core.errors import InputError, StateError, Taken
from hub.web.forms import Form, attempt, blank, sent_object, typed


class Line(wtforms.Form):
    label = wtforms.StringField("Label")


class Sample(Form):
    name = wtforms.StringField("Name", [validators.InputRequired("Give a name.")])
    length = wtforms.IntegerField("Length", [validators.Optional()])
    lines = wtforms.FieldList(wtforms.FormField(Line))


@pytest.fixture
def fill() -> Callable[..., Sample]:
    """Send the form with these fields."""

    def send(**fields: str) -> Sample:
        with Flask("forms").test_request_context(method="POST", data=fields):
            return typed(Sample)

    return send


def fail(error: Exception) -> Callable[[], str]:
    def work() -> str:
        raise error

    return work


def test_a_blank_form_holds_what_it_is_given() -> None:
    assert blank(Sample, name="Ada").name.data == "Ada"


def test_what_is_in_order_is_done(fill: Callable[..., Sample]) -> None:
    assert attempt(fill(name="Ada", length="5"), lambda: "done") == (True, "done")


def test_what_is_missing_or_no_number_is_said_beside_its_field_and_nothing_is_done(fill: Callable[..., Sample]) -> None:
    form, done = fill(length="many"), []
    assert attempt(form, lambda: done.append("work")) == (False, None)
    assert done == []
    assert form.name.errors == ["Give a name."]
    assert form.length.errors
    assert form.length._value() == "many"  # shown again as it was typed


def test_a_fault_of_an_action_stands_beside_its_field(fill: Callable[..., Sample]) -> None:
    form = fill(name="x")
    assert attempt(form, fail(InputError("name", "this is too short."))) == (False, None)
    assert form.name.errors == ["This is too short."]
    assert form.problem == ""


def test_a_fault_of_a_field_with_another_name_and_of_none_at_all_is_not_lost(fill: Callable[..., Sample]) -> None:
    form = fill(name="x")
    attempt(form, fail(InputError("title", "this is too short.")), {"title": "name"})
    assert form.name.errors == ["This is too short."]
    form = fill(name="x")
    attempt(form, fail(InputError("elsewhere", "this is wrong.")))
    assert form.problem == "This is wrong."


def test_a_fault_in_a_row_stands_in_that_row(fill: Callable[..., Sample]) -> None:
    form = fill(**{"name": "x", "lines-0-label": "a", "lines-1-label": "b"})
    attempt(form, fail(InputError("lines.1.label", "this is there already.")))
    assert [list(row.form.label.errors) for row in form.lines] == [[], ["This is there already."]]
    assert form.problem


def test_what_somebody_else_did_meanwhile_stands_above_the_form(fill: Callable[..., Sample]) -> None:
    form = fill(name="x")
    attempt(form, fail(Taken("Somebody was faster.")))
    assert (form.problem, form.problem_code) == ("Somebody was faster.", "taken")


@pytest.mark.parametrize("code", ["confirm", "not_allowed", "sign_in_again"])
def test_who_one_is_and_what_one_may_do_is_no_matter_of_the_form(fill: Callable[..., Sample], code: str) -> None:
    with pytest.raises(StateError):
        attempt(fill(name="x"), fail(StateError("No.", code=code)))


@pytest.mark.parametrize("name", ["role", "namé", "x" * 101, "linesx-0-label", ""])
def test_a_field_that_the_form_does_not_have_is_refused(fill: Callable[..., Sample], name: str) -> None:
    with pytest.raises(UnprocessableEntity):
        fill(**{"name": "Ada", name: "1"})


@pytest.mark.parametrize("body", ["", "[]", "5", "{", "[" * 200_000, '{"a":' * 200_000])
def test_what_is_no_object_of_json_is_refused(body: str) -> None:
    with (
        Flask("forms").test_request_context(method="POST", data=body, content_type="application/json"),
        pytest.raises(UnprocessableEntity),
    ):
        sent_object()


def test_an_object_of_json_is_read() -> None:
    with Flask("forms").test_request_context(method="POST", json={"answer": {"id": "x"}}):
        assert sent_object() == {"answer": {"id": "x"}}
