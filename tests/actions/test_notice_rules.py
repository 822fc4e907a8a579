"""Rules about notices: everything until somebody chooses, and nothing if they choose that."""

from __future__ import annotations

import pytest

from hub.actions.notice_rules import USUAL, list_rules, set_rules
from hub.core.errors import InputError, UnknownId
from hub.core.mail import MailKind
from tests.world import World


def test_until_somebody_chooses_everything_is_told(world: World) -> None:
    assert list_rules(world.hub, world.business) == USUAL


def test_what_was_chosen_stands_and_nothing_is_a_choice(world: World) -> None:
    rules = {(MailKind.STAFF_BOOKED, "staff"), (MailKind.CONNECTION_LOST, "business")}
    set_rules(world.hub, world.business, rules)
    assert list_rules(world.hub, world.business) == rules
    set_rules(world.hub, world.business, [])
    assert list_rules(world.hub, world.business) == frozenset()


@pytest.mark.parametrize(
    "rule", [("booking_confirmed", "staff"), ("staff_booked", "customer"), ("none", ""), ("x", "y")]
)
def test_a_rule_about_anything_else_is_refused_and_changes_nothing(world: World, rule: tuple[str, str]) -> None:
    with pytest.raises(InputError):
        set_rules(world.hub, world.business, [("staff_booked", "staff"), rule])
    assert list_rules(world.hub, world.business) == USUAL


def test_the_rules_of_a_business_that_is_not_there_are_unknown(world: World) -> None:
    with pytest.raises(UnknownId):
        set_rules(world.hub, "x" * 26, [])
