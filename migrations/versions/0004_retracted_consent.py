"""A consent that was recorded by mistake can be taken back."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "decision IN ('granted','declined','withdrawn')"
AFTER = "decision IN ('granted','declined','withdrawn','retracted')"


def upgrade() -> None:
    """Apply."""
    _only(AFTER)


def downgrade() -> None:
    """Take back; what was retracted reads as withdrawn then, which keeps nobody screened."""
    op.execute("UPDATE consent SET decision = 'withdrawn' WHERE decision = 'retracted'")
    _only(BEFORE)


def _only(words: str) -> None:
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_consent_decision"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_consent_decision"), words)
