"""Alembic's environment: runs the revisions on the database that `hub.store.schema` hands over."""

from __future__ import annotations

from alembic import context

from hub.store.database import Database
from hub.store.guard import Across
from hub.store.schema import tables


def run() -> None:
    """Run the wanted revisions in one transaction."""
    database: Database = context.config.attributes["database"]
    main, _ = tables()
    with database.engine.connect().execution_options(across=Across.OPERATOR, begin="IMMEDIATE") as connection:
        context.configure(
            connection=connection,
            target_metadata=main,
            render_as_batch=database.is_sqlite,
            compare_type=True,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
