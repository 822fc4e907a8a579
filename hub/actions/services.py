"""Services: what can be booked of a business, with its rules and its people."""

from __future__ import annotations

from sqlalchemy import insert

from hub.core.service import Service as Rules
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.holder import find_holder
from hub.store.ids import new_id
from hub.store.service import Service, ServiceHolder


def add_service(hub: Hub, business_id: str, name: str, rules: Rules) -> str:
    """Add a service with these rules (their id is not used) and return its id; raise UnknownId for a strange holder."""
    service_id = new_id()
    groups = [rules.staff, *rules.resources]
    with hub.database.writing() as conn:
        find_business(conn, business_id)
        for holder_id in {one for group in groups for one in group}:
            find_holder(conn, business_id, holder_id)
        conn.execute(
            insert(Service).values(
                id=service_id,
                business_id=business_id,
                name=clean_name("service.name", name),
                duration=rules.duration,
                before=rules.before,
                after=rules.after,
                notice=rules.notice,
                horizon=rules.horizon,
                step=rules.step,
                anchor=rules.anchor,
                staff_rule=rules.staff_rule,
                active=True,
            )
        )
        rows = [
            {"service_id": service_id, "business_id": business_id, "holder_id": one, "group_no": number, "rank": rank}
            for number, group in enumerate(groups)
            for rank, one in enumerate(group)
        ]
        if rows:
            conn.execute(insert(ServiceHolder), rows)
    return service_id
