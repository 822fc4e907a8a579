from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import Refused
from hub.core.purpose import CALENDAR_PURPOSES, Purpose, check_use

PURPOSES = st.sampled_from(Purpose)


@given(st.sets(PURPOSES), PURPOSES, st.booleans())
def test_what_was_taken_is_used_for_what_it_was_taken_for_and_restricted_data_for_calendars_alone(
    taken_for: set[Purpose], purpose: Purpose, restricted: bool
) -> None:
    if purpose in taken_for and (purpose in CALENDAR_PURPOSES or not restricted):
        check_use({str(one) for one in taken_for}, purpose, restricted=restricted)
    else:
        with pytest.raises(Refused) as caught:
            check_use({str(one) for one in taken_for}, purpose, restricted=restricted)
        assert caught.value.code == "purpose"
