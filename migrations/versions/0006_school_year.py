"""The day on which a school moved its classes up."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "school_year_start",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("school_year", sa.String(length=9), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("done_by", sa.String(length=40), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=40), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_school_year_start_undone")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["organisation.id"],
            name=op.f("fk_school_year_start_school_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_year_start")),
    )
    with op.batch_alter_table("school_year_start", schema=None) as batch_op:
        batch_op.create_index(
            "uq_school_year_start_standing",
            ["school_id", "school_year"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )


def downgrade() -> None:
    """Take back."""
    op.drop_table("school_year_start")
