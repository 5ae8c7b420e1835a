"""Hospital services, referrals and their steps, 12355 tickets, clocks, pages to duty persons."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.classification import CLINICAL, INTERNAL, PERSONAL, PUBLIC
from foundation.crypto import EncryptedJson, EncryptedText
from foundation.database import Json, Model, UtcDateTime
from referrals import hotline_workflow, workflow
from schools.models import Organisation, Student


def _listed(values: Iterable[str]) -> str:
    return f"({', '.join(repr(str(v)) for v in sorted(values))})"


REFERRAL_STATES = [state.value for state in workflow.State]
TICKET_STATES = [state.value for state in hotline_workflow.State]
ENDED_REFERRAL = _listed(workflow.FINAL)
ENDED_TICKET = _listed(hotline_workflow.FINAL)


def _in(column: str, values: Iterable[str]) -> str:
    return f"{column} IN {_listed(values)}"


class HospitalService(Model):
    """What a green-channel hospital offers: departments, hours, capacity with its age."""

    __tablename__ = "hospital_service"
    __table_args__ = (
        CheckConstraint("capacity IN ('capacity','no_capacity','waitlist','ask')", name="capacity"),
    )

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True, info=PUBLIC
    )
    departments: Mapped[Any] = mapped_column(Json, default=list, info=PUBLIC)
    hours: Mapped[str] = mapped_column(String(120), default="", info=PUBLIC)
    green_phone: Mapped[str] = mapped_column(String(40), default="", info=PUBLIC)
    child_psychiatry: Mapped[bool] = mapped_column(default=False, info=PUBLIC)
    capacity: Mapped[str] = mapped_column(String(12), default="ask", info=PUBLIC)
    capacity_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class HospitalAgreement(Model):
    """What a region agreed with a hospital: while it runs, the region's schools may refer there."""

    __tablename__ = "hospital_agreement"
    __table_args__ = (
        CheckConstraint("until > starts_at", name="until"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    hospital_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True, info=INTERNAL
    )
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True, info=INTERNAL
    )
    number: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    until: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    made_by: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_by: Mapped[str | None] = mapped_column(String(60), info=INTERNAL)
    end_reason: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)

    hospital: Mapped[Organisation] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[hospital_id]
    )
    region: Mapped[Organisation] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[organisation_id]
    )

    @property
    def last_day(self) -> datetime:
        """A moment of the last day on which it holds."""
        return self.until - timedelta(minutes=1)


class Referral(Model):
    """A student's way to one hospital through the green channel; a redirect is a new referral."""

    __tablename__ = "referral"
    __table_args__ = (
        CheckConstraint(_in("state", REFERRAL_STATES), name="state"),
        CheckConstraint("urgency IN ('red','urgent','routine')", name="urgency"),
        CheckConstraint(
            "consent IS NULL OR consent IN ('granted','refused','unreachable',"
            "'guardian_suspected','danger_to_life')",
            name="consent",
        ),
        CheckConstraint(f"(state IN {ENDED_REFERRAL}) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("ended_at IS NOT NULL OR due_at IS NOT NULL", name="due"),
        Index("ix_referral_school", "school_id", "ended_at", "due_at"),
        Index("ix_referral_hospital", "hospital_id", "ended_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    case_id: Mapped[int] = mapped_column(ForeignKey("care_case.id"), index=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True, info=INTERNAL)
    hospital_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    redirect_of_id: Mapped[int | None] = mapped_column(ForeignKey("referral.id"), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(20), default="draft", info=CLINICAL)
    urgency: Mapped[str] = mapped_column(String(8), info=CLINICAL)
    # F2: reason ticks, facts, measures, protective factors, risk, medication, help asked ...
    letter: Mapped[Any] = mapped_column(EncryptedJson, info=CLINICAL)
    content_sha256: Mapped[str | None] = mapped_column(String(64), info=INTERNAL)
    letter_number: Mapped[str | None] = mapped_column(String(30), unique=True, info=INTERNAL)
    token: Mapped[str | None] = mapped_column(EncryptedText, info=INTERNAL)
    token_index: Mapped[str | None] = mapped_column(String(64), unique=True, info=INTERNAL)
    token_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    failed_tries: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    consent: Mapped[str | None] = mapped_column(String(20), info=CLINICAL)
    consent_detail: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    consent_by: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    owner_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    duty_role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    owner_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    appointment_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=CLINICAL)
    reschedules: Mapped[int] = mapped_column(default=0, server_default="0", info=INTERNAL)
    # F3: seen, outcome, advice to school, next visit ...
    reply: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    created_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)

    student: Mapped[Student] = relationship(lazy="raise_on_sql")
    hospital: Mapped[Organisation] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[hospital_id]
    )
    school: Mapped[Organisation] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[school_id]
    )

    @property
    def high_risk(self) -> bool:
        """Whether the hospital replied that the student's risk is high."""
        return (self.reply or {}).get("risk_today") == "high"


class Step:
    """The columns of one step of a history; append only."""

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    event: Mapped[str] = mapped_column(String(30), info=INTERNAL)
    from_state: Mapped[str | None] = mapped_column(String(20), info=INTERNAL)
    to_state: Mapped[str] = mapped_column(String(20), info=INTERNAL)
    reason: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    detail: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    by: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class ReferralStep(Step, Model):
    """One step of a referral's history."""

    __tablename__ = "referral_step"

    referral_id: Mapped[int] = mapped_column(
        ForeignKey("referral.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )


class HotlineTicket(Model):
    """A 12355 work order: from a call, a referral or another line, until its caller is served."""

    __tablename__ = "hotline_ticket"
    __table_args__ = (
        CheckConstraint(_in("state", TICKET_STATES), name="state"),
        CheckConstraint("kind IN ('consult','case','crisis')", name="kind"),
        CheckConstraint("risk BETWEEN 0 AND 3", name="risk"),
        CheckConstraint(f"(state IN {ENDED_TICKET}) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("ended_at IS NOT NULL OR due_at IS NOT NULL", name="due"),
        Index("ix_hotline_ticket_queue", "desk_id", "ended_at", "risk", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    number: Mapped[str] = mapped_column(String(24), unique=True, info=INTERNAL)
    desk_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    intake_desk_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    channel: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("care_case.id"), index=True, info=INTERNAL
    )
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referral.id"), info=INTERNAL)
    foreign_number: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(8), info=CLINICAL)
    category: Mapped[str | None] = mapped_column(String(20), info=CLINICAL)
    risk: Mapped[int] = mapped_column(default=0, info=CLINICAL)
    state: Mapped[str] = mapped_column(String(20), default="new", info=INTERNAL)
    anonymous: Mapped[bool] = mapped_column(default=False, info=PERSONAL)
    caller_type: Mapped[str] = mapped_column(String(12), info=PERSONAL)
    caller_name: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    # the caller's own number; a transfer never replaces it by a switchboard's
    call_back: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    summary: Mapped[str] = mapped_column(EncryptedText, info=CLINICAL)
    wish: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    location: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    consent_to_hand_on: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    owner_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    duty_role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    owner_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    returns: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    emergency_report: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=CLINICAL)
    reply: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    result: Mapped[str | None] = mapped_column(String(24), info=CLINICAL)
    rating: Mapped[int | None] = mapped_column(info=INTERNAL)
    rating_invites: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    receipt: Mapped[str | None] = mapped_column(String(60), info=INTERNAL)
    stand_down_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    first_signal_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    acknowledged_by: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), info=INTERNAL
    )
    ladder_step: Mapped[int] = mapped_column(default=-1, info=INTERNAL)
    created_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)

    desk: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True, foreign_keys=[desk_id])


class HotlineStep(Step, Model):
    """One step of a ticket's history."""

    __tablename__ = "hotline_step"

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("hotline_ticket.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )


class Clock(Model):
    """A clock of a referral or a ticket; its events are appended, due and spent follow from them."""

    __tablename__ = "clock"
    __table_args__ = (
        CheckConstraint("basis IN ('wall','business')", name="basis"),
        UniqueConstraint("subject", "kind"),
        Index("ix_clock_due", "stopped_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    subject: Mapped[str] = mapped_column(String(40), info=INTERNAL)  # "ticket:5", "referral:7"
    kind: Mapped[str] = mapped_column(String(24), info=INTERNAL)
    # whose office hours and days off count
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id"), info=INTERNAL
    )
    target_minutes: Mapped[int] = mapped_column(info=INTERNAL)
    basis: Mapped[str] = mapped_column(String(8), info=INTERNAL)
    source: Mapped[str] = mapped_column(String(200), info=INTERNAL)
    events: Mapped[Any] = mapped_column(Json, default=list, info=INTERNAL)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    result: Mapped[str | None] = mapped_column(String(8), info=INTERNAL)


class Page(Model):
    """One page of the ladder to one person; it stops only on a named acknowledgement."""

    __tablename__ = "page"
    __table_args__ = (UniqueConstraint("subject", "step", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    subject: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    step: Mapped[int] = mapped_column(info=INTERNAL)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True, info=INTERNAL)
    paged_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class LetterScan(Model):
    """Each opening of a letter's token, with what came of it."""

    __tablename__ = "letter_scan"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    referral_id: Mapped[int] = mapped_column(
        ForeignKey("referral.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    result: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
