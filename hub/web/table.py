"""The table of doors: every route of the application, joined from the rooms, each with who may enter."""

from __future__ import annotations

from hub.web import assets, health, metrics
from hub.web.access import room as access
from hub.web.account import room as account
from hub.web.api import room as api
from hub.web.booking import room as booking
from hub.web.console import room as console
from hub.web.door import Door
from hub.web.offsite import room as offsite
from hub.web.staff import room as staff
from hub.web.webhooks import room as webhooks

TABLE: tuple[Door, ...] = (
    *assets.DOORS,
    *health.DOORS,
    *metrics.DOORS,
    *access.DOORS,
    *account.DOORS,
    *api.DOORS,
    *booking.DOORS,
    *offsite.DOORS,
    *console.DOORS,
    *staff.DOORS,
    *webhooks.DOORS,
)
