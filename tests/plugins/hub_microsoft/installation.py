"""A hub of its own with the real broker, which connects Ada's account at the lab's Microsoft over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hub.actions.ask import try_provider
from hub.actions.businesses import create_business
from hub.actions.consent import answer_consent, consent_about, consent_question
from hub.actions.off_site import Away, Intent, find_pending, finish, leave
from hub.actions.provider_settings import redirect_address
from hub.app import close_hub, create_hub
from hub.core.security import Visit
from hub.parts import Hub
from hub.settings import Settings, load_settings
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.visitor import agree
from hub.testing.subject import PURPOSES
from hub.vault.keycalls import Connected
from hub_microsoft.provider import BOOKINGS

ADA = Visit(actor="user", actor_id="a" * 26)


@dataclass(frozen=True, slots=True)
class Installation:
    """A hub with a business that has connected an account."""

    hub: Hub
    business: str
    connection: str

    def ask(self, hook: str, **arguments: Any) -> Any:
        """Call a hook as the hub does: for its purpose, by the broker."""
        return try_provider(self.hub, self.business, self.connection, PURPOSES[hook], hook, **arguments)


@contextmanager
def installed(lab: Microsoft, folder: Path, ca_file: Path, who: Person) -> Iterator[Installation]:
    """Run a hub that has connected somebody's account."""
    hub = create_hub(settings(lab, folder, ca_file))
    with closing(_Closing(hub)):
        hub.broker.configure("microsoft", lab.settings)
        business = create_business(hub, "Studio", "Europe/Berlin")
        yield Installation(hub, business, connect(hub, business, who))


def settings(lab: Microsoft, folder: Path, ca_file: Path) -> Settings:
    """Return settings that reach the lab, and let the lab know the address to which owners come back."""
    made = load_settings({}, data_dir=folder, egress_allow=(lab.origin, lab.signin.pages), egress_ca_file=ca_file)
    lab.client.redirect_urls += (redirect_address(made),)
    return made


def connect(hub: Hub, business: str, who: Person, connection: str | None = None) -> str:
    """Go through consent and sign-in as somebody with a browser does; return the connection."""
    about = consent_about(hub, business, "microsoft", BOOKINGS, None)
    agreed = answer_consent(hub, ADA, about, consent_question(hub, about).hash, agreed=True)
    away = leave(hub, ADA, "s", Intent(business, "microsoft", BOOKINGS, agreed, connection_id=connection))
    assert isinstance(away, Away)
    state = dict(parse_qsl(urlsplit(away.url).query))["state"]
    answer = agree(away.url, who)
    pending = find_pending(hub, state, away.secret)
    assert pending is not None
    done = finish(hub, ADA, pending, answer)
    assert isinstance(done, Connected), done
    return done.connection


@dataclass(frozen=True, slots=True)
class _Closing:
    hub: Hub

    def close(self) -> None:
        close_hub(self.hub)
