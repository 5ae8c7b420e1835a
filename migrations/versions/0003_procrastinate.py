"""The tables of Procrastinate, the job engine on PostgreSQL; SQLite has none of them."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parent.parent / "procrastinate.sql"
# Also what a restore left over: it drops the tables, but neither functions nor types.
REMOVE = """
DO $$
DECLARE statement text;
BEGIN
    FOR statement IN
        SELECT format('DROP TABLE %s CASCADE', oid::regclass) FROM pg_class
        WHERE relname LIKE 'procrastinate\\_%' AND relkind = 'r' AND pg_table_is_visible(oid)
    LOOP EXECUTE statement; END LOOP;
    FOR statement IN
        SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pg_function_is_visible(oid)
    LOOP EXECUTE statement; END LOOP;
    FOR statement IN
        SELECT format('DROP TYPE %s CASCADE', pg_type.oid::regtype) FROM pg_type
        LEFT JOIN pg_class ON pg_class.oid = typrelid
        WHERE typname LIKE 'procrastinate\\_%' AND (typtype = 'e' OR pg_class.relkind = 'c')
            AND pg_type_is_visible(pg_type.oid)
    LOOP EXECUTE statement; END LOOP;
END $$
"""


def upgrade() -> None:
    """Apply."""
    _execute(REMOVE)
    _execute(SCHEMA.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take back."""
    _execute(REMOVE)


def _execute(script: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # As it stands: a % in it is no placeholder.
        connection.execution_options(no_parameters=True).exec_driver_sql(script)
