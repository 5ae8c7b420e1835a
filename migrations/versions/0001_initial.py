"""The first structure: every table of the first release, audit rows that nobody can change."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


SQLITE_GUARDS = (
    "CREATE TRIGGER audit_row_no_update BEFORE UPDATE ON audit_row\nBEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END",
    "CREATE TRIGGER audit_row_no_delete BEFORE DELETE ON audit_row\nBEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END",
    "CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal\nBEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END",
    "CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal\nBEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END",
)
POSTGRESQL_GUARDS = (
    "\nCREATE OR REPLACE FUNCTION audit_unchanged() RETURNS trigger LANGUAGE plpgsql AS\n$$ BEGIN RAISE EXCEPTION 'audit rows are never changed'; END $$\n",
    'CREATE TRIGGER audit_row_unchanged BEFORE UPDATE OR DELETE ON audit_row\nFOR EACH ROW EXECUTE FUNCTION audit_unchanged()',
    'CREATE TRIGGER audit_row_not_truncated BEFORE TRUNCATE ON audit_row\nFOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged()',
    'CREATE TRIGGER audit_seal_unchanged BEFORE UPDATE OR DELETE ON audit_seal\nFOR EACH ROW EXECUTE FUNCTION audit_unchanged()',
    'CREATE TRIGGER audit_seal_not_truncated BEFORE TRUNCATE ON audit_seal\nFOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged()',
)


def upgrade() -> None:
    """Apply."""
    op.create_table('answer_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('campaign_name', sa.String(length=80), nullable=False),
    sa.Column('summary', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('imported_by', sa.String(length=40), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_import'))
    )
    with op.batch_alter_table('answer_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_import_file_sha256'), ['file_sha256'], unique=False)

    op.create_table('audit_row',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('event', sa.String(length=80), nullable=False),
    sa.Column('by', sa.String(length=60), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('details', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('mac', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_row')),
    sa.UniqueConstraint('token', name=op.f('uq_audit_row_token')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('audit_row', schema=None) as batch_op:
        batch_op.create_index('ix_audit_row_organisation_id_id', ['organisation_id', 'id'], unique=False)
        batch_op.create_index('ix_audit_row_subject', ['subject', 'id'], unique=False)

    op.create_table('audit_seal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('first_row', sa.BigInteger(), nullable=False),
    sa.Column('last_row', sa.BigInteger(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('rows', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_seal')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('audit_seal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_seal_last_row'), ['last_row'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_seal_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('clock',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('target_minutes', sa.Integer(), nullable=False),
    sa.Column('basis', sa.String(length=8), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('events', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.String(length=8), nullable=True),
    sa.CheckConstraint("basis IN ('wall','business')", name=op.f('ck_clock_basis')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock')),
    sa.UniqueConstraint('subject', 'kind', name=op.f('uq_clock_subject_kind'))
    )
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.create_index('ix_clock_due', ['stopped_at', 'due_at'], unique=False)

    op.create_table('job_run',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('found', sa.Integer(), nullable=True),
    sa.Column('last_error', sa.String(length=80), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_job_run'))
    )
    op.create_table('organisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('path', sa.String(length=120), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('stage', sa.String(length=12), nullable=True),
    sa.Column('phone', sa.String(length=40), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint("(kind = 'school') = (stage IS NOT NULL)", name=op.f('ck_organisation_school_has_stage')),
    sa.CheckConstraint("kind IN ('nation', 'province', 'city', 'county', 'school', 'hospital', 'desk')", name=op.f('ck_organisation_kind')),
    sa.ForeignKeyConstraint(['parent_id'], ['organisation.id'], name=op.f('fk_organisation_parent_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('code', name=op.f('uq_organisation_code')),
    sa.UniqueConstraint('path', name=op.f('uq_organisation_path'))
    )
    op.create_table('outbox_message',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=160), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('payload', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.String(length=80), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name=op.f('ck_outbox_message_done')),
    sa.CheckConstraint("state IN ('pending', 'done', 'quarantined')", name=op.f('ck_outbox_message_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_message')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_message_key')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_message_due', ['state', 'due_at'], unique=False)

    op.create_table('push_channel',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('email', 'webhook')", name=op.f('ck_push_channel_kind')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_channel'))
    )
    with op.batch_alter_table('push_channel', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_push_channel_user_id'), ['user_id'], unique=False)

    op.create_table('sign_in_throttle',
    sa.Column('name_index', sa.String(length=64), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('blocked_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('name_index', name=op.f('pk_sign_in_throttle'))
    )
    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('totp_secret', sa.LargeBinary(), nullable=True),
    sa.Column('totp_last_step', sa.Integer(), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('username', name=op.f('uq_user_account_username'))
    )
    op.create_table('worker_beat',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_worker_beat'))
    )
    op.create_table('branch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_branch_school_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_branch')),
    sa.UniqueConstraint('school_id', 'name', name=op.f('uq_branch_school_id_name'))
    )
    op.create_table('duty_slot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('weekdays', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.Time(), nullable=False),
    sa.Column('ends_at', sa.Time(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('weekdays BETWEEN 1 AND 127', name=op.f('ck_duty_slot_weekdays')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_duty_slot_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_duty_slot_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_slot'))
    )
    with op.batch_alter_table('duty_slot', schema=None) as batch_op:
        batch_op.create_index('ix_duty_slot_organisation', ['organisation_id', 'position'], unique=False)

    op.create_table('grade',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('department', sa.Boolean(), nullable=False),
    sa.Column('entry_year', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_grade_school_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grade')),
    sa.UniqueConstraint('school_id', 'name', name=op.f('uq_grade_school_id_name'))
    )
    op.create_table('handover',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('from_user_id', sa.Integer(), nullable=False),
    sa.Column('to_user_id', sa.Integer(), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('items', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('offered','accepted','declined','withdrawn','returned')", name=op.f('ck_handover_state')),
    sa.ForeignKeyConstraint(['from_user_id'], ['user_account.id'], name=op.f('fk_handover_from_user_id_user_account')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_handover_school_id_organisation')),
    sa.ForeignKeyConstraint(['to_user_id'], ['user_account.id'], name=op.f('fk_handover_to_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover')),
    sa.UniqueConstraint('from_user_id', 'to_user_id', 'offered_at', name=op.f('uq_handover_from_user_id_to_user_id_offered_at'))
    )
    op.create_table('hospital_service',
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('departments', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('hours', sa.String(length=120), nullable=False),
    sa.Column('green_phone', sa.String(length=40), nullable=False),
    sa.Column('child_psychiatry', sa.Boolean(), nullable=False),
    sa.Column('agreement_number', sa.String(length=60), nullable=True),
    sa.Column('agreement_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('capacity', sa.String(length=12), nullable=False),
    sa.Column('capacity_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("capacity IN ('capacity','no_capacity','waitlist','ask')", name=op.f('ck_hospital_service_capacity')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_hospital_service_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('pk_hospital_service'))
    )
    op.create_table('invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('klass_id', sa.Integer(), nullable=True),
    sa.Column('branch_id', sa.Integer(), nullable=True),
    sa.Column('student_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('invited_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invited_by'], ['user_account.id'], name=op.f('fk_invitation_invited_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash'))
    )
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.create_index('ix_invitation_open', ['organisation_id', 'used_at'], unique=False)

    op.create_table('page',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('paged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_page_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_page')),
    sa.UniqueConstraint('subject', 'step', 'user_id', name=op.f('uq_page_subject_step_user_id'))
    )
    with op.batch_alter_table('page', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_page_user_id'), ['user_id'], unique=False)

    op.create_table('roster_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('file_sha256', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('headers', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('counts', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('warnings', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('uploaded_by', sa.Integer(), nullable=False),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('committed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state IN ('committed','undone')) = (committed_at IS NOT NULL)", name=op.f('ck_roster_import_committed')),
    sa.CheckConstraint("state IN ('previewed','committed','undone','cancelled')", name=op.f('ck_roster_import_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_roster_import_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['user_account.id'], name=op.f('fk_roster_import_uploaded_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_import'))
    )
    op.create_table('setting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('value', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('set_by', sa.String(length=40), nullable=False),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_setting_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setting')),
    sa.UniqueConstraint('organisation_id', 'key', 'version', name=op.f('uq_setting_organisation_id_key_version'))
    )
    op.create_table('sign_in_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('second_factor_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_sign_in_session_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_in_session_token_hash'))
    )
    with op.batch_alter_table('sign_in_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_session_user_id'), ['user_id'], unique=False)

    op.create_table('term',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('school_year', sa.String(length=9), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.CheckConstraint('starts_on < ends_on', name=op.f('ck_term_order')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_term_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_term')),
    sa.UniqueConstraint('organisation_id', 'school_year', 'number', name=op.f('uq_term_organisation_id_school_year_number'))
    )
    op.create_table('wording_licence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('holder', sa.String(length=120), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('document', sa.LargeBinary(), nullable=False),
    sa.Column('imported_by', sa.String(length=40), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_wording_licence_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wording_licence')),
    sa.UniqueConstraint('organisation_id', 'key', 'version', 'language', name=op.f('uq_wording_licence_organisation_id_key_version_language'))
    )
    op.create_table('workday_override',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.DateTime(timezone=True), nullable=False),
    sa.Column('workday', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_workday_override_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workday_override'))
    )
    op.create_table('campaign',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('instruments', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('forecast', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('sensitive_approved_by', sa.Integer(), nullable=True),
    sa.Column('sensitive_reason', sa.String(length=400), nullable=True),
    sa.Column('consent_rule', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('note', sa.String(length=400), nullable=True),
    sa.Column('created_by', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f('ck_campaign_closed')),
    sa.CheckConstraint("state IN ('draft','awaiting_approval','approved','closed','cancelled')", name=op.f('ck_campaign_state')),
    sa.CheckConstraint('opens_at < closes_at', name=op.f('ck_campaign_window')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_campaign_school_id_organisation')),
    sa.ForeignKeyConstraint(['sensitive_approved_by'], ['user_account.id'], name=op.f('fk_campaign_sensitive_approved_by_user_account')),
    sa.ForeignKeyConstraint(['term_id'], ['term.id'], name=op.f('fk_campaign_term_id_term')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('school_id', 'name', name=op.f('uq_campaign_school_id_name'))
    )
    with op.batch_alter_table('campaign', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_campaign_school_id'), ['school_id'], unique=False)

    op.create_table('klass',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('grade_id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_klass_branch_id_branch')),
    sa.ForeignKeyConstraint(['grade_id'], ['grade.id'], name=op.f('fk_klass_grade_id_grade')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_klass_school_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_klass')),
    sa.UniqueConstraint('school_id', 'grade_id', 'name', name=op.f('uq_klass_school_id_grade_id_name'))
    )
    with op.batch_alter_table('klass', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_klass_school_id'), ['school_id'], unique=False)

    op.create_table('roster_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=True),
    sa.Column('student_id', sa.Integer(), nullable=True),
    sa.Column('student_version', sa.Integer(), nullable=True),
    sa.Column('cells', sa.LargeBinary(), nullable=False),
    sa.Column('wanted', sa.LargeBinary(), nullable=True),
    sa.Column('before', sa.LargeBinary(), nullable=True),
    sa.Column('errors', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('done', sa.String(length=12), nullable=True),
    sa.ForeignKeyConstraint(['import_id'], ['roster_import.id'], name=op.f('fk_roster_row_import_id_roster_import'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_row'))
    )
    with op.batch_alter_table('roster_row', schema=None) as batch_op:
        batch_op.create_index('ix_roster_row_import_kind', ['import_id', 'kind', 'row_number'], unique=False)

    op.create_table('training',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=False),
    sa.Column('trained_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_training_school_id_organisation')),
    sa.ForeignKeyConstraint(['term_id'], ['term.id'], name=op.f('fk_training_term_id_term')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_training_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training')),
    sa.UniqueConstraint('user_id', 'term_id', name=op.f('uq_training_user_id_term_id'))
    )
    op.create_table('campaign_approval',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_approval_campaign_id_campaign'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_campaign_approval_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_approval')),
    sa.UniqueConstraint('campaign_id', 'role', name=op.f('uq_campaign_approval_campaign_id_role')),
    sa.UniqueConstraint('campaign_id', 'user_id', name=op.f('uq_campaign_approval_campaign_id_user_id'))
    )
    op.create_table('campaign_klass',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('klass_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_klass_campaign_id_campaign'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['klass_id'], ['klass.id'], name=op.f('fk_campaign_klass_klass_id_klass')),
    sa.PrimaryKeyConstraint('campaign_id', 'klass_id', name=op.f('pk_campaign_klass'))
    )
    with op.batch_alter_table('campaign_klass', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_campaign_klass_klass_id'), ['klass_id'], unique=False)

    op.create_table('sitting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('klass_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('room', sa.String(length=60), nullable=True),
    sa.Column('invigilator_id', sa.Integer(), nullable=True),
    sa.Column('deputy_id', sa.Integer(), nullable=True),
    sa.Column('class_code', sa.String(length=12), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_sitting_campaign_id_campaign'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['deputy_id'], ['user_account.id'], name=op.f('fk_sitting_deputy_id_user_account')),
    sa.ForeignKeyConstraint(['invigilator_id'], ['user_account.id'], name=op.f('fk_sitting_invigilator_id_user_account')),
    sa.ForeignKeyConstraint(['klass_id'], ['klass.id'], name=op.f('fk_sitting_klass_id_klass')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sitting')),
    sa.UniqueConstraint('campaign_id', 'klass_id', 'number', name=op.f('uq_sitting_campaign_id_klass_id_number')),
    sa.UniqueConstraint('class_code', name=op.f('uq_sitting_class_code'))
    )
    with op.batch_alter_table('sitting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sitting_campaign_id'), ['campaign_id'], unique=False)

    op.create_table('student',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('klass_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('pinyin', sa.String(length=120), nullable=False),
    sa.Column('initials', sa.String(length=30), nullable=False),
    sa.Column('sex', sa.String(length=1), nullable=True),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('student_number', sa.String(length=40), nullable=True),
    sa.Column('boarding', sa.Boolean(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("sex IS NULL OR sex IN ('f', 'm')", name=op.f('ck_student_sex')),
    sa.CheckConstraint("status IN ('enrolled', 'left', 'graduated')", name=op.f('ck_student_status')),
    sa.ForeignKeyConstraint(['klass_id'], ['klass.id'], name=op.f('fk_student_klass_id_klass')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_student_school_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_student'))
    )
    with op.batch_alter_table('student', schema=None) as batch_op:
        batch_op.create_index('ix_student_klass_status', ['klass_id', 'status'], unique=False)
        batch_op.create_index('ix_student_school_number', ['school_id', 'student_number'], unique=False)
        batch_op.create_index('ix_student_school_pinyin', ['school_id', 'pinyin'], unique=False)

    op.create_table('care_case',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('level', sa.Integer(), nullable=True),
    sa.Column('level_set_by', sa.String(length=40), nullable=True),
    sa.Column('level_set_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('owner_organisation_id', sa.Integer(), nullable=False),
    sa.Column('duty_role', sa.String(length=40), nullable=False),
    sa.Column('owner_user_id', sa.Integer(), nullable=True),
    sa.Column('deputy_user_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('plan', sa.LargeBinary(), nullable=True),
    sa.Column('advice', sa.LargeBinary(), nullable=True),
    sa.Column('clearing_proposed_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=40), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome_reason', sa.LargeBinary(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state IN ('cleared','closed')) = (ended_at IS NOT NULL)", name=op.f('ck_care_case_ended')),
    sa.CheckConstraint("state IN ('open','in_care','referred','returning','monitoring','cleared','closed')", name=op.f('ck_care_case_state')),
    sa.CheckConstraint('ended_at IS NOT NULL OR due_at IS NOT NULL', name=op.f('ck_care_case_due')),
    sa.CheckConstraint('level IS NULL OR level BETWEEN 0 AND 3', name=op.f('ck_care_case_level')),
    sa.ForeignKeyConstraint(['clearing_proposed_by'], ['user_account.id'], name=op.f('fk_care_case_clearing_proposed_by_user_account')),
    sa.ForeignKeyConstraint(['deputy_user_id'], ['user_account.id'], name=op.f('fk_care_case_deputy_user_id_user_account')),
    sa.ForeignKeyConstraint(['owner_organisation_id'], ['organisation.id'], name=op.f('fk_care_case_owner_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['owner_user_id'], ['user_account.id'], name=op.f('fk_care_case_owner_user_id_user_account')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_care_case_school_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_care_case_student_id_student')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_case'))
    )
    with op.batch_alter_table('care_case', schema=None) as batch_op:
        batch_op.create_index('ix_care_case_owner', ['owner_user_id', 'ended_at', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_care_case_student_id'), ['student_id'], unique=False)
        batch_op.create_index('uq_care_case_open', ['school_id', 'student_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('contact_pairing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('branch_id', sa.Integer(), nullable=False),
    sa.Column('member_user_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=False),
    sa.Column('difficulties', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('paired_by', sa.String(length=40), nullable=False),
    sa.Column('paired_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_contact_pairing_branch_id_branch')),
    sa.ForeignKeyConstraint(['member_user_id'], ['user_account.id'], name=op.f('fk_contact_pairing_member_user_id_user_account')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_contact_pairing_school_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_contact_pairing_student_id_student')),
    sa.ForeignKeyConstraint(['term_id'], ['term.id'], name=op.f('fk_contact_pairing_term_id_term')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_pairing'))
    )
    with op.batch_alter_table('contact_pairing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contact_pairing_branch_id'), ['branch_id'], unique=False)
        batch_op.create_index('uq_contact_pairing_member', ['member_user_id', 'term_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('guardian',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('relation', sa.String(length=20), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.CheckConstraint("status IN ('present', 'absent', 'deceased', 'suspected')", name=op.f('ck_guardian_status')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_guardian_student_id_student'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guardian'))
    )
    with op.batch_alter_table('guardian', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_guardian_student_id'), ['student_id'], unique=False)

    op.create_table('staff_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('klass_id', sa.Integer(), nullable=True),
    sa.Column('branch_id', sa.Integer(), nullable=True),
    sa.Column('student_id', sa.Integer(), nullable=True),
    sa.Column('granted_by', sa.String(length=40), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], name=op.f('fk_staff_role_branch_id_branch')),
    sa.ForeignKeyConstraint(['klass_id'], ['klass.id'], name=op.f('fk_staff_role_klass_id_klass')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_staff_role_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_staff_role_student_id_student')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_staff_role_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_role'))
    )
    with op.batch_alter_table('staff_role', schema=None) as batch_op:
        batch_op.create_index('ix_staff_role_organisation', ['organisation_id', 'role'], unique=False)
        batch_op.create_index('ix_staff_role_user', ['user_id', 'ended_at'], unique=False)
        batch_op.create_index('uq_staff_role_one_admin', ['user_id'], unique=True, sqlite_where=sa.text("role IN ('system_admin','security_admin','audit_admin') AND ended_at IS NULL"), postgresql_where=sa.text("role IN ('system_admin','security_admin','audit_admin') AND ended_at IS NULL"))

    op.create_table('student_identifier',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=False),
    sa.Column('blind_index', sa.String(length=64), nullable=False),
    sa.CheckConstraint("kind IN ('xueji', 'id_card', 'exam', 'other')", name=op.f('ck_student_identifier_kind')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_student_identifier_student_id_student'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_student_identifier')),
    sa.UniqueConstraint('student_id', 'kind', name=op.f('uq_student_identifier_student_id_kind'))
    )
    with op.batch_alter_table('student_identifier', schema=None) as batch_op:
        batch_op.create_index('ix_student_identifier_blind', ['kind', 'blind_index'], unique=False)

    op.create_table('ticket',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('klass_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('excused', sa.String(length=12), nullable=True),
    sa.Column('code', sa.LargeBinary(), nullable=False),
    sa.Column('code_index', sa.String(length=64), nullable=False),
    sa.Column('pin_hash', sa.String(length=200), nullable=True),
    sa.Column('failed_tries', sa.Integer(), nullable=False),
    sa.Column('blocked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_saved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name=op.f('ck_ticket_submitted')),
    sa.CheckConstraint("purpose IN ('first','retest')", name=op.f('ck_ticket_purpose')),
    sa.CheckConstraint("state != 'started' OR started_at IS NOT NULL", name=op.f('ck_ticket_started')),
    sa.CheckConstraint("state IN ('issued','started','submitted','withdrawn','void')", name=op.f('ck_ticket_state')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_ticket_campaign_id_campaign'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['klass_id'], ['klass.id'], name=op.f('fk_ticket_klass_id_klass')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_ticket_student_id_student'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket')),
    sa.UniqueConstraint('campaign_id', 'student_id', 'purpose', name=op.f('uq_ticket_campaign_id_student_id_purpose')),
    sa.UniqueConstraint('code_index', name=op.f('uq_ticket_code_index'))
    )
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_board', ['campaign_id', 'klass_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_student_id'), ['student_id'], unique=False)

    op.create_table('case_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=30), nullable=False),
    sa.Column('from_state', sa.String(length=12), nullable=True),
    sa.Column('to_state', sa.String(length=12), nullable=True),
    sa.Column('detail', sa.LargeBinary(), nullable=True),
    sa.Column('by', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_case_event_case_id_care_case'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_event'))
    )
    with op.batch_alter_table('case_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_event_case_id'), ['case_id'], unique=False)

    op.create_table('concern',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=True),
    sa.Column('about', sa.LargeBinary(), nullable=True),
    sa.Column('reporter_user_id', sa.Integer(), nullable=False),
    sa.Column('client_key', sa.String(length=80), nullable=False),
    sa.Column('facts', sa.LargeBinary(), nullable=False),
    sa.Column('seen_on', sa.Date(), nullable=True),
    sa.Column('place', sa.LargeBinary(), nullable=True),
    sa.Column('urgency', sa.String(length=8), nullable=False),
    sa.Column('raised_by_keywords', sa.Boolean(), nullable=False),
    sa.Column('keywords', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('owner_organisation_id', sa.Integer(), nullable=False),
    sa.Column('duty_role', sa.String(length=40), nullable=False),
    sa.Column('owner_user_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by', sa.Integer(), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome_reason', sa.LargeBinary(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state IN ('joined','closed')) = (ended_at IS NOT NULL)", name=op.f('ck_concern_ended')),
    sa.CheckConstraint("state IN ('open','in_review','joined','closed')", name=op.f('ck_concern_state')),
    sa.CheckConstraint("urgency IN ('worried','urgent')", name=op.f('ck_concern_urgency')),
    sa.CheckConstraint('ended_at IS NOT NULL OR due_at IS NOT NULL', name=op.f('ck_concern_due')),
    sa.ForeignKeyConstraint(['acknowledged_by'], ['user_account.id'], name=op.f('fk_concern_acknowledged_by_user_account')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_concern_case_id_care_case')),
    sa.ForeignKeyConstraint(['owner_organisation_id'], ['organisation.id'], name=op.f('fk_concern_owner_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['owner_user_id'], ['user_account.id'], name=op.f('fk_concern_owner_user_id_user_account')),
    sa.ForeignKeyConstraint(['reporter_user_id'], ['user_account.id'], name=op.f('fk_concern_reporter_user_id_user_account')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_concern_school_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_concern_student_id_student')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_concern')),
    sa.UniqueConstraint('reporter_user_id', 'client_key', name=op.f('uq_concern_reporter_user_id_client_key'))
    )
    with op.batch_alter_table('concern', schema=None) as batch_op:
        batch_op.create_index('ix_concern_queue', ['school_id', 'ended_at', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_concern_student_id'), ['student_id'], unique=False)

    op.create_table('consent',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('party', sa.String(length=10), nullable=False),
    sa.Column('guardian_id', sa.Integer(), nullable=True),
    sa.Column('signed_name', sa.LargeBinary(), nullable=True),
    sa.Column('decision', sa.String(length=10), nullable=False),
    sa.Column('method', sa.String(length=10), nullable=False),
    sa.Column('text_version', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.LargeBinary(), nullable=True),
    sa.Column('recorded_by', sa.String(length=40), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("decision IN ('granted','declined','withdrawn')", name=op.f('ck_consent_decision')),
    sa.CheckConstraint("method IN ('letter','link','paper','phone','online')", name=op.f('ck_consent_method')),
    sa.CheckConstraint("party IN ('guardian','student')", name=op.f('ck_consent_party')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_consent_campaign_id_campaign'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['guardian_id'], ['guardian.id'], name=op.f('fk_consent_guardian_id_guardian'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_consent_student_id_student'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index('ix_consent_campaign_student', ['campaign_id', 'student_id'], unique=False)

    op.create_table('draft',
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('instrument', sa.String(length=40), nullable=False),
    sa.Column('item', sa.String(length=20), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=True),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_draft_ticket_id_ticket'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_id', 'instrument', 'item', name=op.f('pk_draft'))
    )
    op.create_table('follow_up',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('what', sa.LargeBinary(), nullable=False),
    sa.Column('owner_user_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.String(length=40), nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(done_at IS NULL) = (outcome IS NULL)', name=op.f('ck_follow_up_done_has_outcome')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_follow_up_case_id_care_case'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['owner_user_id'], ['user_account.id'], name=op.f('fk_follow_up_owner_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up'))
    )
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_follow_up_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_follow_up_due', ['owner_user_id', 'done_at', 'due_at'], unique=False)

    op.create_table('interview',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('record', sa.LargeBinary(), nullable=False),
    sa.Column('risk', sa.LargeBinary(), nullable=True),
    sa.Column('level', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['user_account.id'], name=op.f('fk_interview_author_id_user_account')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_interview_case_id_care_case')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_interview_school_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_interview_student_id_student')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interview'))
    )
    with op.batch_alter_table('interview', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_interview_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_interview_student_id'), ['student_id'], unique=False)

    op.create_table('referral',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('hospital_id', sa.Integer(), nullable=False),
    sa.Column('redirect_of_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('urgency', sa.String(length=8), nullable=False),
    sa.Column('letter', sa.LargeBinary(), nullable=False),
    sa.Column('content_sha256', sa.String(length=64), nullable=True),
    sa.Column('letter_number', sa.String(length=30), nullable=True),
    sa.Column('token', sa.LargeBinary(), nullable=True),
    sa.Column('token_index', sa.String(length=64), nullable=True),
    sa.Column('token_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_tries', sa.Integer(), nullable=False),
    sa.Column('blocked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('consent', sa.String(length=20), nullable=True),
    sa.Column('consent_detail', sa.LargeBinary(), nullable=True),
    sa.Column('consent_by', sa.String(length=40), nullable=True),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('owner_organisation_id', sa.Integer(), nullable=False),
    sa.Column('duty_role', sa.String(length=40), nullable=False),
    sa.Column('owner_user_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('appointment_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reply', sa.LargeBinary(), nullable=True),
    sa.Column('created_by', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state IN ('cancelled', 'completed', 'error', 'redirected')) = (ended_at IS NOT NULL)", name=op.f('ck_referral_ended')),
    sa.CheckConstraint("consent IS NULL OR consent IN ('granted','refused','unreachable','guardian_suspected','danger_to_life')", name=op.f('ck_referral_consent')),
    sa.CheckConstraint("state IN ('accepted', 'arrived', 'awaiting_consent', 'cancel_requested', 'cancelled', 'completed', 'declined', 'draft', 'error', 'need_info', 'no_show', 'ready', 'received', 'redirected', 'returning', 'scheduled', 'seen', 'sent')", name=op.f('ck_referral_state')),
    sa.CheckConstraint("urgency IN ('red','urgent','routine')", name=op.f('ck_referral_urgency')),
    sa.CheckConstraint('ended_at IS NOT NULL OR due_at IS NOT NULL', name=op.f('ck_referral_due')),
    sa.ForeignKeyConstraint(['approved_by'], ['user_account.id'], name=op.f('fk_referral_approved_by_user_account')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_referral_case_id_care_case')),
    sa.ForeignKeyConstraint(['hospital_id'], ['organisation.id'], name=op.f('fk_referral_hospital_id_organisation')),
    sa.ForeignKeyConstraint(['owner_organisation_id'], ['organisation.id'], name=op.f('fk_referral_owner_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['owner_user_id'], ['user_account.id'], name=op.f('fk_referral_owner_user_id_user_account')),
    sa.ForeignKeyConstraint(['redirect_of_id'], ['referral.id'], name=op.f('fk_referral_redirect_of_id_referral')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_referral_school_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_referral_student_id_student')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral')),
    sa.UniqueConstraint('letter_number', name=op.f('uq_referral_letter_number')),
    sa.UniqueConstraint('token_index', name=op.f('uq_referral_token_index'))
    )
    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_referral_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_referral_hospital', ['hospital_id', 'ended_at', 'due_at'], unique=False)
        batch_op.create_index('ix_referral_school', ['school_id', 'ended_at', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_referral_student_id'), ['student_id'], unique=False)

    op.create_table('response',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('answers', sa.LargeBinary(), nullable=False),
    sa.Column('instruments', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('seconds', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('origin', sa.String(length=8), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('idempotency_key', sa.String(length=80), nullable=True),
    sa.Column('receipt', sa.String(length=40), nullable=False),
    sa.Column('recorded_by', sa.String(length=40), nullable=False),
    sa.Column('import_sha256', sa.String(length=64), nullable=True),
    sa.Column('import_row', sa.Integer(), nullable=True),
    sa.Column('consent_basis', sa.String(length=200), nullable=True),
    sa.Column('scoring_pending', sa.Boolean(), nullable=False),
    sa.Column('careless', sa.Boolean(), nullable=False),
    sa.Column('quality', sa.LargeBinary(), nullable=False),
    sa.Column('any_critical', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.CheckConstraint("origin IN ('online','paper','import')", name=op.f('ck_response_origin')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_response_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_response_student_id_student')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_response_ticket_id_ticket')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_response')),
    sa.UniqueConstraint('ticket_id', name=op.f('uq_response_ticket_id'))
    )
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.create_index('ix_response_campaign', ['campaign_id', 'student_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_response_student_id'), ['student_id'], unique=False)
        batch_op.create_index('uq_response_import', ['import_sha256', 'import_row'], unique=True, sqlite_where=sa.text('import_sha256 IS NOT NULL'), postgresql_where=sa.text('import_sha256 IS NOT NULL'))

    op.create_table('ticket_device',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_device_ticket_id_ticket'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_device')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_ticket_device_token_hash'))
    )
    with op.batch_alter_table('ticket_device', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_device_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('alert',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.Column('response_id', sa.Integer(), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('rule', sa.String(length=80), nullable=False),
    sa.Column('inputs', sa.LargeBinary(), nullable=False),
    sa.Column('severity', sa.Integer(), nullable=False),
    sa.Column('origin', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=14), nullable=False),
    sa.Column('owner_organisation_id', sa.Integer(), nullable=False),
    sa.Column('duty_role', sa.String(length=40), nullable=False),
    sa.Column('owner_user_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by', sa.Integer(), nullable=True),
    sa.Column('first_contact_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('escalation_step', sa.Integer(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(length=40), nullable=True),
    sa.Column('outcome_reason', sa.LargeBinary(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state IN ('false_alarm','cleared','closed')) = (ended_at IS NOT NULL)", name=op.f('ck_alert_ended')),
    sa.CheckConstraint("origin IN ('live','paper','import','request','software')", name=op.f('ck_alert_origin')),
    sa.CheckConstraint("state IN ('false_alarm','cleared','closed') OR due_at IS NOT NULL", name=op.f('ck_alert_due')),
    sa.CheckConstraint("state IN ('open','acknowledged','in_review','watch','intervene','refer','false_alarm','cleared','closed')", name=op.f('ck_alert_state')),
    sa.CheckConstraint('severity IN (1, 2, 3)', name=op.f('ck_alert_severity')),
    sa.ForeignKeyConstraint(['acknowledged_by'], ['user_account.id'], name=op.f('fk_alert_acknowledged_by_user_account')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_alert_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_alert_case_id_care_case')),
    sa.ForeignKeyConstraint(['owner_organisation_id'], ['organisation.id'], name=op.f('fk_alert_owner_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['owner_user_id'], ['user_account.id'], name=op.f('fk_alert_owner_user_id_user_account')),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_alert_response_id_response')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_alert_school_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_alert_student_id_student')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_alert_ticket_id_ticket')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert'))
    )
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_campaign_id'), ['campaign_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_owner_user_id'), ['owner_user_id'], unique=False)
        batch_op.create_index('ix_alert_queue', ['school_id', 'ended_at', 'severity', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_student_id'), ['student_id'], unique=False)
        batch_op.create_index('uq_alert_ticket_rule', ['ticket_id', 'rule'], unique=True, sqlite_where=sa.text("ticket_id IS NOT NULL AND origin != 'request'"), postgresql_where=sa.text("ticket_id IS NOT NULL AND origin != 'request'"))

    op.create_table('hotline_ticket',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=24), nullable=False),
    sa.Column('desk_id', sa.Integer(), nullable=False),
    sa.Column('intake_desk_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('referral_id', sa.Integer(), nullable=True),
    sa.Column('foreign_number', sa.String(length=40), nullable=True),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=True),
    sa.Column('risk', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('caller_type', sa.String(length=12), nullable=False),
    sa.Column('caller_name', sa.LargeBinary(), nullable=True),
    sa.Column('call_back', sa.LargeBinary(), nullable=True),
    sa.Column('summary', sa.LargeBinary(), nullable=False),
    sa.Column('wish', sa.LargeBinary(), nullable=True),
    sa.Column('location', sa.LargeBinary(), nullable=True),
    sa.Column('consent_to_hand_on', sa.Boolean(), nullable=False),
    sa.Column('owner_organisation_id', sa.Integer(), nullable=False),
    sa.Column('duty_role', sa.String(length=40), nullable=False),
    sa.Column('owner_user_id', sa.Integer(), nullable=True),
    sa.Column('returns', sa.Integer(), nullable=False),
    sa.Column('emergency_report', sa.LargeBinary(), nullable=True),
    sa.Column('reply', sa.LargeBinary(), nullable=True),
    sa.Column('result', sa.String(length=24), nullable=True),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('rating_invites', sa.Integer(), nullable=False),
    sa.Column('receipt', sa.String(length=60), nullable=True),
    sa.Column('stand_down_by', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('first_signal_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('contacted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by', sa.Integer(), nullable=True),
    sa.Column('ladder_step', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state IN ('closed', 'transferred')) = (ended_at IS NOT NULL)", name=op.f('ck_hotline_ticket_ended')),
    sa.CheckConstraint("kind IN ('consult','case','crisis')", name=op.f('ck_hotline_ticket_kind')),
    sa.CheckConstraint("state IN ('accepted', 'arbitration', 'closed', 'dispatched', 'handling', 'in_contact', 'new', 'rated', 'replied', 'returned', 'stood_down', 'transfer_offered', 'transferred', 'triaged', 'waiting')", name=op.f('ck_hotline_ticket_state')),
    sa.CheckConstraint('ended_at IS NOT NULL OR due_at IS NOT NULL', name=op.f('ck_hotline_ticket_due')),
    sa.CheckConstraint('risk BETWEEN 0 AND 3', name=op.f('ck_hotline_ticket_risk')),
    sa.ForeignKeyConstraint(['acknowledged_by'], ['user_account.id'], name=op.f('fk_hotline_ticket_acknowledged_by_user_account')),
    sa.ForeignKeyConstraint(['case_id'], ['care_case.id'], name=op.f('fk_hotline_ticket_case_id_care_case')),
    sa.ForeignKeyConstraint(['desk_id'], ['organisation.id'], name=op.f('fk_hotline_ticket_desk_id_organisation')),
    sa.ForeignKeyConstraint(['intake_desk_id'], ['organisation.id'], name=op.f('fk_hotline_ticket_intake_desk_id_organisation')),
    sa.ForeignKeyConstraint(['owner_organisation_id'], ['organisation.id'], name=op.f('fk_hotline_ticket_owner_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['owner_user_id'], ['user_account.id'], name=op.f('fk_hotline_ticket_owner_user_id_user_account')),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_hotline_ticket_referral_id_referral')),
    sa.ForeignKeyConstraint(['stand_down_by'], ['user_account.id'], name=op.f('fk_hotline_ticket_stand_down_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hotline_ticket')),
    sa.UniqueConstraint('number', name=op.f('uq_hotline_ticket_number'))
    )
    with op.batch_alter_table('hotline_ticket', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hotline_ticket_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_hotline_ticket_queue', ['desk_id', 'ended_at', 'risk', 'due_at'], unique=False)

    op.create_table('letter_scan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('referral_id', sa.Integer(), nullable=False),
    sa.Column('result', sa.String(length=12), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_letter_scan_referral_id_referral'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_scan'))
    )
    with op.batch_alter_table('letter_scan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letter_scan_referral_id'), ['referral_id'], unique=False)

    op.create_table('referral_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('referral_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=30), nullable=False),
    sa.Column('from_state', sa.String(length=20), nullable=True),
    sa.Column('to_state', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('detail', sa.LargeBinary(), nullable=True),
    sa.Column('by', sa.String(length=60), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_referral_step_referral_id_referral'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_step'))
    )
    with op.batch_alter_table('referral_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_referral_step_referral_id'), ['referral_id'], unique=False)

    op.create_table('score',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('response_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('instrument', sa.String(length=40), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('checksum', sa.String(length=64), nullable=False),
    sa.Column('engine_version', sa.String(length=20), nullable=False),
    sa.Column('cutset', sa.String(length=60), nullable=False),
    sa.Column('result', sa.LargeBinary(), nullable=False),
    sa.Column('valid', sa.Boolean(), nullable=False),
    sa.Column('positive', sa.Boolean(), nullable=True),
    sa.Column('critical', sa.Boolean(), nullable=False),
    sa.Column('scored_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_score_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_score_response_id_response'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_score_student_id_student')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score')),
    sa.UniqueConstraint('response_id', 'instrument', 'engine_version', 'cutset', name=op.f('uq_score_response_id_instrument_engine_version_cutset'))
    )
    with op.batch_alter_table('score', schema=None) as batch_op:
        batch_op.create_index('ix_score_campaign', ['campaign_id', 'instrument'], unique=False)

    op.create_table('alert_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=30), nullable=False),
    sa.Column('from_state', sa.String(length=14), nullable=True),
    sa.Column('to_state', sa.String(length=14), nullable=True),
    sa.Column('detail', sa.LargeBinary(), nullable=True),
    sa.Column('by', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_alert_change_alert_id_alert'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_change'))
    )
    with op.batch_alter_table('alert_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_change_alert_id'), ['alert_id'], unique=False)

    op.create_table('alert_reach',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('as_role', sa.String(length=40), nullable=False),
    sa.Column('reached_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_alert_reach_alert_id_alert'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_alert_reach_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_reach')),
    sa.UniqueConstraint('alert_id', 'user_id', 'as_role', name=op.f('uq_alert_reach_alert_id_user_id_as_role'))
    )
    with op.batch_alter_table('alert_reach', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_reach_user_id'), ['user_id'], unique=False)

    op.create_table('care_task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('contact_user_id', sa.Integer(), nullable=False),
    sa.Column('student_id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=True),
    sa.Column('advice', sa.String(length=400), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('released_by', sa.String(length=40), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('worried', sa.Boolean(), nullable=True),
    sa.CheckConstraint("(state IN ('done','withdrawn')) = (ended_at IS NOT NULL)", name=op.f('ck_care_task_ended')),
    sa.CheckConstraint("state IN ('released','accepted','done','withdrawn')", name=op.f('ck_care_task_state')),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_care_task_alert_id_alert')),
    sa.ForeignKeyConstraint(['contact_user_id'], ['user_account.id'], name=op.f('fk_care_task_contact_user_id_user_account')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_care_task_school_id_organisation')),
    sa.ForeignKeyConstraint(['student_id'], ['student.id'], name=op.f('fk_care_task_student_id_student')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_task'))
    )
    with op.batch_alter_table('care_task', schema=None) as batch_op:
        batch_op.create_index('ix_care_task_contact', ['contact_user_id', 'ended_at'], unique=False)

    op.create_table('hotline_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=30), nullable=False),
    sa.Column('from_state', sa.String(length=20), nullable=True),
    sa.Column('to_state', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('detail', sa.LargeBinary(), nullable=True),
    sa.Column('by', sa.String(length=60), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['hotline_ticket.id'], name=op.f('fk_hotline_step_ticket_id_hotline_ticket'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hotline_step'))
    )
    with op.batch_alter_table('hotline_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hotline_step_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('contact_log',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=True),
    sa.Column('care_task_id', sa.Integer(), nullable=True),
    sa.Column('by_user_id', sa.Integer(), nullable=False),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('mode', sa.String(length=10), nullable=False),
    sa.Column('worried', sa.Boolean(), nullable=False),
    sa.Column('logged_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("mode IN ('talk','together','message','call','other')", name=op.f('ck_contact_log_mode')),
    sa.ForeignKeyConstraint(['by_user_id'], ['user_account.id'], name=op.f('fk_contact_log_by_user_id_user_account')),
    sa.ForeignKeyConstraint(['care_task_id'], ['care_task.id'], name=op.f('fk_contact_log_care_task_id_care_task')),
    sa.ForeignKeyConstraint(['pairing_id'], ['contact_pairing.id'], name=op.f('fk_contact_log_pairing_id_contact_pairing')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_log'))
    )
    with op.batch_alter_table('contact_log', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contact_log_care_task_id'), ['care_task_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_contact_log_pairing_id'), ['pairing_id'], unique=False)

    guards = SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS
    for statement in guards:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('contact_log', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_contact_log_pairing_id'))
        batch_op.drop_index(batch_op.f('ix_contact_log_care_task_id'))

    op.drop_table('contact_log')
    with op.batch_alter_table('hotline_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hotline_step_ticket_id'))

    op.drop_table('hotline_step')
    with op.batch_alter_table('care_task', schema=None) as batch_op:
        batch_op.drop_index('ix_care_task_contact')

    op.drop_table('care_task')
    with op.batch_alter_table('alert_reach', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_reach_user_id'))

    op.drop_table('alert_reach')
    with op.batch_alter_table('alert_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_change_alert_id'))

    op.drop_table('alert_change')
    with op.batch_alter_table('score', schema=None) as batch_op:
        batch_op.drop_index('ix_score_campaign')

    op.drop_table('score')
    with op.batch_alter_table('referral_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_referral_step_referral_id'))

    op.drop_table('referral_step')
    with op.batch_alter_table('letter_scan', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_letter_scan_referral_id'))

    op.drop_table('letter_scan')
    with op.batch_alter_table('hotline_ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_hotline_ticket_queue')
        batch_op.drop_index(batch_op.f('ix_hotline_ticket_case_id'))

    op.drop_table('hotline_ticket')
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.drop_index('uq_alert_ticket_rule', sqlite_where=sa.text("ticket_id IS NOT NULL AND origin != 'request'"), postgresql_where=sa.text("ticket_id IS NOT NULL AND origin != 'request'"))
        batch_op.drop_index(batch_op.f('ix_alert_student_id'))
        batch_op.drop_index('ix_alert_queue')
        batch_op.drop_index(batch_op.f('ix_alert_owner_user_id'))
        batch_op.drop_index(batch_op.f('ix_alert_case_id'))
        batch_op.drop_index(batch_op.f('ix_alert_campaign_id'))

    op.drop_table('alert')
    with op.batch_alter_table('ticket_device', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_device_ticket_id'))

    op.drop_table('ticket_device')
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.drop_index('uq_response_import', sqlite_where=sa.text('import_sha256 IS NOT NULL'), postgresql_where=sa.text('import_sha256 IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_response_student_id'))
        batch_op.drop_index('ix_response_campaign')

    op.drop_table('response')
    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_referral_student_id'))
        batch_op.drop_index('ix_referral_school')
        batch_op.drop_index('ix_referral_hospital')
        batch_op.drop_index(batch_op.f('ix_referral_case_id'))

    op.drop_table('referral')
    with op.batch_alter_table('interview', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_interview_student_id'))
        batch_op.drop_index(batch_op.f('ix_interview_case_id'))

    op.drop_table('interview')
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.drop_index('ix_follow_up_due')
        batch_op.drop_index(batch_op.f('ix_follow_up_case_id'))

    op.drop_table('follow_up')
    op.drop_table('draft')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index('ix_consent_campaign_student')

    op.drop_table('consent')
    with op.batch_alter_table('concern', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_concern_student_id'))
        batch_op.drop_index('ix_concern_queue')

    op.drop_table('concern')
    with op.batch_alter_table('case_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_event_case_id'))

    op.drop_table('case_event')
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_student_id'))
        batch_op.drop_index('ix_ticket_board')

    op.drop_table('ticket')
    with op.batch_alter_table('student_identifier', schema=None) as batch_op:
        batch_op.drop_index('ix_student_identifier_blind')

    op.drop_table('student_identifier')
    with op.batch_alter_table('staff_role', schema=None) as batch_op:
        batch_op.drop_index('uq_staff_role_one_admin', sqlite_where=sa.text("role IN ('system_admin','security_admin','audit_admin') AND ended_at IS NULL"), postgresql_where=sa.text("role IN ('system_admin','security_admin','audit_admin') AND ended_at IS NULL"))
        batch_op.drop_index('ix_staff_role_user')
        batch_op.drop_index('ix_staff_role_organisation')

    op.drop_table('staff_role')
    with op.batch_alter_table('guardian', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_guardian_student_id'))

    op.drop_table('guardian')
    with op.batch_alter_table('contact_pairing', schema=None) as batch_op:
        batch_op.drop_index('uq_contact_pairing_member', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_contact_pairing_branch_id'))

    op.drop_table('contact_pairing')
    with op.batch_alter_table('care_case', schema=None) as batch_op:
        batch_op.drop_index('uq_care_case_open', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_care_case_student_id'))
        batch_op.drop_index('ix_care_case_owner')

    op.drop_table('care_case')
    with op.batch_alter_table('student', schema=None) as batch_op:
        batch_op.drop_index('ix_student_school_pinyin')
        batch_op.drop_index('ix_student_school_number')
        batch_op.drop_index('ix_student_klass_status')

    op.drop_table('student')
    with op.batch_alter_table('sitting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sitting_campaign_id'))

    op.drop_table('sitting')
    with op.batch_alter_table('campaign_klass', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_campaign_klass_klass_id'))

    op.drop_table('campaign_klass')
    op.drop_table('campaign_approval')
    op.drop_table('training')
    with op.batch_alter_table('roster_row', schema=None) as batch_op:
        batch_op.drop_index('ix_roster_row_import_kind')

    op.drop_table('roster_row')
    with op.batch_alter_table('klass', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_klass_school_id'))

    op.drop_table('klass')
    with op.batch_alter_table('campaign', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_campaign_school_id'))

    op.drop_table('campaign')
    op.drop_table('workday_override')
    op.drop_table('wording_licence')
    op.drop_table('term')
    with op.batch_alter_table('sign_in_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_session_user_id'))

    op.drop_table('sign_in_session')
    op.drop_table('setting')
    op.drop_table('roster_import')
    with op.batch_alter_table('page', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_page_user_id'))

    op.drop_table('page')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_index('ix_invitation_open')

    op.drop_table('invitation')
    op.drop_table('hospital_service')
    op.drop_table('handover')
    op.drop_table('grade')
    with op.batch_alter_table('duty_slot', schema=None) as batch_op:
        batch_op.drop_index('ix_duty_slot_organisation')

    op.drop_table('duty_slot')
    op.drop_table('branch')
    op.drop_table('worker_beat')
    op.drop_table('user_account')
    op.drop_table('sign_in_throttle')
    with op.batch_alter_table('push_channel', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_push_channel_user_id'))

    op.drop_table('push_channel')
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_message_due')

    op.drop_table('outbox_message')
    op.drop_table('organisation')
    op.drop_table('job_run')
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.drop_index('ix_clock_due')

    op.drop_table('clock')
    with op.batch_alter_table('audit_seal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_seal_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_audit_seal_last_row'))

    op.drop_table('audit_seal')
    with op.batch_alter_table('audit_row', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_row_subject')
        batch_op.drop_index('ix_audit_row_organisation_id_id')

    op.drop_table('audit_row')
    with op.batch_alter_table('answer_import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_answer_import_file_sha256'))

    op.drop_table('answer_import')

    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION audit_unchanged()"))
