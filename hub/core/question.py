"""Questions that a service asks its customers, and the rules for answers to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.core.errors import InputError
from hub.core.text import clean_line, clean_lines

MOST = 20
"""The most questions of a service, and choices of a question."""
LONGEST_LABEL, LONGEST_CHOICE, LONGEST_ANSWER = 200, 100, 2000
_PARTS = frozenset({"label", "required", "choices"})


@dataclass(frozen=True, slots=True)
class Question:
    """A question. ``choices`` are the answers that there are; without any the answer is free."""

    label: str
    required: bool = False
    choices: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored, and as doors show it."""
        return {"label": self.label, "required": self.required, "choices": list(self.choices)}


def check_questions(given: object) -> tuple[Question, ...]:
    """Return questions given as ``{"label", "required", "choices"}`` each; InputError names the one that is wrong."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputError("questions", "Give a list of questions, each with label, required and choices.")
    if len(given) > MOST:
        raise InputError("questions", f"Ask {MOST} questions at most; fewer are answered more often.")
    questions = tuple(_check_question(f"questions.{number}", one) for number, one in enumerate(given))
    _check_apart("questions", [one.label for one in questions], "Two questions are the same; ask each once.")
    return questions


def check_answers(questions: Sequence[Question], answers: Mapping[str, object]) -> dict[str, str]:
    """Return answers, by label, in canonical form and in the order of the questions; what was left empty is left out.

    Raises InputError whose field names the question. Its message never repeats the answer.
    """
    if set(answers) - {one.label for one in questions}:
        raise InputError("answers", "One of them answers a question that this service does not ask; leave it out.")
    checked = {one.label: _check_answer(one, answers.get(one.label, "")) for one in questions}
    return {label: answer for label, answer in checked.items() if answer}


def _check_question(field: str, given: object) -> Question:
    if isinstance(given, Question):
        given = given.as_json()
    if not isinstance(given, Mapping) or not set(given) <= _PARTS:
        raise InputError(field, "A question has label, required and choices, and nothing else.")
    required, choices = given.get("required", False), given.get("choices", ())
    if not isinstance(required, bool):
        raise InputError(f"{field}.required", "Say true or false.")
    if not isinstance(choices, Sequence) or isinstance(choices, str) or len(choices) > MOST:
        raise InputError(f"{field}.choices", f"Give a list of {MOST} choices at most, or none for a free answer.")
    cleaned = tuple(clean_line(f"{field}.choices", one, LONGEST_CHOICE, least=1) for one in choices)
    _check_apart(f"{field}.choices", cleaned, "Two choices are the same; name each once.")
    return Question(clean_line(f"{field}.label", given.get("label"), LONGEST_LABEL, least=1), required, cleaned)


def _check_answer(question: Question, given: object) -> str:
    field = f"answers.{question.label}"
    if given is None:
        given = ""
    answer = clean_lines(field, given, LONGEST_ANSWER)
    if not answer:
        if question.required:
            raise InputError(field, "Please answer this question; it is needed for the appointment.")
        return ""
    if question.choices and answer not in question.choices:
        raise InputError(field, "Choose one of the answers that are offered.")
    return answer


def _check_apart(field: str, texts: Sequence[str], message: str) -> None:
    if len({text.casefold() for text in texts}) != len(texts):
        raise InputError(field, message)
