"""The League branch's side: concerns, pairings, care tasks, contact log, training."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.classification import CLINICAL, INTERNAL, PERSONAL
from foundation.crypto import EncryptedJson, EncryptedText
from foundation.database import Json, Model, UtcDateTime
from schools.models import Student


class Concern(Model):
    """What a person saw or heard about a student; it joins at most one open case."""

    __tablename__ = "concern"
    __table_args__ = (
        CheckConstraint("urgency IN ('worried','urgent')", name="urgency"),
        CheckConstraint("state IN ('open','in_review','joined','closed')", name="state"),
        CheckConstraint("(state IN ('joined','closed')) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("ended_at IS NOT NULL OR due_at IS NOT NULL", name="due"),
        UniqueConstraint("reporter_user_id", "client_key"),
        Index("ix_concern_queue", "school_id", "ended_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    student_id: Mapped[int | None] = mapped_column(
        ForeignKey("student.id"), index=True, info=INTERNAL
    )
    about: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)  # when not found
    reporter_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=PERSONAL)
    client_key: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    facts: Mapped[str] = mapped_column(EncryptedText, info=CLINICAL)
    seen_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    place: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    urgency: Mapped[str] = mapped_column(String(8), info=CLINICAL)
    raised_by_keywords: Mapped[bool] = mapped_column(default=False, info=CLINICAL)
    keywords: Mapped[Any] = mapped_column(EncryptedJson, default=list, info=CLINICAL)
    state: Mapped[str] = mapped_column(String(10), default="open", info=CLINICAL)
    owner_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    duty_role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    owner_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    acknowledged_by: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), info=INTERNAL
    )
    case_id: Mapped[int | None] = mapped_column(ForeignKey("care_case.id"), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    outcome_reason: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)

    student: Mapped[Student | None] = relationship(lazy="raise_on_sql")


class ContactPairing(Model):
    """One committee member keeps company with one student of the branch for a term."""

    __tablename__ = "contact_pairing"
    __table_args__ = (
        Index(
            "uq_contact_pairing_member",
            "member_user_id",
            "term_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True, info=INTERNAL)
    member_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), info=INTERNAL)
    term_id: Mapped[int] = mapped_column(ForeignKey("term.id"), info=INTERNAL)
    # of: economy, study, belonging, social (reference/domain.md row 2)
    difficulties: Mapped[Any] = mapped_column(Json, default=list, info=PERSONAL)
    paired_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    paired_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)

    student: Mapped[Student] = relationship(lazy="raise_on_sql")


class CareTask(Model):
    """'Keep company with X this week': no score, level, instrument or reason is in it."""

    __tablename__ = "care_task"
    __table_args__ = (
        CheckConstraint("state IN ('released','accepted','done','withdrawn')", name="state"),
        CheckConstraint("(state IN ('done','withdrawn')) = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_care_task_contact", "contact_user_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    contact_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), info=INTERNAL)
    # why it was released; never shown to the contact
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"), info=CLINICAL)
    advice: Mapped[str] = mapped_column(String(400), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="released", info=INTERNAL)
    released_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    released_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    worried: Mapped[bool | None] = mapped_column(info=CLINICAL)

    student: Mapped[Student] = relationship(lazy="raise_on_sql")


class ContactLog(Model):
    """A light log of one contact: when, how, worried or not; no diagnosis words."""

    __tablename__ = "contact_log"
    __table_args__ = (
        CheckConstraint("mode IN ('talk','together','message','call','other')", name="mode"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    pairing_id: Mapped[int | None] = mapped_column(
        ForeignKey("contact_pairing.id"), index=True, info=INTERNAL
    )
    care_task_id: Mapped[int | None] = mapped_column(
        ForeignKey("care_task.id"), index=True, info=INTERNAL
    )
    by_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    on_date: Mapped[date] = mapped_column(info=INTERNAL)
    mode: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    worried: Mapped[bool] = mapped_column(info=CLINICAL)
    logged_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Training(Model):
    """A branch contact's training of a term."""

    __tablename__ = "training"
    __table_args__ = (UniqueConstraint("user_id", "term_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    term_id: Mapped[int] = mapped_column(ForeignKey("term.id"), info=INTERNAL)
    trained_on: Mapped[date] = mapped_column(info=INTERNAL)
    recorded_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
