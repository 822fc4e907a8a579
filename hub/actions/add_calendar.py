"""Add a calendar by its id to an account that may not list its calendars: asked first, so that a slip is found now."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from hub.actions.ask import ask_provider
from hub.actions.calendars import own_connection
from hub.actions.connect import MOST_LISTED
from hub.core.calendar import Calendar as Asked
from hub.core.calendar import Window
from hub.core.errors import InputError, NotFound, Refused, StateError
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.calendar import UNREAD, Calendar
from hub.store.connection import DISCONNECTED
from hub.store.ids import new_id
from hub.vault.names import calendar_hashes, seal_calendar

LONGEST = 500
_DAY = 86_400
_UNKNOWN = (
    "The provider knows no calendar with this id, or does not show its busy times to this account. Copy the id from "
    "the calendar's settings there, and see that it is shared with the account."
)


def add_calendar(hub: Hub, business_id: str, connection_id: str, ref: str, *, holder_id: str | None = None) -> str:
    """Ask for the calendar's busy times of the next day, add it if there is an answer, and return its id.

    It stands for nobody yet, and cannot be written to: nobody can tell. One that is there already stays as it is. With
    ``holder_id`` only that staff member's own account. Raises InputError (``calendar``) for an id that is none or that
    the provider does not know, StateError for an account that is disconnected or lists its calendars, ProviderError,
    UnknownId.
    """
    ref = ref.strip()
    if not 1 <= len(ref) <= LONGEST or not ref.isprintable():
        raise InputError("calendar", "Enter the id of one calendar, as the provider shows it in its settings.")
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
        zone = find_business(conn, business_id).zone
        mine = Calendar.business_id == business_id, Calendar.connection_id == connection_id
        named = Calendar.ref_hash.in_(calendar_hashes(hub.keyring, business_id, ref))
        known = conn.execute(select(Calendar.id).where(*mine, named)).scalar_one_or_none()
        many = conn.execute(select(func.count()).select_from(Calendar).where(*mine)).scalar_one()
    if row.health == DISCONNECTED:
        raise StateError("This account is disconnected; connect it again first.", code="ended")
    if hub.registry.provider(row.provider).level(row.level).lists_calendars:
        raise StateError("This account shows its calendars by itself; choose one of the list.", code="listed")
    if known is not None:
        return str(known)
    if many >= MOST_LISTED:
        raise InputError("calendar", f"An account has {MOST_LISTED} calendars at most.")
    _look(hub, business_id, connection_id, Asked(ref, ref, zone, writable=False))
    calendar_id = new_id()
    values: dict[str, object] = {"id": calendar_id, "business_id": business_id, "connection_id": connection_id}
    values |= {"zone": zone, **UNREAD}
    with hub.database.writing() as conn:
        own_connection(conn, business_id, connection_id, holder_id)
        values |= seal_calendar(conn, hub.keyring, business_id, calendar_id, ref, ref)
        conn.execute(insert(Calendar).values(**values, writable=False, checked=False, written=False))
    return calendar_id


def _look(hub: Hub, business_id: str, connection_id: str, calendar: Asked) -> None:
    now = hub.clock()
    window = Window(now, now + _DAY)
    unknown = False
    try:
        what = {"calendars": [calendar], "window": window}
        found = ask_provider(hub, business_id, connection_id, Purpose.PREVENT_CONFLICTS, "hub_free_busy", **what)
        unknown = calendar.ref not in found
    except (NotFound, Refused) as error:
        if isinstance(error, Refused) and error.reason not in ("refused", "not_found", "http_404"):
            raise
        unknown = True
    if unknown:
        raise InputError("calendar", _UNKNOWN)
