from __future__ import annotations

import pytest
import wtforms
from werkzeug.datastructures import MultiDict

from hub.actions.public_page import PublicPage, find_page
from hub.actions.texts import current_texts
from hub.web.booking.details_form import DetailsForm, details_form
from tests.front import Front

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def page(front: Front) -> PublicPage:
    """The practice's page, whose service asks questions of every kind."""
    front.change_service(
        questions=[
            {"label": "Is it your first visit?", "required": True, "choices": ["Yes", "No"]},
            {"label": "How did you hear of us?", "choices": [f"Choice {number}" for number in range(9)]},
            {"label": "What brings you here?"},
        ]
    )
    return find_page(front.world.hub, "adas-practice")


def filled(front: Front, page: PublicPage, *without: str) -> DetailsForm:
    texts = current_texts(front.world.hub, page.business_id)
    given = [("name", "Ada"), ("email", "ada@example.com"), ("q0", "Yes"), ("agreed", texts[0].hash)]
    shown = [("shown", one.hash) for one in texts]
    return details_form(page.services[0], texts)(MultiDict([*shown, *(one for one in given if one[0] not in without)]))


def test_each_question_is_asked_in_the_way_that_fits_its_answers(page: PublicPage) -> None:
    form = details_form(page.services[0])()
    kinds = [type(form[f"q{number}"]) for number in range(3)]
    assert kinds == [wtforms.RadioField, wtforms.SelectField, wtforms.TextAreaField]


def test_what_is_missing_is_told_at_once(front: Front, page: PublicPage) -> None:
    assert filled(front, page).validate()
    form = filled(front, page, "name", "email", "q0", "agreed")
    assert not form.validate()
    assert {"name", "email", "q0", "agreed"} <= {name for name, field in form._fields.items() if field.errors}


def test_who_comes_and_what_they_agreed_to_are_read_as_they_were_sent(front: Front, page: PublicPage) -> None:
    form = filled(front, page)
    customer = form.customer(page)
    assert (customer.name, customer.email, customer.phone, customer.region) == ("Ada", "ada@example.com", "", "DE")
    assert list(form.agreements().values()) == [True, False]
