"""Tickets, drafts, responses and scores."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.classification import CLINICAL, INTERNAL, PERSONAL
from foundation.crypto import EncryptedJson, EncryptedText
from foundation.database import Json, Model, UtcDateTime
from schools.models import Student
from screening.models.campaigns import Campaign


class Ticket(Model):
    """One student's way into one campaign; a retest is a ticket of its own."""

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint(
            "state IN ('issued','started','submitted','withdrawn','void')", name="state"
        ),
        CheckConstraint("purpose IN ('first','retest')", name="purpose"),
        CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted"),
        CheckConstraint("state != 'started' OR started_at IS NOT NULL", name="started"),
        UniqueConstraint("campaign_id", "student_id", "purpose"),
        Index("ix_ticket_board", "campaign_id", "klass_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), info=INTERNAL
    )
    student_id: Mapped[int] = mapped_column(
        ForeignKey("student.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    klass_id: Mapped[int] = mapped_column(ForeignKey("klass.id"), info=INTERNAL)
    purpose: Mapped[str] = mapped_column(String(8), default="first", info=INTERNAL)
    state: Mapped[str] = mapped_column(String(10), default="issued", info=INTERNAL)
    # why he need not answer: declined, exempt, excused, no_consent (the room sees one word for all)
    excused: Mapped[str | None] = mapped_column(String(12), info=PERSONAL)
    code: Mapped[str] = mapped_column(EncryptedText, info=INTERNAL)
    code_index: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)
    pin_hash: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)
    failed_tries: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    last_saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    # a retest opens on a later school day; None: with the window of the campaign
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # who is typing the paper sheet of this ticket; its holder cannot answer it any more
    entered_by: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)

    campaign: Mapped[Campaign] = relationship(lazy="joined", innerjoin=True)
    student: Mapped[Student] = relationship(lazy="raise_on_sql")


class TicketDevice(Model):
    """A browser that opened a ticket; the cookie's token is stored as a hash."""

    __tablename__ = "ticket_device"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class Draft(Model):
    """One answer not yet submitted; the highest seq wins."""

    __tablename__ = "draft"

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, info=INTERNAL
    )
    instrument: Mapped[str] = mapped_column(String(40), primary_key=True, info=INTERNAL)
    item: Mapped[str] = mapped_column(String(20), primary_key=True, info=INTERNAL)
    value: Mapped[str | None] = mapped_column(EncryptedText, info=CLINICAL)
    seq: Mapped[int] = mapped_column(info=INTERNAL)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Response(Model):
    """A submitted sheet: all answers as one encrypted document beside small flag columns."""

    __tablename__ = "response"
    __table_args__ = (
        CheckConstraint("origin IN ('online','paper','import')", name="origin"),
        Index("ix_response_campaign", "campaign_id", "student_id"),
        Index(
            "uq_response_import",
            "import_sha256",
            "import_row",
            unique=True,
            sqlite_where=text("import_sha256 IS NOT NULL"),
            postgresql_where=text("import_sha256 IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True, info=INTERNAL)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True, info=INTERNAL)
    # {"phq-9": {"1": 0, ...}}
    answers: Mapped[Any] = mapped_column(EncryptedJson, info=CLINICAL)
    # [{"key", "version", "checksum", "language"}]
    instruments: Mapped[Any] = mapped_column(Json, info=INTERNAL)
    seconds: Mapped[Any] = mapped_column(Json, default=dict, info=INTERNAL)
    origin: Mapped[str] = mapped_column(String(8), info=INTERNAL)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    idempotency_key: Mapped[str | None] = mapped_column(String(80), info=INTERNAL)
    receipt: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    recorded_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    import_sha256: Mapped[str | None] = mapped_column(String(64), info=INTERNAL)
    import_row: Mapped[int | None] = mapped_column(info=INTERNAL)
    consent_basis: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)
    scoring_pending: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    # quality: reasons with their figures; "retest" when two independent indices agree
    careless: Mapped[bool] = mapped_column(default=False, info=CLINICAL)
    quality: Mapped[Any] = mapped_column(EncryptedJson, default=list, info=CLINICAL)
    any_critical: Mapped[bool] = mapped_column(default=False, info=CLINICAL)
    note: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)


class Score(Model):
    """One scoring of one instrument of one sheet; scoring again adds a row."""

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("response_id", "instrument", "engine_version", "cutset"),
        Index("ix_score_campaign", "campaign_id", "instrument"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    response_id: Mapped[int] = mapped_column(
        ForeignKey("response.id", ondelete="CASCADE"), info=INTERNAL
    )
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), info=INTERNAL)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), info=INTERNAL)
    instrument: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    version: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    checksum: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    engine_version: Mapped[str] = mapped_column(String(20), info=INTERNAL)
    cutset: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    # {"scores", "bands", "flags", "reasons", "unanswered_critical"}
    result: Mapped[Any] = mapped_column(EncryptedJson, info=CLINICAL)
    valid: Mapped[bool] = mapped_column(info=CLINICAL)
    positive: Mapped[bool | None] = mapped_column(info=CLINICAL)
    critical: Mapped[bool] = mapped_column(default=False, info=CLINICAL)
    scored_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class AnswerImport(Model):
    """One run of `answers import`: the file, the map, what it counted."""

    __tablename__ = "answer_import"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    file_sha256: Mapped[str] = mapped_column(String(64), index=True, info=INTERNAL)
    campaign_name: Mapped[str] = mapped_column(String(80), info=INTERNAL)
    summary: Mapped[Any] = mapped_column(Json, info=INTERNAL)
    imported_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
