from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import InputError
from hub.core.question import MOST, Question, check_answers, check_questions

CAR = Question("Which car?", required=True)
FUEL = Question("Fuel", choices=("Petrol", "Diesel"))
SECRET = "something that a customer wrote"


def test_questions_are_kept_as_they_are_asked() -> None:
    asked = check_questions(
        [{"label": " Which  car? ", "required": True}, {"label": "Fuel", "choices": ["Petrol", " Diesel"]}]
    )
    assert asked == (CAR, FUEL)
    assert check_questions([one.as_json() for one in asked]) == asked
    assert check_questions(asked) == asked


BAD: dict[str, tuple[Any, str]] = {
    "no list": ("Which car?", "questions"),
    "nothing": (None, "questions"),
    "too many": ([{"label": f"Q{n}"} for n in range(MOST + 1)], "questions"),
    "one twice": ([{"label": "Fuel"}, {"label": "FUEL"}], "questions"),
    "no label": ([{"required": True}], "questions.0.label"),
    "an empty label": ([{"label": "A"}, {"label": " "}], "questions.1.label"),
    "a long label": ([{"label": "x" * 201}], "questions.0.label"),
    "a label of control characters": ([{"label": "a\0"}], "questions.0.label"),
    "a label that is a number": ([{"label": 5}], "questions.0.label"),
    "an unknown part": ([{"label": "A", "hidden": True}], "questions.0"),
    "no object": ([5], "questions.0"),
    "required that is a word": ([{"label": "A", "required": "yes"}], "questions.0.required"),
    "choices that are a word": ([{"label": "A", "choices": "yes"}], "questions.0.choices"),
    "too many choices": ([{"label": "A", "choices": [str(n) for n in range(MOST + 1)]}], "questions.0.choices"),
    "a choice twice": ([{"label": "A", "choices": ["x", "X"]}], "questions.0.choices"),
    "a long choice": ([{"label": "A", "choices": ["x" * 101]}], "questions.0.choices"),
    "an empty choice": ([{"label": "A", "choices": [""]}], "questions.0.choices"),
}


@pytest.mark.parametrize(("given", "field"), BAD.values(), ids=BAD)
def test_a_question_that_makes_no_sense_is_refused_under_its_number(given: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        check_questions(given)
    assert caught.value.field == field


def test_answers_stand_in_the_order_of_the_questions_without_the_empty_ones() -> None:
    assert check_answers((CAR, FUEL), {"Fuel": " Diesel ", "Which car?": "a\r\nb "}) == {
        "Which car?": "a\nb",
        "Fuel": "Diesel",
    }
    assert check_answers((CAR, FUEL), {"Fuel": "", "Which car?": "Golf"}) == {"Which car?": "Golf"}
    assert check_answers((FUEL,), {"Fuel": None}) == {}
    assert check_answers((), {}) == {}


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "answers.Which car?"),
        ({"Which car?": " \n "}, "answers.Which car?"),
        ({"Which car?": "x" * 2001}, "answers.Which car?"),
        ({"Which car?": SECRET + "\0"}, "answers.Which car?"),
        ({"Which car?": [SECRET]}, "answers.Which car?"),
        ({"Which car?": "Golf", "Fuel": SECRET}, "answers.Fuel"),
        ({"Which car?": "Golf", "Fuel": "diesel"}, "answers.Fuel"),
        ({"Which car?": "Golf", SECRET: "x"}, "answers"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused_under_its_question_and_not_repeated(
    answers: dict[str, object], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        check_answers((CAR, FUEL), answers)
    assert caught.value.field == field
    assert SECRET not in caught.value.message


@given(st.dictionaries(st.sampled_from(["Which car?", "Fuel", "Other"]), st.text(max_size=30)))
def test_answers_that_were_taken_are_taken_again_as_they_are(answers: dict[str, str]) -> None:
    try:
        once = check_answers((CAR, FUEL), answers)
    except InputError:
        return
    assert check_answers((CAR, FUEL), once) == once
    assert once["Which car?"]
    assert once.get("Fuel", "Petrol") in FUEL.choices
