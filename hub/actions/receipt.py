"""The receipt of a disconnect: what happened when, from the ledger, and what is left."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hub.actions.access_mask import shown_account
from hub.actions.calendars import own_connection
from hub.actions.disconnect import keeps
from hub.actions.residue import Kept, residue
from hub.core.ended import EndState, Probe, probe_sentence, state_sentence
from hub.core.errors import PluginBroken, StateError
from hub.core.ledger import EntryKind
from hub.core.trouble import sentence
from hub.ledger.read import Recorded, entries_about
from hub.parts import Hub
from hub.store.connection import DISCONNECTED
from hub.store.key_use import calls_after, refused_after

_KINDS = (
    EntryKind.CONNECTED,
    EntryKind.DISCONNECTED,
    EntryKind.REVOKED,
    EntryKind.REVOCATION_FAILED,
    EntryKind.REVOCATION_KEPT,
)
_MOST = 200
_REFUSED_FOR = ("disconnected", "consent")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, in UTC milliseconds. ``entry`` is its entry of the ledger, ``seq`` that one's place."""

    at_ms: int
    what: str
    title: str
    text: str
    entry: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a connection ended the last time. Times in UTC milliseconds.

    ``stopped_ms`` is the moment from which on no call was let through, ``last_call_ms`` when the last one before it was
    (0: never), ``last_before`` how many milliseconds lie between. ``later`` is how many minutes saw a call after it
    all the same: none. ``refused`` calls were asked for since and not made. ``end_state`` is what is known of the grant
    at the provider, ``probe`` what became of the attempt to use it afterwards (`hub.core.ended`).
    """

    connection_id: str
    provider: str
    title: str
    account_name: str
    epoch: int
    asked_ms: int
    stopped_ms: int
    last_call_ms: int
    later: int
    refused: int
    end_state: str
    state_sentence: str
    probe: str
    probe_sentence: str
    keeps: str
    is_live: bool
    steps: tuple[Step, ...]
    kept: tuple[Kept, ...]

    @property
    def took_ms(self) -> int:
        """Milliseconds from the wish to the moment from which no call was let through."""
        return max(0, self.stopped_ms - self.asked_ms)

    @property
    def last_before(self) -> int | None:
        """Milliseconds from the last call to the end, None if there never was one."""
        return self.stopped_ms - self.last_call_ms if self.last_call_ms else None

    @property
    def may_retry(self) -> bool:
        """Whether the provider can be asked once more."""
        return self.end_state in (EndState.OPEN, EndState.FAILED)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "took_ms": self.took_ms, "last_before_ms": self.last_before}


def disconnection_receipt(
    hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None, user_id: str = ""
) -> Receipt:
    """Return the receipt of a connection's last disconnect.

    With ``holder_id`` only that staff member's own connections; ``user_id`` is the console user who looks. Raises
    StateError (``connected``) for a connection that never ended, UnknownId.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
        name = shown_account(hub, conn, row, holder_id=holder_id, user_id=user_id)
        found = entries_about(conn, business_id, connection_id=connection_id, kinds=_KINDS, limit=_MOST)
        found.reverse()
        place = max((n for n, one in enumerate(found) if one.kind is EntryKind.DISCONNECTED), default=None)
        if place is None:
            raise StateError("The account was not disconnected, so there is no receipt of that.", code="connected")
        end, after = found[place], found[place + 1 :]
        again = next((n for n, one in enumerate(after) if one.kind is EntryKind.CONNECTED), len(after))
        until = after[again].at if again < len(after) else hub.clock() + 86_400
        said: dict[str, Any] = dict(end.content or {})
        stopped = int(said.get("stopped_ms", end.at * 1000))
        later = calls_after(conn, business_id, connection_id, stopped, until * 1000)
        when = stopped // 60_000, until // 60
        refused = refused_after(conn, business_id, connection_id, *when, _REFUSED_FOR)
    steps = _steps(end, after[:again], stopped)
    probes = [str((one.content or {}).get("probe", "")) for one in after[:again]]
    probe = next((one for one in reversed(probes) if one), str(Probe.NONE))
    ended = row.health == DISCONNECTED
    return Receipt(
        connection_id=connection_id,
        provider=row.provider,
        title=_title(hub, row.provider),
        account_name=name,
        epoch=int(said.get("epoch", 0)),
        asked_ms=int(said.get("asked_ms", stopped)),
        stopped_ms=stopped,
        last_call_ms=int(said.get("last_call_ms", 0)),
        later=later,
        refused=refused,
        end_state=row.end_state,
        state_sentence=state_sentence(row.end_state),
        probe=probe,
        probe_sentence=probe_sentence(probe),
        keeps=keeps(hub, row.provider),
        is_live=not ended,
        steps=steps,
        kept=residue(hub, business_id, connection_id, holder_id=holder_id) if ended else (),
    )


def _steps(end: Recorded, after: list[Recorded], stopped: int) -> tuple[Step, ...]:
    said: dict[str, Any] = dict(end.content or {})
    where = end.id, end.seq
    steps = []
    if last := int(said.get("last_call_ms", 0)):
        steps.append(Step(last, "last_call", "Last call with this account", "", *where))
    if "asked_ms" in said:
        steps.append(Step(int(said["asked_ms"]), "asked", "Asked to disconnect", "", *where))
    steps.append(Step(stopped, "stopped", "Stopped: no call was let through from here on", "", *where))
    for one in after:
        what: dict[str, Any] = dict(one.content or {})
        title, text = _told(one.kind, what)
        steps.append(Step(int(what.get("at_ms", one.at * 1000)), str(one.kind), title, text, one.id, one.seq))
    return tuple(sorted(steps, key=lambda step: step.at_ms))


def _told(kind: EntryKind, said: dict[str, Any]) -> tuple[str, str]:
    probe = probe_sentence(str(said.get("probe", Probe.NONE)))
    if kind is EntryKind.REVOKED and said.get("at_provider"):
        return "Ended at the provider", probe
    if kind is EntryKind.REVOKED:
        return "The stored password or permission was destroyed here", "The provider has nothing to end."
    if kind is EntryKind.REVOCATION_KEPT:
        return "Not ended at the provider, because another connection uses the same account", ""
    if said.get("reason") == "gave_up":
        return "The hub gave up asking the provider", ""
    if probe:
        return "Not ended at the provider yet", probe
    return "Not ended at the provider yet", sentence(str(said.get("reason", "")))


def _title(hub: Hub, provider: str) -> str:
    try:
        return hub.registry.provider(provider).title
    except PluginBroken:
        return provider
