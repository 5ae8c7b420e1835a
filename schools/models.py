"""Organisation tree, terms, classes, branches, students, guardians, staff roles, duty, roster."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import User
from foundation.classification import INTERNAL, PERSONAL, PUBLIC
from foundation.crypto import EncryptedJson, EncryptedText
from foundation.database import Json, Model, UtcDateTime


class OrganisationKind(StrEnum):
    NATION = "nation"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    DESK = "desk"


class Stage(StrEnum):
    JUNIOR = "junior"
    SENIOR = "senior"
    VOCATIONAL = "vocational"
    HIGHER = "higher"


class StudentStatus(StrEnum):
    ENROLLED = "enrolled"
    LEFT = "left"
    GRADUATED = "graduated"


class IdentifierKind(StrEnum):
    XUEJI = "xueji"  # national registration number
    ID_CARD = "id_card"
    EXAM = "exam"
    OTHER = "other"


class GuardianStatus(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    DECEASED = "deceased"
    SUSPECTED = "suspected"  # suspected of harming the child: never told, never asked


def one_of(column: str, kinds: type[StrEnum]) -> str:
    """CHECK text that keeps a string column to an enum's values."""
    return f"{column} IN ({', '.join(repr(k.value) for k in kinds)})"


class Organisation(Model):
    """A node of nation > province > city > county > school; hospitals and desks hang in it too."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(one_of("kind", OrganisationKind), name="kind"),
        CheckConstraint("(kind = 'school') = (stage IS NOT NULL)", name="school_has_stage"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), info=PUBLIC)
    kind: Mapped[str] = mapped_column(String(12), info=PUBLIC)
    # "/1/4/9/": a prefix test is the whole scope rule, on both databases
    path: Mapped[str] = mapped_column(String(120), unique=True, info=PUBLIC)
    code: Mapped[str] = mapped_column(String(20), unique=True, info=PUBLIC)
    name: Mapped[str] = mapped_column(String(80), info=PUBLIC)
    stage: Mapped[str | None] = mapped_column(String(12), info=PUBLIC)
    phone: Mapped[str | None] = mapped_column(String(40), info=PUBLIC)
    active: Mapped[bool] = mapped_column(default=True, info=PUBLIC)


class Setting(Model):
    """A versioned setting of one organisation; the nearest ancestor's current value applies."""

    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("organisation_id", "key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    key: Mapped[str] = mapped_column(String(60), info=INTERNAL)
    version: Mapped[int] = mapped_column(info=INTERNAL)
    value: Mapped[Any] = mapped_column(Json, info=INTERNAL)
    source: Mapped[str] = mapped_column(String(200), info=INTERNAL)
    set_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Term(Model):
    """One term of a school year, as a region or a school sets it."""

    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("organisation_id", "school_year", "number"),
        CheckConstraint("starts_on < ends_on", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=PUBLIC)
    school_year: Mapped[str] = mapped_column(String(9), info=PUBLIC)  # "2026-2027"
    number: Mapped[int] = mapped_column(info=PUBLIC)
    starts_on: Mapped[date] = mapped_column(info=PUBLIC)
    ends_on: Mapped[date] = mapped_column(info=PUBLIC)


class SchoolYearStart(Model):
    """The day on which a school moved its classes up, with everything that it needs to go back."""

    __tablename__ = "school_year_start"
    __table_args__ = (
        Index(
            "uq_school_year_start_standing",
            "school_id",
            "school_year",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    school_year: Mapped[str] = mapped_column(String(9), info=INTERNAL)  # "2027-2028"
    # {"grades": [[id, from, to]], "klasses": [id], "students": [id], "roles": [id]}
    changes: Mapped[Any] = mapped_column(Json, info=INTERNAL)
    done_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    done_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    undone_by: Mapped[str | None] = mapped_column(String(40), info=INTERNAL)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class Grade(Model):
    """A grade of a school, or a department of a university."""

    __tablename__ = "grade"
    __table_args__ = (UniqueConstraint("school_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=PUBLIC)
    name: Mapped[str] = mapped_column(String(60), info=PUBLIC)
    department: Mapped[bool] = mapped_column(default=False, info=PUBLIC)
    entry_year: Mapped[int | None] = mapped_column(info=PUBLIC)


class Branch(Model):
    """A League branch; usually one class, sometimes several merged ones."""

    __tablename__ = "branch"
    __table_args__ = (UniqueConstraint("school_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=PUBLIC)
    name: Mapped[str] = mapped_column(String(60), info=PUBLIC)


class Klass(Model):
    """A class; every student sits in one."""

    __tablename__ = "klass"
    __table_args__ = (UniqueConstraint("school_id", "grade_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True, info=PUBLIC)
    grade_id: Mapped[int] = mapped_column(ForeignKey("grade.id"), info=PUBLIC)
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"), info=PUBLIC)
    name: Mapped[str] = mapped_column(String(60), info=PUBLIC)
    active: Mapped[bool] = mapped_column(default=True, info=PUBLIC)

    grade: Mapped[Grade] = relationship(lazy="joined", innerjoin=True)
    school: Mapped[Organisation] = relationship(lazy="raise_on_sql")


class Student(Model):
    """A student; names and numbers stay readable for search, other identifiers are encrypted."""

    __tablename__ = "student"
    __table_args__ = (
        CheckConstraint(one_of("status", StudentStatus), name="status"),
        CheckConstraint("sex IS NULL OR sex IN ('f', 'm')", name="sex"),
        Index("ix_student_klass_status", "klass_id", "status"),
        Index("ix_student_school_number", "school_id", "student_number"),
        Index("ix_student_school_pinyin", "school_id", "pinyin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    school_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    klass_id: Mapped[int] = mapped_column(ForeignKey("klass.id"), info=INTERNAL)
    name: Mapped[str] = mapped_column(String(60), info=PERSONAL)
    pinyin: Mapped[str] = mapped_column(String(120), default="", info=PERSONAL)
    initials: Mapped[str] = mapped_column(String(30), default="", info=PERSONAL)
    sex: Mapped[str | None] = mapped_column(String(1), info=PERSONAL)
    birth_date: Mapped[date | None] = mapped_column(info=PERSONAL)
    student_number: Mapped[str | None] = mapped_column(String(40), info=PERSONAL)
    boarding: Mapped[bool | None] = mapped_column(info=PERSONAL)
    status: Mapped[str] = mapped_column(
        String(10), default=StudentStatus.ENROLLED.value, info=INTERNAL
    )
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    klass: Mapped[Klass] = relationship(lazy="raise_on_sql")
    school: Mapped[Organisation] = relationship(lazy="raise_on_sql")


class StudentIdentifier(Model):
    """One of a student's official numbers: encrypted, found by its blind index."""

    __tablename__ = "student_identifier"
    __table_args__ = (
        CheckConstraint(one_of("kind", IdentifierKind), name="kind"),
        Index("ix_student_identifier_blind", "kind", "blind_index"),
        UniqueConstraint("student_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    student_id: Mapped[int] = mapped_column(
        ForeignKey("student.id", ondelete="CASCADE"), info=INTERNAL
    )
    kind: Mapped[str] = mapped_column(String(10), info=INTERNAL)
    value: Mapped[str] = mapped_column(EncryptedText, info=PERSONAL)
    blind_index: Mapped[str] = mapped_column(String(64), info=PERSONAL)


class Guardian(Model):
    """A guardian of one student."""

    __tablename__ = "guardian"
    __table_args__ = (CheckConstraint(one_of("status", GuardianStatus), name="status"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    student_id: Mapped[int] = mapped_column(
        ForeignKey("student.id", ondelete="CASCADE"), index=True, info=INTERNAL
    )
    name: Mapped[str] = mapped_column(EncryptedText, info=PERSONAL)
    relation: Mapped[str] = mapped_column(String(20), info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(EncryptedText, info=PERSONAL)
    status: Mapped[str] = mapped_column(
        String(10), default=GuardianStatus.PRESENT.value, info=PERSONAL
    )


class StaffRole(Model):
    """A role that a person holds for one organisation, a class or a branch."""

    __tablename__ = "staff_role"
    __table_args__ = (
        # one person, one of the three administrators: the database itself refuses a second
        Index(
            "uq_staff_role_one_admin",
            "user_id",
            unique=True,
            sqlite_where=text(
                "role IN ('system_admin','security_admin','audit_admin') AND ended_at IS NULL"
            ),
            postgresql_where=text(
                "role IN ('system_admin','security_admin','audit_admin') AND ended_at IS NULL"
            ),
        ),
        Index("ix_staff_role_user", "user_id", "ended_at"),
        Index("ix_staff_role_organisation", "organisation_id", "role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    role: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    klass_id: Mapped[int | None] = mapped_column(ForeignKey("klass.id"), info=INTERNAL)
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"), info=INTERNAL)
    # the person himself, where a student holds the role
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"), info=INTERNAL)
    granted_by: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class DutySlot(Model):
    """Weekly hours in which a person is on duty for an organisation, in order of call."""

    __tablename__ = "duty_slot"
    __table_args__ = (
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        Index("ix_duty_slot_organisation", "organisation_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    position: Mapped[int] = mapped_column(info=INTERNAL)
    weekdays: Mapped[int] = mapped_column(default=127, info=INTERNAL)  # bit 0 = Monday
    starts_at: Mapped[time] = mapped_column(info=INTERNAL)
    ends_at: Mapped[time] = mapped_column(info=INTERNAL)  # equal to starts_at: the whole day
    valid_from: Mapped[date | None] = mapped_column(info=INTERNAL)
    valid_to: Mapped[date | None] = mapped_column(info=INTERNAL)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class WorkdayOverride(Model):
    """A day that an administrator set to be a workday or a day off."""

    __tablename__ = "workday_override"

    id: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=PUBLIC)
    day: Mapped[datetime] = mapped_column(UtcDateTime, info=PUBLIC)
    workday: Mapped[bool] = mapped_column(info=PUBLIC)
    reason: Mapped[str] = mapped_column(String(120), info=PUBLIC)


class RosterImport(Model):
    """One uploaded roster file and what became of it."""

    __tablename__ = "roster_import"
    __table_args__ = (
        CheckConstraint("state IN ('previewed','committed','undone','cancelled')", name="state"),
        CheckConstraint(
            "(state IN ('committed','undone')) = (committed_at IS NOT NULL)", name="committed"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), info=INTERNAL)
    file_name: Mapped[str] = mapped_column(String(200), info=INTERNAL)
    file_sha256: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    state: Mapped[str] = mapped_column(String(12), default="previewed", info=INTERNAL)
    headers: Mapped[Any] = mapped_column(Json, info=INTERNAL)
    counts: Mapped[Any] = mapped_column(Json, info=INTERNAL)
    warnings: Mapped[Any] = mapped_column(Json, default=list, info=INTERNAL)
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"), info=INTERNAL)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    committed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class RosterRow(Model):
    """One row of an uploaded file: what it says, what it would change, how to undo it."""

    __tablename__ = "roster_row"
    __table_args__ = (Index("ix_roster_row_import_kind", "import_id", "kind", "row_number"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    import_id: Mapped[int] = mapped_column(
        ForeignKey("roster_import.id", ondelete="CASCADE"), info=INTERNAL
    )
    row_number: Mapped[int] = mapped_column(info=INTERNAL)  # the number the user sees
    kind: Mapped[str] = mapped_column(String(12), info=INTERNAL)
    school_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    student_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    student_version: Mapped[int | None] = mapped_column(info=INTERNAL)
    cells: Mapped[Any] = mapped_column(EncryptedJson, info=PERSONAL)
    wanted: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=PERSONAL)
    before: Mapped[Any] = mapped_column(EncryptedJson, nullable=True, info=PERSONAL)
    errors: Mapped[Any] = mapped_column(Json, default=list, info=INTERNAL)
    done: Mapped[str | None] = mapped_column(String(12), info=INTERNAL)
