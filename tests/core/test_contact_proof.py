from __future__ import annotations

import pytest

from hub.core.contact_proof import LAPSED_A_DAY, ContactProof, Known, is_hoarding, must_prove, read_code, without_proof
from hub.core.errors import InputError


def test_the_first_booking_of_somebody_unknown_needs_no_proof_unless_the_business_always_wants_one() -> None:
    assert not must_prove(ContactProof.SECOND, Known())
    assert must_prove(ContactProof.ALWAYS, Known())


@pytest.mark.parametrize("known", [Known(coming=1), Known(made=1), Known(asked=1), Known(lapsed=LAPSED_A_DAY)])
def test_whoever_is_known_by_contact_or_network_needs_one_where_the_business_wants_any(known: Known) -> None:
    assert must_prove(ContactProof.SECOND, known)
    assert not must_prove(ContactProof.NEVER, known)


def test_a_change_of_mind_is_no_hoarding() -> None:
    assert not is_hoarding(LAPSED_A_DAY - 1)
    assert not must_prove(ContactProof.SECOND, Known(lapsed=LAPSED_A_DAY - 1))


def test_where_nothing_can_be_proved_half_is_allowed_and_never_nothing() -> None:
    assert [without_proof(most) for most in (1, 2, 3, 20)] == [1, 1, 1, 10]


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456", "12 34 56\n"])
def test_a_code_may_be_typed_in_groups(typed: str) -> None:
    assert read_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "１２３４５６", "١٢٣٤٥٦", "1" * 5000])
def test_what_is_no_code_is_refused_in_words(typed: str) -> None:
    with pytest.raises(InputError, match="six digits") as caught:
        read_code(typed)
    assert caught.value.field == "code"
