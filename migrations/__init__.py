"""Alembic's scripts: one revision a file under `versions`, run by `hub.store.schema`."""
