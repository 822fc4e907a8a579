"""What the stand-in keeps is all that an account needs: another one that reads it answers the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hub.testing.lab.keeping import Keeper
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.kept import Kept, remember, remembered
from hub.testing.lab.microsoft.signin import GRAPH_SCOPES
from hub.testing.lab.microsoft.subscriptions import Subscription
from tests.testing.lab.microsoft.conftest import NOW, Clock, at
from tests.testing.lab.microsoft.documented_events import COLOUR, MONDAYS, event


def test_calendars_grants_subscriptions_and_consents_are_there_again(tmp_path: Path) -> None:
    clock = Clock()
    before, after = (Microsoft(clock=clock) for _lab in range(2))
    ada, cyd = next(iter(before.people.values())), next(one for one in before.people.values() if one.tenant.asks_admin)
    box = ada.mailbox.make("Private")
    series = {"recurrence": MONDAYS, "singleValueExtendedProperties": [{"id": COLOUR, "value": "Green"}]}
    item, _new = ada.mailbox.create(box.id, event(transactionId="t", **series), by="lab-client")
    moved = {"start": at("2026-11-10T09:00:00"), "end": at("2026-11-10T10:00:00")}
    ada.mailbox.change(ada.mailbox.find(f"{item.id}-20261109"), moved)
    ada.mailbox.delete(ada.mailbox.find(f"{item.id}-20261116"))
    item.response, item.organizer = "accepted", "office@example.com"
    cyd.tenant.agreed.add("lab-client")
    grant, dead = (before.tokens.grant(one, "lab-client", GRAPH_SCOPES) for one in (ada, cyd))
    over, _refresh = before.tokens.issue(grant, ())
    clock.now += 3601
    access, refresh = before.tokens.issue(grant, ("offline_access",))
    before.tokens.end(dead, 65001)
    body = {"changeType": "updated", "notificationUrl": "http://127.0.0.1/push", "clientState": "s"}
    watch = Subscription("w", ada.id, "lab-client", box.id, NOW + 7200, body)
    before.subscriptions.there["w"] = watch

    keeper = Keeper(tmp_path / "state.json", Kept, lambda: remembered(before))
    keeper.keep()
    found = keeper.found()
    assert found is not None
    remember(after, found)

    mailbox = after.people[ada.id].mailbox
    again = mailbox.find(item.id).item
    assert again == item
    assert (list(again.exceptions), again.dropped) == ([date(2026, 11, 9)], {date(2026, 11, 16)})
    assert [box.name for box in mailbox.boxes.values()] == ["Calendar", "Private"]
    assert mailbox.create(box.id, event(transactionId="t")) == (again, False)
    kept = after.tokens.signed_in(access)
    assert kept is not None
    assert (kept.person.address, after.tokens.refreshed(refresh)) == (ada.address, kept)
    assert over not in kept.access
    assert after.tokens.grants[dead.id].dead == 65001
    assert after.subscriptions.find("w", ada.id) == watch
    assert after.people[cyd.id].tenant.agreed == {"lab-client"}
    for lab in (before, after):
        lab.subscriptions.close()
