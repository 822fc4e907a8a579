"""Open what a restored hub holds: the proof that a backup, the key store and the roots belong together."""

from __future__ import annotations

from sqlalchemy import select

from hub.actions.people import open_person
from hub.core.errors import UnknownId
from hub.parts import Hub
from hub.store.business import AGENCY
from hub.store.guard import Across
from hub.store.person import Person
from hub.vault.cipher import Place
from hub.vault.sealed_texts import TEXTS
from hub.vault.texts import open_text


def open_everything(hub: Hub, most: int = 2000) -> tuple[int, int]:
    """Open people, and texts of staff and users, up to ``most`` of each, and return how many were opened.

    People without a key were erased and are passed over. Raises Tampered for what does not open.
    """
    everywhere = {"across": Across.OPERATOR}
    with hub.database.reading() as conn:
        people = conn.execute(
            select(Person.business_id, Person.id).order_by(Person.id.desc()).limit(most), execution_options=everywhere
        ).all()
    count = 0
    for row in people:
        try:
            open_person(hub, row.business_id, row.id)
            count += 1
        except UnknownId:
            continue
    texts = 0
    with hub.database.reading() as conn:
        for text in TEXTS:
            table, column = text.table, text.table.c[text.column.key]
            business = table.c.business_id if "business_id" in table.c else None
            statement = select(table.c.id, column.label("sealed"), *([] if business is None else [business]))
            statement = statement.where(column.is_not(None)).order_by(table.c.id.desc()).limit(most)
            if text.unless is not None:
                statement = statement.where(text.unless.is_(None))
            for one in conn.execute(statement, execution_options=everywhere):
                owner = AGENCY if business is None else one.business_id
                open_text(conn, hub.keyring, Place(owner, table.name, one.id, column.name), one.sealed)
                texts += 1
    return count, texts
