"""The tasks that the clock runs from time to time: the list, and the housekeeping of the store itself."""

from __future__ import annotations

from hub.actions.access_decide import end_overdue
from hub.actions.account_notice import forget_heard_notices
from hub.actions.cancel import lapse_expired_holds
from hub.actions.consent_end import expire_consents
from hub.actions.consent_remind import remind_of_ends
from hub.actions.forget import cut_addresses, forget_answers, forget_codes, forget_events, forget_sign_ins
from hub.actions.off_site import forget_pending
from hub.actions.poll import poll_calendars
from hub.actions.read_back import read_back_events
from hub.actions.residue import forget_old_calendars
from hub.actions.rotate import settle_rotations
from hub.actions.trouble import watch_health
from hub.actions.trouble_agency import tell_agency
from hub.actions.watch import keep_watches
from hub.jobs.schedule import Periodic
from hub.ledger.collect import collect
from hub.ledger.sequence import sequence
from hub.parts import Hub
from hub.store.budget import forget_calls
from hub.store.claim import forget_past
from hub.store.outbox import forget_done

DAY = 86_400
KEPT_DAYS = 30
"""Days that a row stays after its effect was done (retention class ``processing``)."""


def forget_done_effects(hub: Hub) -> None:
    """Delete outbox rows whose effect was done 30 days ago."""
    with hub.database.writing() as conn:
        forget_done(conn, hub.clock() - KEPT_DAYS * DAY)


def forget_old_calls(hub: Hub) -> None:
    """Delete what was counted of calls to providers, once no budget looks at it any more."""
    with hub.database.writing() as conn:
        forget_calls(conn, hub.clock())


def forget_past_claims(hub: Hub) -> None:
    """Delete claimed cells of yesterday and before, in slices; the occurrences stay."""
    before = hub.clock() - DAY
    while True:
        with hub.database.writing() as conn:
            if not forget_past(conn, before):
                return


def order_ledger(hub: Hub) -> None:
    """Give the entries of the ledger their places."""
    sequence(hub.database)


def collect_key_uses(hub: Hub) -> None:
    """Put the uses of keys and the refused calls of finished minutes into the ledger."""
    collect(hub.database, hub.clock())


PERIODIC = (
    Periodic("collect_key_uses", 5, collect_key_uses),
    Periodic("cut_addresses", DAY // 4, cut_addresses),
    Periodic("end_overdue_access", 60, end_overdue),
    Periodic("expire_consents", 30, expire_consents),
    Periodic("forget_answers", DAY // 4, forget_answers),
    Periodic("forget_codes", DAY // 24, forget_codes),
    Periodic("forget_done_effects", DAY // 4, forget_done_effects),
    Periodic("forget_connecting", 60, forget_pending),
    Periodic("forget_events", DAY // 4, forget_events),
    Periodic("forget_heard_notices", DAY // 4, forget_heard_notices),
    Periodic("forget_old_calendars", DAY // 4, forget_old_calendars),
    Periodic("forget_old_calls", 600, forget_old_calls),
    Periodic("forget_past_claims", DAY // 4, forget_past_claims),
    Periodic("forget_sign_ins", DAY // 4, forget_sign_ins),
    Periodic("keep_watches", 5, keep_watches),
    Periodic("lapse_expired_holds", 10, lapse_expired_holds),
    Periodic("order_ledger", 1, order_ledger),
    Periodic("poll_calendars", 5, poll_calendars),
    Periodic("read_back_events", 600, read_back_events),
    Periodic("remind_of_ends", 600, remind_of_ends),
    Periodic("settle_rotations", 60, settle_rotations),
    Periodic("tell_agency", 60, tell_agency),
    Periodic("watch_health", 15, watch_health),
)
