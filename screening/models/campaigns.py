"""Campaigns, whom they reach, who approved them, consent, class sittings, licensed wording."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.classification import INTERNAL, PERSONAL
from foundation.crypto import EncryptedText
from foundation.database import Json, Model, UtcDateTime
from schools.models import Klass, Organisation


class Campaign(Model):
    """One screening of one school in one window; whether it is open now follows from the clock."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','awaiting_approval','approved','closed','cancelled')", name="state"
        ),
        CheckConstraint("opens_at < closes_at", name="window"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        UniqueConstraint("school_id", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True, info=INTERNAL)
    term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"), info=INTERNAL)
    name: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(20), default="draft", info=INTERNAL)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    # [{"key", "version", "checksum", "cutset", "from_band"}] as approved
    instruments: Mapped[Any] = mapped_column(Json, info=INTERNAL)
    # {"positive_share", "flags", "critical", "interview_minutes", "hours_needed", "hours_had"}
    forecast: Mapped[Any] = mapped_column(Json, default=dict, info=INTERNAL)
    sensitive_approved_by: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id"), info=INTERNAL
    )
    sensitive_reason: Mapped[str | None] = mapped_column(String(400), info=INTERNAL)
    consent_rule: Mapped[Any] = mapped_column(Json, default=dict, info=INTERNAL)
    origin: Mapped[str] = mapped_column(String(10), default="online", info=INTERNAL)
    note: Mapped[str | None] = mapped_column(String(400), info=INTERNAL)
    created_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)

    school: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class CampaignApproval(Model):
    """One approval; a campaign opens after two persons of different roles."""

    __tablename__ = "campaign_approval"
    __table_args__ = (
        UniqueConstraint("campaign_id", "user_id"),
        UniqueConstraint("campaign_id", "role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), info=INTERNAL
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class CampaignKlass(Model):
    """A class that takes part."""

    __tablename__ = "campaign_klass"

    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True, info=INTERNAL
    )
    klass_id: Mapped[int] = mapped_column(
        ForeignKey("klass.id"), primary_key=True, index=True, info=INTERNAL
    )

    klass: Mapped[Klass] = relationship(lazy="joined", innerjoin=True)


class Sitting(Model):
    """A class sitting: a room, a slot, who invigilates; its code opens only while it runs."""

    __tablename__ = "sitting"
    __table_args__ = (UniqueConstraint("campaign_id", "klass_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    klass_id: Mapped[int] = mapped_column(ForeignKey("klass.id"), info=INTERNAL)
    number: Mapped[int] = mapped_column(default=1, info=INTERNAL)  # 2.. = make-up sitting
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    room: Mapped[str | None] = mapped_column(String(60), info=INTERNAL)
    invigilator_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    class_code: Mapped[str | None] = mapped_column(String(12), unique=True, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class Consent(Model):
    """One decision of one party about one campaign; never overwritten, the latest counts."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("party IN ('guardian','student')", name="party"),
        CheckConstraint(
            "decision IN ('granted','declined','withdrawn','retracted')", name="decision"
        ),
        CheckConstraint("method IN ('letter','link','paper','phone','online')", name="method"),
        Index("ix_consent_campaign_student", "campaign_id", "student_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), info=INTERNAL
    )
    student_id: Mapped[int] = mapped_column(
        ForeignKey("student.id", ondelete="CASCADE"), info=PERSONAL
    )
    party: Mapped[str] = mapped_column(String(10), info=PERSONAL)
    guardian_id: Mapped[int | None] = mapped_column(
        ForeignKey("guardian.id", ondelete="SET NULL"), info=PERSONAL
    )
    signed_name: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    decision: Mapped[str] = mapped_column(String(10), info=PERSONAL)
    method: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    text_version: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    reason: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    recorded_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class WordingLicence(Model):
    """Wording that an organisation may use under a licence of its own, with its end."""

    __tablename__ = "wording_licence"
    __table_args__ = (UniqueConstraint("organisation_id", "key", "version", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    key: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    version: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    language: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    holder: Mapped[str] = mapped_column(String(120), info=INTERNAL)
    number: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    expires_on: Mapped[date] = mapped_column(info=INTERNAL)
    document: Mapped[str] = mapped_column(EncryptedText, info=INTERNAL)
    imported_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
