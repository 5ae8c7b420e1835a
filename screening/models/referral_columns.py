"""Referrals as this area may read them: by their columns, never imported (imports point down)."""

from sqlalchemy import Integer, String, column, table

from foundation.database import UtcDateTime

REFERRAL = table(
    "referral",
    column("id", Integer),
    column("case_id", Integer),
    column("student_id", Integer),
    column("school_id", Integer),
    column("duty_role", String),
    column("created_at", UtcDateTime),
    column("due_at", UtcDateTime),
    column("ended_at", UtcDateTime),
)
