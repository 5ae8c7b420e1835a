"""What has been taken out of the system: by whom, why, and the mark that stands in the file."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.classification import INTERNAL
from foundation.crypto import EncryptedText
from foundation.database import Model, UtcDateTime


class Export(Model):
    """One file that left; the audit row names this row and holds no free text."""

    __tablename__ = "export"
    __table_args__ = (
        CheckConstraint("kind IN ('results','region','tickets')", name="kind"),
        CheckConstraint("row_count >= 0", name="row_count"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True, info=INTERNAL
    )
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaign.id", ondelete="SET NULL"), info=INTERNAL
    )
    kind: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    format: Mapped[str] = mapped_column(String(4), info=INTERNAL)
    row_count: Mapped[int] = mapped_column(info=INTERNAL)
    # stands in every row of the file: a file found elsewhere leads back here
    mark: Mapped[str] = mapped_column(String(16), unique=True, info=INTERNAL)
    reason: Mapped[str] = mapped_column(EncryptedText, info=INTERNAL)
    taken_by: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
