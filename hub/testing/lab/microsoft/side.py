"""The stand-in's other side, for people: what is in the calendars, who was let in, and what was sent."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from typing import Any

from hub.core.errors import NotFound, Refused
from hub.testing.lab.keeping import Keeper
from hub.testing.lab.microsoft import failures, moments
from hub.testing.lab.microsoft.application import Microsoft, running
from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.items import Date, Item
from hub.testing.lab.microsoft.kept import Kept, remember, remembered
from hub.testing.lab.microsoft.mailbox import Mailbox
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.side import Answer, LabAccount, LabCalendar, LabEvent, LabGrant, LabPush, Shown, Side, Site
from hub.testing.lab.switches import Fault, Switches

REMOVED = 65001
"""The AADSTS code with which a refresh is answered once the owner has removed the application."""

_ANSWERS = {
    "notResponded": Answer.OPEN,
    "accepted": Answer.ACCEPTED,
    "tentativelyAccepted": Answer.TENTATIVE,
    "declined": Answer.DECLINED,
}
_RESPONSES = {answer: word for word, answer in _ANSWERS.items()}
_SHOWN = {"free": Shown.FREE, "tentative": Shown.TENTATIVE, "workingElsewhere": Shown.TENTATIVE}
_HOST = "office@example.com"


class MicrosoftSide:
    """A `hub.testing.lab.side.LabProvider` of a stand-in."""

    def __init__(self, lab: Microsoft) -> None:
        self._lab = lab

    @property
    def switches(self) -> Switches:
        """The faults."""
        return self._lab.switches

    @property
    def faults(self) -> Set[Fault]:
        """Which faults there are."""
        return failures.KNOWN

    def accounts(self) -> Sequence[LabAccount]:
        """Return who has an account."""
        return [LabAccount(one.id, f"{one.name} ({one.address})", _note(one)) for one in self._lab.people.values()]

    def calendars(self, account: str) -> Sequence[LabCalendar]:
        """Return the calendars of an account."""
        mailbox = self._person(account).mailbox
        zone = moments.zone(mailbox.zone).key
        return [LabCalendar(box.id, box.name, zone) for box in list(mailbox.boxes.values())]

    def events(self, account: str, calendar: str, start: int, end: int) -> Sequence[LabEvent]:
        """Return what takes place in that time."""
        mailbox = self._person(account).mailbox
        with mailbox.lock:
            dates = [one for item in _box(mailbox, calendar) for one in item.within(start, end) if not item.cancelled]
            return [self._shown(one) for one in sorted(dates, key=lambda one: (one.start, one.end, one.id))]

    def put(self, account: str, calendar: str, event: LabEvent) -> str:
        """Write an event as its owner would, or as an invitation of somebody else."""
        mailbox = self._person(account).mailbox
        body = _body(event, mailbox)
        with mailbox.lock:
            _box(mailbox, calendar)
            try:
                if event.id:
                    found = mailbox.find(event.id)
                    mailbox.change(found, body)
                else:
                    found = mailbox.create(calendar, body)[0].whole()
            except Problem as problem:
                raise _ours(problem) from None
            _answer(found.item, event.answer)
            return found.id

    def delete(self, account: str, calendar: str, event: str) -> None:
        """Delete an event, or one date of a series."""
        mailbox = self._person(account).mailbox
        with mailbox.lock:
            _box(mailbox, calendar)
            try:
                mailbox.delete(mailbox.find(event))
            except Problem as problem:
                raise _ours(problem) from None

    def grants(self) -> Sequence[LabGrant]:
        """Return what applications may do."""
        found = [one for one in list(self._lab.tokens.grants.values()) if not one.dead]
        name, live = self._lab.client.name, self._lab.tokens.live
        return [
            LabGrant(one.id, one.person.id, name, one.scopes, one.since, live(one))
            for one in sorted(found, key=lambda one: one.since)
        ]

    def revoke(self, grant: str) -> None:
        """End a grant, as the owner does under My Apps; what was subscribed to ends with it."""
        found = self._lab.tokens.grants.get(grant)
        if found is None or found.dead:
            raise NotFound("There is no such grant any more.")
        with self._lab.tokens.lock:
            self._lab.tokens.end(found, REMOVED)
        for one in list(self._lab.subscriptions.there.values()):
            if (one.account, one.application) == (found.person.id, found.client):
                self._lab.subscriptions.lifecycle(one.id, "subscriptionRemoved")

    def pushes(self) -> Sequence[LabPush]:
        """Return the last notifications."""
        return list(self._lab.subscriptions.pushes.values())

    def resend(self, push: str) -> None:
        """Send a notification once more."""
        try:
            self._lab.subscriptions.resend(push)
        except KeyError:
            raise NotFound("There is no such notification any more.") from None

    def _person(self, account: str) -> Person:
        if account not in self._lab.people:
            raise NotFound("There is no such account.")
        return self._lab.people[account]

    def _shown(self, one: Date) -> LabEvent:
        item = one.item
        fields = item.fields | (item.exceptions.get(one.day, {}) if one.day else {})
        return LabEvent(
            one.id,
            one.start,
            one.end,
            str(fields["subject"] or ""),
            all_day=bool(fields["isAllDay"]),
            shown=_SHOWN.get(str(fields["showAs"]), Shown.BUSY),
            answer=_ANSWERS.get(item.response, Answer.NONE) if item.organizer else Answer.NONE,
            by=self._lab.client.name if item.by == self._lab.client.id else item.by,
            repeats="in a series" if one.day else "",
        )


@contextmanager
def open_side(site: Site) -> Iterator[Side]:
    """Run a stand-in until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(site.certificate)
    lab = Microsoft(
        redirect_urls=site.redirect_urls,
        client_id=site.client_id,
        client_secret=site.client_secret,
        trust=str(site.authority),
        folder=site.folder,
    )
    keeper = Keeper(site.folder / "state.json", Kept, lambda: remembered(lab))
    if (found := keeper.found()) is not None:
        remember(lab, found)
    else:
        for person in lab.people.values():
            person.mailbox.make("Private")
    keeper.keep()
    with running(lab, context, ports=site.ports, keep=keeper.keep):
        yield Side(
            "microsoft",
            "Microsoft 365 and Outlook.com",
            MicrosoftSide(lab),
            # Graph at the address of the pages: a form may lead at once to an origin that the settings name.
            settings={**lab.settings, "graph": lab.signin.pages},
            origins=(lab.origin, lab.signin.pages),
            tls=True,
            keep=keeper.keep,
            notes=(
                "Sign in by choosing a person; there are no passwords.",
                "Cyd's organisation wants an administrator to agree first: the hub shows the address for that.",
            ),
        )


def _note(person: Person) -> str:
    if person.tenant.asks_admin:
        return f"work, {person.tenant.name}: an administrator must agree first"
    return "personal" if person.personal else f"work, {person.tenant.name}"


def _box(mailbox: Mailbox, calendar: str) -> list[Item]:
    if calendar not in mailbox.boxes:
        raise NotFound("There is no such calendar.")
    return list(mailbox.boxes[calendar].items.values())


def _body(event: LabEvent, mailbox: Mailbox) -> dict[str, Any]:
    """Return the fields of an event. Whole days are written as midnights of the mailbox's zone."""
    return {
        "subject": event.title,
        "isAllDay": event.all_day,
        "showAs": str(event.shown),
        "start": moments.dated(moments.local(event.start, mailbox.zone), mailbox.zone),
        "end": moments.dated(moments.local(event.end, mailbox.zone), mailbox.zone),
    }


def _answer(item: Item, answer: Answer) -> None:
    item.organizer = "" if answer is Answer.NONE else _HOST
    item.response = _RESPONSES.get(answer, "organizer")


def _ours(problem: Problem) -> NotFound | Refused:
    """Return what the stand-in says in the words of the hub, for the page."""
    if problem.status == 404:
        return NotFound("There is no such event or calendar any more.")
    return Refused(problem.code, problem.message)
