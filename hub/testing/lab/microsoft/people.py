"""Who has an account at the lab's Microsoft: at work, in an organisation that wants to be asked, and a personal one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hub.testing.lab.microsoft.mailbox import Mailbox

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of all personal accounts (Microsoft identity platform, page: ID token claims)."""

_STUDIO = "5f0c1f7e-3d0b-4a39-9d55-6a3c8f1d2e01"
_CLINIC = "c2a7e1b4-90d4-4b43-8a10-1f7b6f0e9a02"


@dataclass(slots=True)
class Tenant:
    """An organisation. ``asks_admin``: people cannot agree for themselves; ``agreed`` are applications it let in."""

    id: str
    name: str
    asks_admin: bool = False
    agreed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Person:
    """An account with its mailbox. ``address`` may change and proves nothing; tenant and ``oid`` are who it is."""

    oid: str
    tenant: Tenant
    name: str
    address: str
    mailbox: Mailbox

    @property
    def personal(self) -> bool:
        """Whether it is no work or school account."""
        return self.tenant.id == CONSUMERS

    @property
    def id(self) -> str:
        """The account, by what never changes."""
        return f"{self.tenant.id}.{self.oid}"


def people(clock: Callable[[], float]) -> dict[str, Person]:
    """Return the accounts by id."""
    studio, clinic = Tenant(_STUDIO, "Example Studio"), Tenant(_CLINIC, "Example Clinic", asks_admin=True)
    private = Tenant(CONSUMERS, "Microsoft accounts")
    made = [
        Person(
            "0b7a4f52-1c11-4d8e-8a01-000000000001",
            studio,
            "Ada",
            "ada@studio.example",
            _mailbox("ada@studio.example", clock),
        ),
        Person(
            "0b7a4f52-1c11-4d8e-8a01-000000000002",
            studio,
            "Ben",
            "ben@studio.example",
            _mailbox("ben@studio.example", clock),
        ),
        Person(
            "00000000-0000-0000-5ad1-00000000000c",
            private,
            "Ada at home",
            "ada@outlook.example",
            _mailbox("ada@outlook.example", clock),
        ),
        Person(
            "0b7a4f52-1c11-4d8e-8a01-000000000003",
            clinic,
            "Cyd",
            "cyd@clinic.example",
            _mailbox("cyd@clinic.example", clock),
        ),
    ]
    return {person.id: person for person in made}


def _mailbox(address: str, clock: Callable[[], float]) -> Mailbox:
    return Mailbox(address, "W. Europe Standard Time", clock)
