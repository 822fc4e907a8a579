"""The other side, for people: what its page changes goes the owner's way, and the hub's grant can be ended there."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from hub.core.errors import NotFound, Refused
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.side import MicrosoftSide, open_side
from hub.testing.lab.side import Answer, LabEvent, Shown, Site
from tests.testing.lab.microsoft.conftest import NOW, Asking

HOUR = 3600


@pytest.fixture
def side(lab: Microsoft) -> MicrosoftSide:
    return MicrosoftSide(lab)


@pytest.fixture
def place(side: MicrosoftSide, ask: Asking) -> tuple[str, str]:
    return ask.who.id, ask.calendar.rpartition("/")[2]


def at(hour: int, **more: object) -> LabEvent:
    return LabEvent("", NOW + hour * HOUR, NOW + (hour + 1) * HOUR, "Dentist", **more)  # type: ignore[arg-type]


def test_an_event_is_written_moved_and_deleted(side: MicrosoftSide, place: tuple[str, str]) -> None:
    ref = side.put(*place, at(1, shown=Shown.TENTATIVE))
    (one,) = side.events(*place, NOW, NOW + 24 * HOUR)
    assert (one.id, one.start, one.title, one.shown, one.by) == (ref, NOW + HOUR, "Dentist", Shown.TENTATIVE, "")
    side.put(*place, LabEvent(ref, NOW + 5 * HOUR, NOW + 6 * HOUR, "Dentist"))
    assert [one.start for one in side.events(*place, NOW, NOW + 24 * HOUR)] == [NOW + 5 * HOUR]
    side.delete(*place, ref)
    assert side.events(*place, NOW, NOW + 24 * HOUR) == []


@pytest.mark.parametrize("answer", list(Answer))
def test_an_invitation_keeps_its_answer(
    side: MicrosoftSide, place: tuple[str, str], ask: Asking, answer: Answer
) -> None:
    ref = side.put(*place, at(1, answer=answer))
    (one,) = side.events(*place, NOW, NOW + 24 * HOUR)
    assert one.answer is answer
    assert ask("GET", f"/me/events/{ref}").json()["isOrganizer"] == (answer is Answer.NONE)


def test_what_the_hub_wrote_is_shown_as_its_own(side: MicrosoftSide, place: tuple[str, str], ask: Asking) -> None:
    ask.create()
    (one,) = side.events(*place, NOW, NOW + 30 * 24 * HOUR)
    assert one.by == "Frontdesk"


def test_a_grant_is_ended_as_its_owner_does(side: MicrosoftSide, ask: Asking, lab: Microsoft) -> None:
    (grant,) = side.grants()
    assert (grant.account, grant.tokens) == (ask.who.id, 2)
    side.revoke(grant.id)
    assert side.grants() == []
    assert ask("GET", "/me/calendars").status_code == 401
    with pytest.raises(NotFound):
        side.revoke(grant.id)


def test_what_is_not_there_or_makes_no_sense_is_said(side: MicrosoftSide, place: tuple[str, str], home: Person) -> None:
    with pytest.raises(NotFound):
        side.calendars("nobody")
    with pytest.raises(NotFound):
        side.events(home.id, place[1], NOW, NOW + HOUR)
    with pytest.raises(NotFound):
        side.delete(*place, "nothing")
    with pytest.raises(NotFound):
        side.resend("nothing")
    with pytest.raises(Refused):
        side.put(*place, LabEvent("", NOW + HOUR, NOW, "backwards"))


def test_it_is_opened_with_a_certificate_and_says_how_to_use_it(authority: trustme.CA, tmp_path: Path) -> None:
    certificate, signed = tmp_path / "localhost.pem", tmp_path / "ca.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    authority.cert_pem.write_to_path(str(signed))
    with open_side(Site(tmp_path, ("http://127.0.0.1/connect/return",), certificate, signed)) as side:
        assert side.tls
        assert side.settings["authority"] == f"{side.origins[0]}/common"
        assert len(side.provider.accounts()) == 4
        assert ssl.create_default_context(cafile=signed)
