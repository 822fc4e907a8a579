"""What the stand-in keeps is all that an account needs: another one that reads it answers the same."""

from __future__ import annotations

from pathlib import Path

from hub.testing.lab.google import events
from hub.testing.lab.google.app import ADA, CLIENT, GoogleLab
from hub.testing.lab.google.kept import Kept, remember, remembered
from hub.testing.lab.google.push import OpenChannel
from hub.testing.lab.google.state import Access, StoredGrant
from hub.testing.lab.google.tokens import find_access
from hub.testing.lab.keeping import Keeper

NOW = 1_793_520_000
EVENT = {
    "summary": "Fitting",
    "start": {"dateTime": "2026-11-02T09:00:00Z"},
    "end": {"dateTime": "2026-11-02T10:00:00Z"},
}


def test_calendars_grants_tokens_and_channels_are_there_again(tmp_path: Path) -> None:
    before, after = (GoogleLab(clock=lambda: NOW) for _lab in range(2))
    calendar = before.state.add_calendar("c_1", ADA, "Private", ADA.zone, made_by=CLIENT.id)
    made = events.insert(before.state, calendar, ADA, dict(EVENT))
    grant = StoredGrant("g", ADA.sub, CLIENT.id, ("openid",), NOW, ["1//r"], ("invalid_grant", "invalid_rapt"))
    before.state.grants[(ADA.sub, CLIENT.id)] = grant
    ends = {"ya29.a": NOW + 60, "ya29.over": NOW, "1//r": 0}
    before.state.access = {
        token: Access(ADA.sub, CLIENT.id, frozenset({"openid"}), until) for token, until in ends.items()
    }
    channel = OpenChannel("ch", "c_1", ADA.sub, CLIENT.id, "http://127.0.0.1/push", "t", "r", NOW + 60, 7)
    before.pushes.channels["ch"] = channel

    keeper = Keeper(tmp_path / "state.json", Kept, lambda: remembered(before))
    keeper.keep()
    found = keeper.found()
    assert found is not None
    remember(after, found)

    again = after.state.calendar("c_1", ADA.sub)
    assert again.events == {made["id"]: made}
    assert (again.made_by, again.number, again.roles) == (CLIENT.id, calendar.number, {ADA.email: "owner"})
    assert after.state.grants == before.state.grants
    assert after.state.access.keys() == {"ya29.a", "1//r"}
    assert find_access(after.state, "ya29.a") == before.state.access["ya29.a"]
    assert (after.pushes.channels["ch"].number, after.pushes.channels["ch"].until) == (7, NOW + 60)
