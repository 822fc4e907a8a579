"""keys, consent and the ledger"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables and columns."""
    op.create_table(
        "booking_contact",
        sa.Column("booking_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("contact_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_booking_contact_booking_id_booking"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("booking_id", "kind", name=op.f("pk_booking_contact")),
    )
    with op.batch_alter_table("booking_contact", schema=None) as batch_op:
        batch_op.create_index("ix_booking_contact_hash", ["business_id", "contact_hash"], unique=False)

    _create_ledger()
    _create_rotation()
    _create_ending()
    _create_access()
    op.add_column("mail", sa.Column("about", sa.JSON(none_as_null=True), nullable=True))
    _create_consent()


def downgrade() -> None:
    """Take them away."""
    _drop_consent()
    op.drop_column("mail", "about")
    _drop_access()
    _drop_ending()
    _drop_rotation()
    _drop_ledger()
    with op.batch_alter_table("booking_contact", schema=None) as batch_op:
        batch_op.drop_index("ix_booking_contact_hash")

    op.drop_table("booking_contact")


def _create_ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("seq", name=op.f("uq_ledger_entry_seq")),
    )
    op.create_index("ix_ledger_entry_business", "ledger_entry", ["business_id", "id"])
    waiting = sa.text("seq IS NULL")
    op.create_index(
        "ix_ledger_entry_waiting", "ledger_entry", ["at", "id"], sqlite_where=waiting, postgresql_where=waiting
    )
    about = ("connection", "person", "holder", "user")
    op.create_table(
        "ledger_content",
        sa.Column("entry_id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        *(sa.Column(f"{name}_id", sa.String(length=26), nullable=False) for name in about),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_content_entry_id_ledger_entry")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_content")),
    )
    for name in about:
        op.create_index(f"ix_ledger_content_{name}", "ledger_content", ["business_id", f"{name}_id", "entry_id"])
    op.create_table(
        "call_refusal",
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("hook", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("collected", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "business_id", "connection_id", "minute", "hook", "purpose", "reason", name=op.f("pk_call_refusal")
        ),
    )
    op.add_column("key_use", sa.Column("collected", sa.Integer(), server_default="0", nullable=False))
    for table, count in (("key_use", "uses"), ("call_refusal", "calls")):
        left = sa.text(f"{count} > collected")
        op.create_index(f"ix_{table}_left", table, ["minute"], sqlite_where=left, postgresql_where=left)
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _create_consent() -> None:
    op.create_table(
        "consent_text",
        sa.Column("business_id", sa.String(length=26), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("hash", "language", "template", "text")),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "hash", name=op.f("pk_consent_text")),
    )
    consent = op.create_table(
        "consent",
        sa.Column("consent_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("receipt_id", sa.String(length=26), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("schema_version", "state", "reason")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("connection_id", sa.String(length=26), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("provider", "level")),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in _CODES),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _WORDS),
        *(sa.Column(name, sa.String(length=26), nullable=True) for name in _PRINCIPALS),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("actor", "actor_id", "via", "network_hash")),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "number", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_business", "consent", ["business_id", "consent_id"])
    op.create_index("ix_consent_connection", "consent", ["business_id", "connection_id"])
    op.add_column("connection", sa.Column("consent_id", sa.String(length=26), nullable=True))
    bind = op.get_bind()
    before = sa.table(
        "connection",
        *(sa.column(name) for name in ("id", "business_id", "holder_id", "provider", "level", "health")),
        *(sa.column(name) for name in ("health_at", "made_at", "consent_id")),
        sa.column("purposes", sa.JSON()),
    )
    rows = [_migrated(row) for row in bind.execute(sa.select(before))]
    if rows:
        op.bulk_insert(consent, rows)
        op.execute(sa.update(before).values(consent_id=before.c.id))
    for statement in _KEPT_CONSENT_POSTGRESQL if bind.dialect.name == "postgresql" else _KEPT_CONSENT_SQLITE:
        op.execute(statement)


_CODES = ("purposes", "withdrawn", "data", "controllers", "recipients")
_WORDS = ("retention", "jurisdiction", "withdrawal", "text_hash", "language", "channel")
_PRINCIPALS = ("holder_id", "user_id", "account_holder_id")


def _migrated(row: sa.Row[Any]) -> dict[str, object]:
    """Return the consent of an account that was connected before they were recorded: nobody knows what was read."""
    ended = row.health == "disconnected"
    return {
        **dict.fromkeys(("reason", "jurisdiction", "text_hash", "language", "actor_id", "via", "network_hash"), ""),
        **{"data": [], "scopes": []},
        **{"consent_id": row.id, "receipt_id": row.id, "connection_id": row.id, "number": 1, "actor": "operator"},
        **{"business_id": row.business_id, "provider": row.provider, "level": row.level, "channel": "migrated"},
        **{"state": "withdrawn" if ended else "given", "at": row.health_at if ended else row.made_at},
        **{"purposes": [] if ended else row.purposes, "withdrawn": row.purposes if ended else []},
        **{"schema_version": "frontdesk-consent-1", "retention": "connection", "withdrawal": "account_page"},
        **{"controllers": [row.business_id], "recipients": [f"provider:{row.provider}"], "expires_at": None},
        **{"holder_id": None, "user_id": None, "account_holder_id": row.holder_id},
    }


def _drop_consent() -> None:
    op.drop_column("connection", "consent_id")
    for name in ("consent", "consent_text"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION consent_kept()")


_KEPT_STATE = "a consent is never changed: a new state is added"
_KEPT_CONSENT_SQLITE = (
    *(
        f"CREATE TRIGGER {table}_{what.lower()} BEFORE {what} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_KEPT_STATE}'); END"
        for table in ("consent", "consent_text")
        for what in ("UPDATE", "DELETE")
    ),
    # REPLACE of SQLite would delete what is there without a trigger.
    "CREATE TRIGGER consent_insert BEFORE INSERT ON consent "
    "WHEN EXISTS (SELECT 1 FROM consent WHERE consent_id = NEW.consent_id AND number = NEW.number) "
    "BEGIN SELECT RAISE(ABORT, 'a consent is never changed: a new state is added'); END",
)
_KEPT_CONSENT_POSTGRESQL = (
    "CREATE FUNCTION consent_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"RAISE EXCEPTION '{_KEPT_STATE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    *(
        f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table} FOR EACH {each} EXECUTE FUNCTION consent_kept()"
        for table in ("consent", "consent_text")
        for name, what, each in (("kept", "UPDATE OR DELETE", "ROW"), ("whole", "TRUNCATE", "STATEMENT"))
    ),
)


def _create_ending() -> None:
    for name in ("account_hash", "end_state"):
        op.add_column("connection", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_index("ix_connection_account_hash", "connection", ["account_hash"])
    op.execute("UPDATE connection SET end_state = 'none' WHERE health = 'disconnected'")
    sealed = "EXISTS (SELECT 1 FROM credential WHERE credential.connection_id = connection.id)"
    op.execute(f"UPDATE connection SET end_state = 'open' WHERE health = 'disconnected' AND {sealed}")  # noqa: S608
    op.add_column("key_use", sa.Column("last_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "refresh",
        sa.Column("connection_id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_refresh_connection_id_connection")),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_refresh")),
    )


def _drop_ending() -> None:
    op.drop_table("refresh")
    op.drop_column("key_use", "last_ms")
    op.drop_index("ix_connection_account_hash", table_name="connection")
    for name in ("end_state", "account_hash"):
        op.drop_column("connection", name)


def _create_rotation() -> None:
    op.create_table(
        "root_secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_root_secret")),
    )
    op.create_table(
        "rotation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotation")),
    )
    op.add_column("root_check", sa.Column("generation", sa.Integer(), server_default="1", nullable=False))
    for table in ("business_key", "connection_key"):
        op.add_column(table, sa.Column("uses", sa.BigInteger(), server_default="0", nullable=False))


def _create_access() -> None:
    op.add_column("connection", sa.Column("user_id", sa.String(length=26), nullable=True))
    op.add_column("staff_link", sa.Column("made_by", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "access_grant",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("delay", sa.Text(), server_default="", nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_access_grant_business_id")),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"], name=op.f("fk_access_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
    )
    op.create_index("ix_access_grant_business", "access_grant", ["business_id", "id"])
    op.create_index("ix_access_grant_until", "access_grant", ["state", "until"])
    op.create_table(
        "access_object",
        sa.Column("grant_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.String(length=26), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name=op.f("fk_access_object_grant_id")),
        sa.PrimaryKeyConstraint("grant_id", "kind", "object_id", name=op.f("pk_access_object")),
    )
    op.create_index("ix_access_object_subject", "access_object", ["business_id", "subject_id"])
    op.create_table(
        "access_view",
        sa.Column("grant_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.String(length=26), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("business_id", sa.String(length=26), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name=op.f("fk_access_view_grant_id")),
        sa.PrimaryKeyConstraint("grant_id", "kind", "object_id", "minute", name=op.f("pk_access_view")),
    )


def _drop_access() -> None:
    for table in ("access_view", "access_object", "access_grant"):
        op.drop_table(table)
    op.drop_column("staff_link", "made_by")
    op.drop_column("connection", "user_id")


def _drop_rotation() -> None:
    for table in ("business_key", "connection_key"):
        op.drop_column(table, "uses")
    op.drop_column("root_check", "generation")
    op.drop_table("rotation")
    op.drop_table("root_secret")


def _drop_ledger() -> None:
    op.drop_index("ix_key_use_left", table_name="key_use")
    op.drop_column("key_use", "collected")
    for name in ("call_refusal", "ledger_content", "ledger_entry"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("ledger_entry_kept", "ledger_content_kept"):
            op.execute(f"DROP FUNCTION {name}()")


_KEPT = "an entry of the ledger is never changed"
_ENTRY = ("id", "business_id", "kind", "at", "commitment")
_SAME = " AND ".join(f"NEW.{name} = OLD.{name}" for name in _ENTRY)
_NEXT = "(SELECT coalesce(max(seq), -1) + 1 FROM ledger_entry)"
_PLACED = f"OLD.seq IS NULL AND NEW.seq IS NOT NULL AND NEW.seq = {_NEXT} AND {_SAME}"
"""The only change: a place in the order, once, behind the last one."""

_NEW = "NEW.seq IS NULL AND NOT EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.id)"
"""No place from the start, and no REPLACE of SQLite, which would delete what is there without a trigger."""

_SQLITE = (
    *(
        f"CREATE TRIGGER {name} BEFORE {what} WHEN NOT ({may}) BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
        for name, what, may in (
            ("ledger_entry_insert", "INSERT ON ledger_entry", _NEW),
            ("ledger_entry_update", "UPDATE ON ledger_entry", _PLACED),
            ("ledger_entry_delete", "DELETE ON ledger_entry", "false"),
            ("ledger_content_update", "UPDATE ON ledger_content", "false"),
        )
    ),
)
_RAISE = f"RAISE EXCEPTION '{_KEPT}' USING ERRCODE = 'integrity_constraint_violation'"
_POSTGRESQL = (
    f"""CREATE FUNCTION ledger_entry_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN IF NEW.seq IS NULL THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'UPDATE' THEN IF {_PLACED} THEN RETURN NEW; END IF;
    END IF;
    {_RAISE}; END $$""",
    f"CREATE FUNCTION ledger_content_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_RAISE}; END $$",
    "CREATE TRIGGER ledger_entry_kept BEFORE INSERT OR UPDATE OR DELETE ON ledger_entry "
    "FOR EACH ROW EXECUTE FUNCTION ledger_entry_kept()",
    "CREATE TRIGGER ledger_entry_whole BEFORE TRUNCATE ON ledger_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_kept()",
    "CREATE TRIGGER ledger_content_kept BEFORE UPDATE ON ledger_content "
    "FOR EACH ROW EXECUTE FUNCTION ledger_content_kept()",
)
