"""What people see of consents, and the receipt that they may keep."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from hub.actions.connections import list_connections
from hub.actions.consent import answer_consent, consent_about, consent_question
from hub.actions.consent_end import withdraw_consent
from hub.actions.consents import consent_receipt, get_consent, list_consents
from hub.core.consent_record import WRITING
from hub.core.errors import PluginBroken, UnknownId
from hub.core.security import Visit
from tests.world import MONDAY, World

SAM = Visit("staff", "", address="192.0.2.7", device="Some Browser 1.0")


def answered(world: World, staff: str, *, agreed: bool = True) -> str:
    about = consent_about(world.hub, world.business, "fake", "all", staff)
    visit = Visit("staff", staff, SAM.address, SAM.device)
    return answer_consent(world.hub, visit, about, consent_question(world.hub, about).hash, agreed=agreed, via="l" * 26)


def test_each_consent_is_listed_once_with_all_of_its_states(world: World) -> None:
    staff = world.staff()
    (account,) = list_connections(world.hub, world.business)
    refused = answered(world, staff, agreed=False)
    withdraw_consent(world.hub, Visit("staff", staff), world.business, account.id, purposes=sorted(WRITING))
    found = {one.id: one for one in list_consents(world.hub, world.business)}
    assert len(found) == 2
    no = found.pop(refused)
    assert (str(no.state), no.purposes, no.can_stop, no.by) == ("refused", (), (), "Staff 1")
    assert len(no.asked) == 8
    (yes,) = found.values()
    assert [str(one.state) for one in yes.states] == ["given", "given", "requested"]
    assert yes.states[0].by == "Staff 1"
    assert yes.can_stop == ()
    assert (yes.title, yes.level_title, yes.connection_id) == ("Fake", "All", account.id)


def test_a_staff_member_sees_what_they_answered_and_what_is_about_their_own_accounts(
    world: World, strangers: dict[str, str]
) -> None:
    sam, kim = world.staff(connected=False), world.staff(connected=False)
    his, hers = answered(world, sam), answered(world, kim)
    assert [one.id for one in list_consents(world.hub, world.business, holder_id=sam)] == [his]
    assert get_consent(world.hub, world.business, his, holder_id=sam).holder == "Staff 1"
    for business, consent, holder in (
        (world.business, hers, sam),
        (strangers["ben"], his, ""),
        (strangers["ben"], his, sam),
        (world.business, "0" * 26, ""),
        (world.business, "'", ""),
    ):
        for read in (get_consent, consent_receipt):
            with pytest.raises(UnknownId):
                read(world.hub, business, consent, holder_id=holder)  # type: ignore[operator]
    assert list_consents(world.hub, strangers["ben"]) == ()


def test_a_receipt_holds_facts_under_the_names_of_the_standard_and_nobodys_name(world: World) -> None:
    staff = world.staff(connected=False)
    consent_id = answered(world, staff)
    receipt = consent_receipt(world.hub, world.business, consent_id)
    assert receipt["@type"] == "dpv:ConsentReceipt"
    record = receipt["dpv:hasRecordOfActivity"]
    assert record["dct:identifier"] == consent_id
    assert record["dpv:hasDataSubject"] == {"@id": f"hub:staff:{staff}"}
    assert record["dpv:hasJurisdiction"] == ["loc:US"]
    assert record["dpv:hasDataController"] == [f"hub:business:{world.business}", "hub:business:agency"]
    assert "hub:purpose:create_event" in record["dpv:hasProcess"]["dpv:hasPurpose"]
    asked, given = record["dpv:hasConsentStatus"]
    assert (asked["@type"], given["@type"]) == ("dpv:ConsentRequested", "dpv:ConsentGiven")
    assert given["dpv:isIndicatedAtTime"] == "2027-03-15T07:00:00Z"
    assert MONDAY == 1_805_094_000
    text = json.dumps(receipt)
    for private in ("Staff 1", "192.0.2.7", "Some Browser", "l" * 26):
        assert private not in text, private


def test_a_receipt_proves_its_text_by_the_hash(world: World) -> None:
    record = consent_receipt(world.hub, world.business, answered(world, world.staff()))["dpv:hasRecordOfActivity"]
    notice = record["dpv:hasNotice"]
    assert sha256(notice["hub:text"].encode()).hexdigest() == notice["hub:sha256"]
    assert notice["dct:language"] == "en"


def test_what_became_of_a_consent_stands_in_its_receipt(world: World) -> None:
    world.staff()
    (account,) = list_connections(world.hub, world.business)
    (consent,) = list_consents(world.hub, world.business)
    withdraw_consent(world.hub, Visit("user", "u" * 26), world.business, account.id, purposes=sorted(WRITING))
    withdraw_consent(world.hub, Visit("user", "u" * 26), world.business, account.id)
    record = consent_receipt(world.hub, world.business, consent.id)["dpv:hasRecordOfActivity"]
    kinds = [(one["@type"], len(one.get("hub:withdrawn", []))) for one in record["dpv:hasConsentStatus"]]
    assert kinds == [
        ("dpv:ConsentRequested", 0),
        ("dpv:ConsentGiven", 0),
        ("dpv:ConsentGiven", 3),
        ("dpv:ConsentWithdrawn", 5),
    ]


def test_what_a_plugin_that_is_gone_asked_for_can_still_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.staff()

    def gone(self: object, name: str) -> None:
        raise PluginBroken("off")

    monkeypatch.setattr(type(world.hub.registry), "provider", gone)
    (found,) = list_consents(world.hub, world.business)
    assert (found.title, found.level_title) == ("fake", "all")
    assert found.text.startswith("May an account at Fake be used?")
