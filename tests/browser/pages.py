"""Every page of the table of doors on the demo business: its address, and who looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import sqlalchemy as sa
from flask import Flask

from hub.actions.access_ask import ask_access
from hub.actions.access_link import access_token
from hub.actions.account import OPERATOR_USER
from hub.actions.consent import answer_consent, consent_about, consent_question
from hub.actions.customer_link import customer_token
from hub.actions.hold import hold
from hub.actions.hours import add_time_off
from hub.actions.invite import invite
from hub.actions.mail import queue_mail
from hub.actions.offer import offer
from hub.actions.reset import make_reset_link
from hub.actions.staff_links import make_staff_link
from hub.core.access import Named, ObjectKind
from hub.core.calendar import Window
from hub.core.mail import MailKind
from hub.core.security import OPERATOR, Visit
from hub.parts import Hub
from hub.store.booking import Booking
from hub.store.business import AGENCY, Business
from hub.store.connection import Connection
from hub.store.consent import Consent
from hub.store.guard import Across
from hub.store.holder import Holder
from hub.store.mail import Mail
from hub.store.outbox import Outbox
from hub.store.service import Service
from hub.store.user import ConsoleUser
from hub.web.booking.hold_token import hold_token
from hub.web.door import Who
from hub.web.table import TABLE

NO_PAGES = frozenset(
    {
        "account.start",  # leads on
        "api.api_document",
        "api.api_try",  # the pages of Swagger UI: tried in tests/browser/test_api_pages.py
        "assets.file",
        "booking.appointment_file",
        "console.connection_again",  # leads on while a consent stands
        "console.consent_file",
        "health.live",
        "health.ready",
        "metrics.read",
        "offsite.back",  # leads on, or refuses: tests/web/offsite/test_back.py
        "staff.again",
        "staff.consent_file",
    }
)
"""What answers a look with something that is no page for people."""

ENDPOINTS = sorted(
    one.endpoint
    for one in TABLE
    if "GET" in one.methods
    and one.who is not Who.KEY
    and one.endpoint not in NO_PAGES
    and "_export" not in one.endpoint
)
QUERIES = {
    "booking.service": "zone=America/New_York",
    "booking.move": "zone=America/New_York",
    "console.booking_who": "start=1805097600",
    "console.week_why": "day=2027-03-15&time=10:00",
}


@dataclass
class Places:
    """Finds what the addresses of pages need, in a hub with the demo business."""

    hub: Hub
    app: Flask
    found: dict[str, str] = field(default_factory=dict)

    def address(self, endpoint: str) -> str:
        """Return the address of a page with everything in it that it needs."""
        (rule,) = [one for one in self.app.url_map.iter_rules(endpoint) if "GET" in (one.methods or set())]
        values = {name: self._value(endpoint, name) for name in rule.arguments}
        with self.app.test_request_context():
            built = rule.build(values, append_unknown=False)
        assert built is not None
        query = QUERIES.get(endpoint, "")
        if endpoint == "console.access_new":
            query = f"object=connection:{self._value(endpoint, 'connection_id')}"
        return f"{built[1]}?{query}" if query else str(built[1])

    @cached_property
    def business(self) -> str:
        return self._first(Business.id, Business.slug.is_not(None))

    def _value(self, endpoint: str, name: str) -> str:
        if name == "token":
            return self._token(endpoint)
        if name == "consent_id":
            return self._consent(endpoint)
        if name not in self.found:
            self.found[name] = getattr(self, f"_{name}")()
        return self.found[name]

    def _token(self, endpoint: str) -> str:
        if endpoint == "account.invitation":
            given = invite(self.hub, OPERATOR, OPERATOR_USER, "new@example.com", "agent", everywhere=True)
            return given.token
        if endpoint == "account.set_anew":
            return make_reset_link(self.hub, self._user_id())
        if endpoint.startswith("staff."):
            if "staff" not in self.found:
                self.found["staff"] = make_staff_link(self.hub, OPERATOR, self.business, self._holder_id())[1]
            return self.found["staff"]
        if endpoint.startswith("access."):
            return access_token(self.hub, self.business, self._value(endpoint, "grant_id"))
        return customer_token(self.hub, self.business, self._booking_id())

    def _consent(self, endpoint: str) -> str:
        """Return the consent of the account, or for the form of a new one a fresh consent of who looks at it."""
        if endpoint not in ("console.connection_fill", "staff.fill"):
            return self._first(Consent.consent_id, Consent.connection_id == self._value(endpoint, "connection_id"))
        holder_id = self._holder_id() if endpoint == "staff.fill" else None
        about = consent_about(self.hub, self.business, "caldav", "calendar", holder_id)
        visit = Visit(actor="staff", actor_id=holder_id) if holder_id else Visit(actor="user", actor_id=self._user_id())
        return answer_consent(self.hub, visit, about, consent_question(self.hub, about).hash, agreed=True)

    def _business_id(self) -> str:
        return self.business

    def _service_id(self) -> str:
        return self._first(Service.id, Service.slug == "first-visit")

    def _holder_id(self) -> str:
        return self._first(Holder.id, Holder.kind == "staff")

    def _grant_id(self) -> str:
        visit = Visit(actor="user", actor_id=self._user_id())
        named = [Named(ObjectKind.CONNECTION, self._value("", "connection_id"))]
        return ask_access(self.hub, visit, self.business, named, "support")

    def _booking_id(self) -> str:
        return self._first(Booking.id, Booking.state == "confirmed")

    def _connection_id(self) -> str:
        return self._first(Connection.id, Connection.provider == "caldav")

    def _mail_id(self) -> str:
        return self._first(Mail.id, Mail.business_id == self.business)

    def _agency_mail_id(self) -> str:
        given = {"agency_name": "Our agency", "link": "http://127.0.0.1/reset/x", "until": "tomorrow"}
        with self.hub.database.writing() as conn:
            return queue_mail(
                self.hub, conn, business_id=AGENCY, kind=MailKind.RESET, to="ada@example.com", values=given
            )

    def _effect_id(self) -> str:
        return self._first(Outbox.id)

    def _user_id(self) -> str:
        return self._first(ConsoleUser.id)

    def _provider(self) -> str:
        return "caldav"

    def _mail_provider(self) -> str:
        return "smtp"

    def _setup_provider(self) -> str:
        return "google"

    def _slug(self) -> str:
        return "willow-street-physio"

    def _service_slug(self) -> str:
        return "first-visit"

    def _purpose(self) -> str:
        return "booking"

    def _kind(self) -> str:
        return "booking_confirmed"

    def _day(self) -> str:
        return date.today().isoformat()

    def _time_off_id(self) -> str:
        now = self.hub.clock()
        return add_time_off(self.hub, self.business, self._holder_id(), now + 864_000, now + 950_400)

    def _held_token(self) -> str:
        service, now = self._service_id(), self.hub.clock()
        starts = offer(self.hub, self.business, service, Window(now, now + 30 * 86_400)).starts
        held = hold(self.hub, self.business, service, starts[-1], zone="America/New_York")
        return hold_token(self.hub, self.business, held.booking_id)

    def _first(self, column: sa.ColumnElement[str] | object, *where: object) -> str:
        query = sa.select(column).where(*where).limit(1).execution_options(across=Across.OPERATOR)  # type: ignore[call-overload]
        with self.hub.database.reading() as conn:
            found = conn.execute(query).scalar()
        assert found is not None, f"the demo has no {column}"
        return str(found)
