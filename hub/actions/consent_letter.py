"""What a mail about a consent that ends soon says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.actions.access_mask import shown_account
from hub.actions.staff_links import mailed_token
from hub.actions.trouble_letter import NO_LINK, Told
from hub.core.consent_record import ConsentState
from hub.core.mail_time import spell_end
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.connection import find_connection
from hub.store.consent import newest_state


def ending_values(
    hub: Hub, conn: sa.Connection, business_id: str, about: Mapping[str, Any], zone: str, *, kept: bool
) -> Told | None:
    """Return what the mail says; None when the account does not go by that consent any more, or it has another end.

    ``kept``: the mail goes to no server, and people of the console may read it. Then even its reader's own account is
    masked, and there is no link to the staff member's page in it.
    """
    if not is_ending(hub, conn, business_id, about):
        return None
    row = find_connection(conn, business_id, about["connection"])
    reader = about.get("holder", "")
    link = _link(hub, business_id, about, kept=kept)
    values = {
        "account_name": shown_account(hub, conn, row, holder_id=None if kept else reader or None),
        "until": spell_end(about["until"], zone, find_business(conn, business_id).zone),
        "link": link or NO_LINK,
    }
    return Told(values, link)


def is_ending(hub: Hub, conn: sa.Connection, business_id: str, about: Mapping[str, Any]) -> bool:
    """Tell whether an account still goes by the consent that a mail was planned for, and that ends when it says."""
    row = find_connection(conn, business_id, about["connection"])
    state = newest_state(conn, business_id, about["consent"])
    so = (state.state, state.expires_at) == (ConsentState.GIVEN, about["until"])
    return bool(so and row.consent_id == about["consent"] and hub.clock() < about["until"])


def _link(hub: Hub, business_id: str, about: Mapping[str, Any], *, kept: bool) -> str:
    base, connection_id = hub.settings.base_url, about["connection"]
    if about.get("link"):
        return "" if kept else f"{base}/staff/{mailed_token(hub, about['link'])}/accounts/{connection_id}/agree"
    return f"{base}/console/{business_id}/connections/{connection_id}/agree"
