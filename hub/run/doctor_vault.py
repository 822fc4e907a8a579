"""What `hub doctor` says of the vault: ages and uses of keys, rotations, backups, and whether a restore was ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError

from hub.actions.rotate import SETTLE, Keys
from hub.actions.vault_state import LEAK_DAYS, VaultState, read_state
from hub.core.errors import Unavailable
from hub.run.finding import Finding, bad, ok, warn
from hub.run.patient import Patient

DAY = 86_400
ROOT_DAYS, KEY_DAYS = 365, 180
"""Ages at which a rotation is due (NIST SP 800-57 part 1 allows two years)."""

BACKUP_DAYS, DRILL_DAYS = 2, 90


def check_vault(patient: Patient) -> Iterator[Finding]:
    """Look at the roots and at the versions, ages and uses of the keys below them."""
    state = _state(patient)
    if state is None:
        return
    if state.sealed_since is not None:
        yield bad(
            "vault",
            f"The hub is sealed since {_day(state.sealed_since)}: data were put back, and people who were erased may "
            "be in them.",
            "Type hub restore --replay.",
        )
    for root in state.roots:
        if not root.mark:
            continue
        what = f"The {root.root} root: generation {root.generation}"
        if root.mode and root.made_at is not None:
            days = (patient.now - root.made_at) // DAY
            what = f"{what}, mode {root.mode}, file of {days} days"
            if days > ROOT_DAYS:
                yield warn("vault", f"{what}.", f"Rotate it: hub rotate --root {root.root}.")
                continue
        if not root.copied:
            yield warn(
                "vault",
                f"{what}; nobody noted that a copy of it is kept.",
                "Keep it offline, apart from backups; then type hub backup --roots-kept.",
            )
        else:
            yield ok("vault", f"{what}; a copy is kept elsewhere.")
    for keys in state.keys:
        if not keys.count or keys.oldest_at is None:
            continue
        days = (patient.now - keys.oldest_at) // DAY
        share = 100 * keys.most_used / keys.cap
        what = (
            f"Keys of {keys.kind}: {keys.count} in {keys.versions} versions, the oldest of {days} days, "
            f"the most used at {share:.1f} % of its cap."
        )
        yield ok("vault", what) if days <= KEY_DAYS else warn("vault", what, "Rotate them: hub rotate.")


def check_rotation(patient: Patient) -> Iterator[Finding]:
    """Look whether a rotation was left in the middle, and say when the last one was."""
    state = _state(patient)
    if state is None:
        return
    for one in state.rotations:
        if one.ended_at is not None:
            continue
        command = "hub rotate" + (f" --root {one.kind.removesuffix('_root')}" if one.kind.endswith("_root") else "")
        command += f" --{one.kind}" if one.kind in (Keys.DOORS, Keys.INDEX) else ""
        if one.phase == "settle" and one.kind == Keys.DOORS:
            yield ok(
                "rotation", "Links are signed by a new key; the old one goes when the last link of before is over."
            )
        elif one.phase == "settle":
            minutes = SETTLE // 60
            yield ok("rotation", f"Keys of {one.kind} are new; old versions are destroyed {minutes} minutes later.")
        else:
            yield warn("rotation", f"A rotation ({one.kind}) has not ended.", f"Go on with it: {command}.")
    if not state.rotations:
        yield ok("rotation", "No key was rotated yet.")
    elif all(one.ended_at is not None for one in state.rotations):
        last = state.rotations[0]
        yield ok("rotation", f"The last one ({last.kind}) began {_day(last.started_at)}, {last.done} records.")
    for root in state.roots:
        if root.old and not root.rotating:
            yield warn(
                "rotation",
                f"{root.old} old files of the {root.root} root lie beside it.",
                f"When no backup from before is needed: hub rotate --root {root.root} --finish.",
            )


def check_backups(patient: Patient) -> Iterator[Finding]:
    """Say when the last backup was made, and whether it was ever tried."""
    state = _state(patient)
    if state is None:
        return
    if state.backup is None:
        yield warn("backups", "None was made by hub backup.", "Make one every night: docs/keys.md#back-up.")
        return
    what = f"The last one was made {_day(state.backup.at)}."
    if patient.now - state.backup.at > BACKUP_DAYS * DAY:
        yield warn("backups", what, "Make one every night: docs/keys.md#back-up.")
    else:
        yield ok("backups", what)
    tried = max((one.at for one in (state.drill, state.restore) if one is not None), default=None)
    if tried is None or patient.now - tried > DRILL_DAYS * DAY:
        when = "None was ever tried." if tried is None else f"The last one was tried {_day(tried)}."
        yield warn("backups", when, "Try one: hub restore FOLDER --drill.")
    else:
        yield ok("backups", f"A restore was tried {_day(tried)}.")


def check_leaks(patient: Patient) -> Iterator[Finding]:
    """Say whether an answer or a mail was kept back because a live token was in it."""
    state = _state(patient)
    if state is None:
        return
    if state.leaks:
        what = f"{state.leaks} answers or mails of the last {LEAK_DAYS} days held a live token, and were kept back."
        way_out = "See which page in the security events (leak_stopped); docs/security.md#what-leaves says what to do."
        yield bad("leaks", what, way_out)
    else:
        yield ok("leaks", f"No answer and no mail of the last {LEAK_DAYS} days held a live token.")


def _state(patient: Patient) -> VaultState | None:
    keystore = patient.keystore.database
    if patient.data is None or keystore is None:
        return None
    try:
        with patient.data.reading() as conn, keystore.reading() as keys:
            return read_state(patient.settings, conn, keys, patient.now)
    except (DBAPIError, Unavailable):  # a key store of an older version: the start adds what it lacks
        return None


def _day(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("on %Y-%m-%d at %H:%M UTC")
