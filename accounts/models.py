"""Users, their server-side sessions and invitations."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.classification import INTERNAL, PERSONAL
from foundation.crypto import EncryptedText
from foundation.database import Model, UtcDateTime


class User(Model):
    """A person who signs in; what he may do is in schools.models.StaffRole."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    username: Mapped[str] = mapped_column(String(60), unique=True, info=PERSONAL)
    name: Mapped[str] = mapped_column(String(60), info=PERSONAL)
    password_hash: Mapped[str | None] = mapped_column(String(200), info=INTERNAL)
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText, info=INTERNAL)
    totp_last_step: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    phone: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True, info=INTERNAL)
    demo: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    locale: Mapped[str] = mapped_column(String(8), default="zh", info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class SignInThrottle(Model):
    """Failed sign-ins of one name, known or not, so that the two look alike."""

    __tablename__ = "sign_in_throttle"

    name_index: Mapped[str] = mapped_column(String(64), primary_key=True, info=PERSONAL)
    failures: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class SignInSession(Model):
    """An opaque server-side session: only the hash of its token is stored."""

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Invitation(Model):
    """A one-time way in for a member of staff, valid 72 hours."""

    __tablename__ = "invitation"
    __table_args__ = (Index("ix_invitation_open", "organisation_id", "used_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)
    organisation_id: Mapped[int] = mapped_column(info=INTERNAL)
    role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    klass_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    branch_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    student_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    name: Mapped[str] = mapped_column(String(60), info=PERSONAL)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class Recovery(Model):
    """A one-time way back in for somebody who lost his password or his authenticator."""

    __tablename__ = "recovery"

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    made_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
