"""The first run: while nobody can sign in, whoever reads the hub's terminal or data folder makes the owner.

A hub that is reachable before it is set up must not belong to the first stranger who finds it. So the first page asks
for a code that stands in a file of mode 0600, which `hub up` prints.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy import update

from hub.actions.account import as_user, person_name
from hub.actions.invite import add_user
from hub.actions.password import hash_password
from hub.actions.record import note, record
from hub.core.display_name import check_display_name
from hub.core.errors import InputError, StateError, Unavailable
from hub.core.role import Role
from hub.core.security import Kind, Outcome, Visit
from hub.core.zones import check_zone
from hub.identity.email import canonical_email
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import AGENCY, Business, lock_business
from hub.store.ids import new_id
from hub.store.user import any_user

FILE = "setup-code"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_CHARACTERS = 16
_MISREAD = str.maketrans("oil", "011", " -\n\t")


def first_run_needed(hub: Hub) -> bool:
    """Tell whether there is no console user yet."""
    with hub.database.reading() as conn:
        return not any_user(conn)


def setup_code(hub: Hub) -> str:
    """Return the code that makes the owner, the same for every process of this installation, made if there is none.

    It is in the data folder, for its user alone. Raises Unavailable when it cannot be written or read there.
    """
    file = _file(hub)
    problem = ""
    try:
        if not file.exists():
            _write_first(file, _fresh())
        return _read(file)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    raise Unavailable(f"The set-up code {str(file)!r} cannot be written or read ({problem}); mend the data folder.")


def make_owner(
    hub: Hub, visit: Visit, *, code: str, agency: str, name: str, email: str, password: str, zone: str
) -> str:
    """Make the owner, name the agency, and return the user's id; they sign in next. The code ends.

    Of two at once, one wins. Raises InputError (code, agency, name, email, password, zone), and StateError (``owned``)
    when there is a console user.
    """
    if not first_run_needed(hub):
        raise _owned()
    if not hmac.compare_digest(_plain(code), _plain(_known(hub))):
        record(hub, visit, Kind.OWNER_MADE, Outcome.FAILED, detail="wrong_code")
        raise InputError(
            "code", f"this is not the set-up code; the hub's terminal shows it, and the file {FILE} in its data folder."
        )
    agency = check_display_name("agency", clean_name("agency", agency))
    name, address, zone = person_name("name", name), canonical_email(email), check_zone(zone)
    hashed = hash_password(hub, password, (address, name, agency))
    user_id = new_id()
    with hub.database.writing() as conn:
        lock_business(conn, AGENCY)
        if any_user(conn):
            raise _owned()
        add_user(
            hub, conn, user_id, address, name=name, zone=zone, role=Role.OWNER, everywhere=True, password_hash=hashed
        )
        named = {"name": agency, "zone": zone, "version": Business.version + 1}
        conn.execute(update(Business).where(Business.id == AGENCY).values(**named))
        note(hub, conn, as_user(visit, user_id), Kind.OWNER_MADE, about=user_id)
    with suppress(OSError):
        _file(hub).unlink(missing_ok=True)
    return user_id


def _known(hub: Hub) -> str:
    """Return the code in the file; one that nobody can give where there is none."""
    with suppress(OSError):
        return _read(_file(hub))
    return secrets.token_hex()


def _write_first(file: Path, code: str) -> None:
    """Write the file as a whole or not at all; another process may have been first."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{FILE}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(f"{code}\n")
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def _read(file: Path) -> str:
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW)) as opened:
        return opened.read(200).strip()


def _file(hub: Hub) -> Path:
    return hub.settings.data_dir / FILE


def _fresh() -> str:
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))
    return "-".join(code[start : start + 4] for start in range(0, _CHARACTERS, 4))


def _plain(code: str) -> bytes:
    return code[:200].lower().translate(_MISREAD).encode("utf-8", "surrogatepass")


def _owned() -> StateError:
    return StateError("This hub has its owner already. Sign in, or ask them for an invitation.", code="owned")
