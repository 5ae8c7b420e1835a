"""What the second release added."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "hospital_agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hospital_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=60), nullable=True),
        sa.Column("end_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_hospital_agreement_ended")
        ),
        sa.CheckConstraint("until > starts_at", name=op.f("ck_hospital_agreement_until")),
        sa.ForeignKeyConstraint(
            ["hospital_id"],
            ["organisation.id"],
            name=op.f("fk_hospital_agreement_hospital_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_hospital_agreement_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_agreement")),
    )
    with op.batch_alter_table("hospital_agreement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_hospital_agreement_hospital_id"), ["hospital_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_hospital_agreement_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("taken_by", sa.String(length=60), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('results','region','tickets')", name=op.f("ck_export_kind")),
        sa.CheckConstraint("row_count >= 0", name=op.f("ck_export_row_count")),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
            name=op.f("fk_export_campaign_id_campaign"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_export_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sa.UniqueConstraint("mark", name=op.f("uq_export_mark")),
    )
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_export_organisation_id"), ["organisation_id"], unique=False
        )

    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("uq_alert_ticket_rule"),
            sqlite_where=sa.text("ticket_id IS NOT NULL AND origin != 'request'"),
        )
        batch_op.create_index(
            "uq_alert_ticket_rule_standing",
            ["ticket_id", "rule"],
            unique=True,
            sqlite_where=sa.text("origin != 'request' OR ended_at IS NULL"),
            postgresql_where=sa.text("origin != 'request' OR ended_at IS NULL"),
        )

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_clock_organisation_id_organisation"),
            "organisation",
            ["organisation_id"],
            ["id"],
        )

    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("uq_handover_from_user_id_to_user_id_offered_at"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_handover_school_id_from_user_id_to_user_id_offered_at"),
            ["school_id", "from_user_id", "to_user_id", "offered_at"],
        )

    with op.batch_alter_table("hospital_service", schema=None) as batch_op:
        batch_op.drop_column("agreement_number")
        batch_op.drop_column("agreement_until")

    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("reschedules", sa.Integer(), server_default="0", nullable=False)
        )

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("entered_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("entered_by")
        batch_op.drop_column("opens_at")

    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_column("reschedules")

    with op.batch_alter_table("hospital_service", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreement_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("agreement_number", sa.VARCHAR(length=60), nullable=True))

    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("uq_handover_school_id_from_user_id_to_user_id_offered_at"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_handover_from_user_id_to_user_id_offered_at"),
            ["from_user_id", "to_user_id", "offered_at"],
        )

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_clock_organisation_id_organisation"), type_="foreignkey"
        )
        batch_op.drop_column("organisation_id")

    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alert_ticket_rule_standing",
            sqlite_where=sa.text("origin != 'request' OR ended_at IS NULL"),
            postgresql_where=sa.text("origin != 'request' OR ended_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("uq_alert_ticket_rule"),
            ["ticket_id", "rule"],
            unique=1,
            sqlite_where=sa.text("ticket_id IS NOT NULL AND origin != 'request'"),
        )

    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_export_organisation_id"))

    op.drop_table("export")
    with op.batch_alter_table("hospital_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hospital_agreement_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_hospital_agreement_hospital_id"))

    op.drop_table("hospital_agreement")
