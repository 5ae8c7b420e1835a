"""Cases, interviews, plans and follow-ups, and handing them over."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.classification import CLINICAL, INTERNAL
from foundation.crypto import EncryptedJson, EncryptedText
from foundation.database import Json, Model, UtcDateTime
from schools.models import Student

OPEN_CASE = text("ended_at IS NULL")


class Case(Model):
    """What is done for one student at one school; at most one is open."""

    __tablename__ = "care_case"
    __table_args__ = (
        CheckConstraint("level IS NULL OR level BETWEEN 0 AND 3", name="level"),
        CheckConstraint(
            "state IN ('open','in_care','referred','returning','monitoring','cleared','closed')",
            name="state",
        ),
        CheckConstraint("ended_at IS NOT NULL OR due_at IS NOT NULL", name="due"),
        CheckConstraint("(state IN ('cleared','closed')) = (ended_at IS NOT NULL)", name="ended"),
        Index(
            "uq_care_case_open",
            "school_id",
            "student_id",
            unique=True,
            sqlite_where=OPEN_CASE,
            postgresql_where=OPEN_CASE,
        ),
        Index("ix_care_case_owner", "owner_user_id", "ended_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True, info=INTERNAL)
    state: Mapped[str] = mapped_column(String(12), default="open", info=CLINICAL)
    level: Mapped[int | None] = mapped_column(info=CLINICAL)  # set by a person after an interview
    level_set_by: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    level_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    owner_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    duty_role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    owner_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    deputy_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # {"goals": [...], "measures": [...], "advice_homeroom": "...", "review_on": "..."}
    plan: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    advice: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    clearing_proposed_by: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), info=INTERNAL
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    created_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    outcome_reason: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)

    student: Mapped[Student] = relationship(lazy="raise_on_sql")


class CaseEvent(Model):
    """An entry of a case's own timeline: state steps, levels, owners, notes."""

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("care_case.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    event: Mapped[str] = mapped_column(String(30), info=INTERNAL)
    from_state: Mapped[str | None] = mapped_column(String(12), info=INTERNAL)
    to_state: Mapped[str | None] = mapped_column(String(12), info=INTERNAL)
    detail: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Interview(Model):
    """A talk with the student; the record is private to its author and the supervisor."""

    __tablename__ = "interview"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True, info=INTERNAL)
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("care_case.id"), index=True, info=INTERNAL
    )
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    held_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    record: Mapped[Any] = mapped_column(EncryptedJson, info=CLINICAL)
    risk: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    level: Mapped[int | None] = mapped_column(info=CLINICAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class FollowUp(Model):
    """One thing to do for a case by a time."""

    __tablename__ = "follow_up"
    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="done_has_outcome"),
        Index("ix_follow_up_due", "owner_user_id", "done_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("care_case.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    kind: Mapped[str] = mapped_column(String(24), info=INTERNAL)
    what: Mapped[str] = mapped_column(EncryptedText, info=CLINICAL)
    owner_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    done_by: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    outcome: Mapped[str | None] = mapped_column(String(20), info=CLINICAL)
    note: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Handover(Model):
    """All open work of one person offered to another for a while; theirs once accepted."""

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint(
            "state IN ('offered','accepted','declined','withdrawn','returned')", name="state"
        ),
        UniqueConstraint("school_id", "from_user_id", "to_user_id", "offered_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    from_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    to_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    note: Mapped[str] = mapped_column(EncryptedText, info=CLINICAL)
    state: Mapped[str] = mapped_column(String(10), default="offered", info=INTERNAL)
    items: Mapped[Any] = mapped_column(Json, default=dict, info=INTERNAL)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
