"""Alerts: what a rule raised, whom it reached, how later answers differed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.classification import CLINICAL, INTERNAL
from foundation.crypto import EncryptedJson, EncryptedText
from foundation.database import Model, UtcDateTime
from schools.models import Student


class Alert(Model):
    """A rule's finding about a student: it has an owner and a next due time until a person ends it."""

    __tablename__ = "alert"
    __table_args__ = (
        CheckConstraint("severity IN (1, 2, 3)", name="severity"),
        CheckConstraint(
            "state IN ('open','acknowledged','in_review','watch','intervene','refer',"
            "'false_alarm','cleared','closed')",
            name="state",
        ),
        CheckConstraint("origin IN ('live','paper','import','request','software')", name="origin"),
        # what is not ended has an accountable organisation, a duty role and a next due time
        CheckConstraint(
            "state IN ('false_alarm','cleared','closed') OR due_at IS NOT NULL", name="due"
        ),
        CheckConstraint(
            "(state IN ('false_alarm','cleared','closed')) = (ended_at IS NOT NULL)", name="ended"
        ),
        Index("ix_alert_queue", "school_id", "ended_at", "severity", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True, info=INTERNAL)
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaign.id"), index=True, info=INTERNAL
    )
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), info=INTERNAL)
    response_id: Mapped[int | None] = mapped_column(ForeignKey("response.id"), info=INTERNAL)
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("care_case.id"), index=True, info=INTERNAL
    )
    rule: Mapped[str] = mapped_column(String(80), info=CLINICAL)
    inputs: Mapped[Any] = mapped_column(EncryptedJson, info=CLINICAL)
    severity: Mapped[int] = mapped_column(info=CLINICAL)
    origin: Mapped[str] = mapped_column(String(8), default="live", info=INTERNAL)
    state: Mapped[str] = mapped_column(String(14), default="open", info=CLINICAL)
    owner_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    duty_role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    owner_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), index=True, info=INTERNAL
    )
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    acknowledged_by: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), info=INTERNAL
    )
    first_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    escalation_step: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_by: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    outcome_reason: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)

    student: Mapped[Student] = relationship(lazy="raise_on_sql")


# a rule speaks once for a ticket; only a call for help comes anew, when the last one has ended
STANDING = or_(Alert.origin != "request", Alert.ended_at.is_(None))
Index(
    "uq_alert_ticket_rule_standing",
    Alert.ticket_id,
    Alert.rule,
    unique=True,
    sqlite_where=STANDING,
    postgresql_where=STANDING,
)


class AlertChange(Model):
    """What happened to an alert, in order: states, owners, changed answers, notes."""

    __tablename__ = "alert_change"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    alert_id: Mapped[int] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    event: Mapped[str] = mapped_column(String(30), info=INTERNAL)
    from_state: Mapped[str | None] = mapped_column(String(14), info=INTERNAL)
    to_state: Mapped[str | None] = mapped_column(String(14), info=INTERNAL)
    detail: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class AlertReach(Model):
    """Whom a flag reached, as what, and when."""

    __tablename__ = "alert_reach"
    __table_args__ = (UniqueConstraint("alert_id", "user_id", "as_role"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), info=INTERNAL)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True, info=INTERNAL)
    as_role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    reached_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
