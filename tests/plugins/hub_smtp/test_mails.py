"""The whole way: a booking, its mails through the real plugin and both brokers, and one that comes back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from hub.actions.book import book
from hub.actions.businesses import create_business
from hub.actions.connect import connect
from hub.actions.connections import list_connections
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.mail import list_mails
from hub.actions.people import Customer
from hub.actions.services import add_service
from hub.cli.main import cli
from hub.core.mail import MailKind
from hub.core.service import Service
from hub.jobs.perform import drain
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.vault.keycalls import Connected
from tests.core.test_bounce import report
from tests.mailserver import PASSWORD, USER, MailServer, mail_server
from tests.vault.serving import remote, served, short_folder
from tests.world import HOUR, MONDAY

ADA = Customer("Zoë Łovelace", email="zoe@example.com")


@pytest.fixture(params=["in the process", "behind a socket"])
def ready(hub: Hub, server: MailServer, request: pytest.FixtureRequest) -> Iterator[Hub]:
    """A hub whose agency has a mail server, before either kind of broker, on a Monday at eight."""
    answer = {"server": "127.0.0.1", "port": str(server.port), "username": USER, "password": PASSWORD}
    assert isinstance(connect(hub, AGENCY, "smtp", "send", {**answer, "sender": "hub@agency.test"}), Connected)
    hub = replace(hub, clock=lambda: MONDAY)
    if request.param == "in the process":
        yield hub
        return
    with short_folder() as folder, served(hub.broker, folder / "s") as far, remote(far.place) as near:
        yield replace(hub, broker=near)


def book_one(hub: Hub) -> str:
    business = create_business(hub, "Adas Präxis", "Europe/Berlin")
    staff = add_staff(hub, business, "Ada", every_weekday("Europe/Berlin", (9 * 60, 17 * 60)))
    service = add_service(hub, business, "Check-up", Service("new", 1800, 1800, 30 * 86_400, staff=(staff,)))
    held = hold(hub, business, service, MONDAY + 2 * HOUR, zone="Europe/Berlin")
    book(hub, business, held.booking_id, ADA)
    drain(hub, EFFECTS)
    return held.booking_id


def test_a_customer_gets_a_confirmation_with_an_invitation(ready: Hub, server: MailServer) -> None:
    booking = book_one(ready)
    (envelope,), (mail,) = server.mails, server.messages
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hub@agency.test", ["zoe@example.com"])
    assert "MAIL over tls" in server.steps
    assert mail["From"].addresses[0].display_name == "Adas Präxis"
    assert mail["To"].addresses[0].display_name == "Zoë Łovelace"
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert f"UID:frontdesk-{booking}" in list(mail.iter_parts())[2].get_content()
    assert [view.state for view in list_mails(ready, None)[0]] == ["sent"]


def test_a_server_that_wants_an_account_since_then_says_so_and_the_mail_waits(make_hub: Callable[..., Hub]) -> None:
    with mail_server(auth=False) as open_server:
        hub = make_hub(open_server.origin)
        answer = {"server": "127.0.0.1", "port": str(open_server.port), "security": "none", "sender": "hub@agency.test"}
        assert isinstance(connect(hub, AGENCY, "smtp", "send", answer), Connected)
    with mail_server(port=open_server.port) as closed_server:
        book_one(replace(hub, clock=lambda: MONDAY))
        assert closed_server.mails == []
    mails = [(view.state, view.problem) for view in list_mails(hub, None)[0] if view.kind is MailKind.BOOKING_CONFIRMED]
    assert mails == [("waiting", "account_wanted")]
    (found,) = list_connections(hub, AGENCY)
    assert found.health == "needs_reconnect"
    assert found.sentence == "The server wants a user name and password. Connect the account again, with them."


def test_a_mail_that_came_back_is_taken_in_by_the_command(
    hub: Hub, ready: Hub, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    book_one(ready)
    message_id = server.messages[0]["Message-ID"].strip("<>").encode()
    monkeypatch.setenv("HUB_DATA_DIR", str(hub.settings.data_dir))

    def run(raw: bytes) -> Any:
        return CliRunner().invoke(cli, ["mail-bounce"], input=io.BytesIO(raw))

    assert run(report(b"delayed").replace(b"abc@hub.test", message_id)).output == "Nothing to mark.\n"
    result = run(report().replace(b"abc@hub.test", message_id))
    assert (result.exit_code, result.output.split()[-2:]) == (0, ["came", "back."])
    assert [view.state for view in list_mails(ready, None)[0]] == ["bounced"]
    assert run(b"Subject: Out of office\r\n\r\nI am away.").exit_code == 1
