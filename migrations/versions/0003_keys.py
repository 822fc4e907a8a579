"""keys, consent and the ledger"""

from __future__ import annotations

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


def downgrade() -> None:
    """Take them away."""
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
