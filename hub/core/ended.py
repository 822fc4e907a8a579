"""How a connection ended at its provider: what is true, in words that promise no more than is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.core.provider import Revocation


class EndState(StrEnum):
    """What is known of an ended connection's grant at the provider. Empty while it is connected."""

    LIVE = ""
    OPEN = "open"  # to be revoked: the hub goes on until the provider has done it
    DONE = "done"  # the provider has revoked it
    NONE = "none"  # the provider has nothing to revoke
    KEPT = "kept"  # revoking would end other connections of that account: done when the last of them ends
    FAILED = "failed"  # given up: somebody has to look


class Probe(StrEnum):
    """What became of the attempt to use a grant after it was revoked."""

    NONE = "none"  # not tried: its plugin cannot
    REFUSED = "refused"  # the provider accepted it no more: proved
    WORKS = "works"  # the provider said that it was revoked, and took it all the same
    UNKNOWN = "unknown"  # the provider could not be asked


@dataclass(frozen=True, slots=True)
class Ended:
    """What one attempt to end a grant came to. ``reason`` is a machine word for one that is still open."""

    state: EndState
    probe: Probe = Probe.NONE
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do: nothing of the credential is kept here any more."""
        return self.state in (EndState.DONE, EndState.NONE, EndState.KEPT)


_STATES = {
    EndState.LIVE: "",
    EndState.OPEN: (
        "The provider has not ended the permission yet. The hub goes on trying, and uses it for nothing else."
    ),
    EndState.DONE: "The provider has ended the permission.",
    EndState.NONE: (
        "The provider has nothing that the hub could end: the password or permission is deleted here, and still valid "
        "there. To be sure that nobody can use it, change or remove it there."
    ),
    EndState.KEPT: (
        "The permission at the provider stays for now: another connection of this hub uses the same account, and "
        "ending the permission would end that one too. It is ended there with the last of them. Nothing of it is left "
        "in this connection."
    ),
    EndState.FAILED: (
        "The provider has not ended the permission, and the hub has given up. Try again, or take the permission away "
        "in the settings of the account at the provider."
    ),
}

_PROBES = {
    Probe.NONE: "",
    Probe.REFUSED: "The hub tried it afterwards, and the provider refused it.",
    Probe.WORKS: "The provider said that it was done, and still took it afterwards.",
    Probe.UNKNOWN: "Whether it is refused now could not be tried.",
}

_KINDS = {
    Revocation.NONE: (
        "The provider has nothing that the hub could end there. The password or permission is deleted here at once; it "
        "stays valid there until it is changed or removed there."
    ),
    Revocation.TOKEN: (
        "The hub asks the provider to end this permission. Others of the same account go on. Until the provider has "
        "done it, the hub keeps it for that alone."
    ),
    Revocation.GRANT: (
        "The hub asks the provider to end its whole permission for this account. Where other connections of this hub "
        "use the same account, that waits until the last of them ends."
    ),
}


def state_sentence(state: str) -> str:
    """Return what is known of an ended grant, empty while it is connected."""
    return _STATES[EndState(state)]


def probe_sentence(probe: str) -> str:
    """Return what the attempt to use a revoked grant told, empty if there was none."""
    return _PROBES[Probe(probe)]


def kind_sentence(kind: Revocation) -> str:
    """Return what a disconnect does at a provider with that kind of revocation, before it is done."""
    return _KINDS[kind]
