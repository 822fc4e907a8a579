"""Tell people of the business of an account that does not work, and of what was missed once it does again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.actions.effect import Effect, Repeat, Work
from hub.actions.health import TELL_HEALTH, note_time
from hub.actions.mail import plan_mail
from hub.actions.missed import find_missed
from hub.actions.notice_rules import rules_of
from hub.actions.notify import with_address
from hub.actions.reconnected import write_late
from hub.actions.staff_links import mailed_link
from hub.core.health import AGAIN, Health, News
from hub.core.mail import MailKind
from hub.core.trouble import DANGER
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.calendar import calendars_of_connections, change_calendars
from hub.store.connection import find_connection
from hub.store.crash import CrashPoint, crash_point
from hub.store.outage import change_outage, find_outage, in_trouble

_KINDS = {
    News.LOST: MailKind.CONNECTION_LOST,
    News.LASTING: MailKind.CONNECTION_FAILING,
    News.MENDED: MailKind.CONNECTION_MENDED,
}


def watch_health(hub: Hub) -> None:
    """Let time pass for the connections, of all businesses, that are in trouble: each in its own transaction."""
    patience, now = hub.settings.failing_patience, hub.clock()
    with hub.database.reading() as conn:
        found = in_trouble(conn, now - patience, now - AGAIN)
    for business_id, connection_id in found:
        with hub.database.writing() as conn:
            note_time(conn, business_id, connection_id, hub.clock(), patience)


def _tell(hub: Hub, work: Work) -> None:
    """Plan the mails of one piece of news, once; what has become untrue meanwhile is left to its own news."""
    news = News(work.payload["news"])
    with hub.database.writing() as conn:
        outage = find_outage(conn, work.business_id, work.payload["outage"])
        if outage is None or outage.mailed >= work.id:
            return
        calendars = calendars_of_connections(conn, work.business_id, [outage.connection_id], lock=True)
        connection = find_connection(conn, work.business_id, outage.connection_id)
        values: dict[str, Any] = {"mailed": work.id}
        if news is News.MENDED:
            # Also what was given up while its server was down, which nobody connected again.
            late = {*outage.late, *write_late(conn, work.business_id, connection.id, hub.clock())}
            values |= {"late": sorted(late), "report": find_missed(conn, outage, late, hub.clock())}
        elif connection.health not in (Health.FAILING, Health.NEEDS_RECONNECT):
            return
        lost = connection.health == Health.NEEDS_RECONNECT
        if lost:  # nothing of them is offered, and nobody asks for them again until it is connected again
            unknown = [one.id for one in calendars if one.checked and not one.problem]
            change_calendars(conn, work.business_id, unknown, problem=connection.health_reason)
        kind = _KINDS[
            News.LOST if lost and news is not News.MENDED else News.LASTING if news is News.REMINDER else news
        ]
        _plan(hub, conn, connection, outage.id, kind)
        change_outage(conn, work.business_id, outage.id, **values)
        crash_point(CrashPoint.TROUBLE_BEFORE_COMMIT)


def _plan(hub: Hub, conn: sa.Connection, connection: sa.Row[Any], outage_id: str, kind: MailKind) -> None:
    business_id, rules = connection.business_id, rules_of(conn, connection.business_id)
    rule, owner = MailKind.CONNECTION_LOST, connection.holder_id
    readers = with_address(conn, business_id, [owner] if owner and (rule, "staff") in rules else [])
    if (rule, "business") in rules and find_business(conn, business_id).email:
        readers.append("")
    for reader in readers:
        about = {"connection": connection.id, "holder": reader, "outage": outage_id}
        if reader and connection.health_reason != DANGER:
            about["link"] = mailed_link(hub, conn, business_id, reader)
        key = f"mail:{connection.id}:{reader or 'business'}"
        plan_mail(conn, business_id=business_id, kind=kind, key=key, about=about, now=hub.clock())


TELL_TROUBLE = Effect(TELL_HEALTH, Repeat.SAFE, _tell)
