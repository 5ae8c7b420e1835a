"""Builders: one row of one kind, with everything a test does not care about filled in."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Role
from foundation import clock
from foundation.database import Model
from instruments.library import catalogue
from referrals.models import HospitalAgreement, HospitalService
from schools.models import (
    Branch,
    Grade,
    Guardian,
    Klass,
    Organisation,
    StaffRole,
    Student,
    Term,
)
from screening.models import Campaign, CampaignKlass, Consent, Sitting, Ticket
from screening.tickets import rules as tickets
from screening.tickets.queries import code_index

BY = "system:tests"
Row = TypeVar("Row", bound=Model)
numbers = count(1)


def added(session: Session, row: Row) -> Row:
    """The row with its id."""
    session.add(row)
    session.flush()
    return row


def organisation(
    session: Session,
    *,
    name: str,
    kind: str = "school",
    under: Organisation | None = None,
    stage: str | None = None,
) -> Organisation:
    """A node of the tree; a school is a junior one unless said otherwise."""
    number = next(numbers)
    made = Organisation(
        name=name,
        kind=kind,
        parent_id=under.id if under else None,
        code=f"C{number:05}",
        path=f"new-{number}",
        stage=(stage or "junior") if kind == "school" else None,
    )
    added(session, made)
    made.path = f"{under.path if under else '/'}{made.id}/"
    session.flush()
    return made


def term(session: Session, *, at: Organisation, school_year: str = "2026-2027") -> Term:
    """The first term of the school year."""
    year = int(school_year[:4])
    return added(
        session,
        Term(
            organisation_id=at.id,
            school_year=school_year,
            number=1,
            starts_on=date(year, 9, 1),
            ends_on=date(year + 1, 1, 20),
        ),
    )


def grade(session: Session, *, school: Organisation, name: str = "七年级") -> Grade:
    """A grade."""
    return added(session, Grade(school_id=school.id, name=name, entry_year=2026))


def klass(session: Session, *, school: Organisation, grade: Grade, name: str = "1班") -> Klass:
    """A class with a League branch of the same name."""
    branch = added(session, Branch(school_id=school.id, name=f"{grade.name}{name}团支部"))
    return added(
        session, Klass(school_id=school.id, grade_id=grade.id, branch_id=branch.id, name=name)
    )


def student(session: Session, *, klass: Klass, name: str = "学生", **values: Any) -> Student:
    """An enrolled student, born in 2013, whose number ends with four digits."""
    number = next(numbers)
    filled: dict[str, Any] = {
        "sex": "fm"[number % 2],
        "birth_date": date(2013, 1 + number % 12, 1 + number % 28),
        "student_number": f"2026{number:06}",
        "created_at": clock.now(),
    }
    return added(
        session,
        Student(school_id=klass.school_id, klass_id=klass.id, name=name, **(filled | values)),
    )


def guardian(session: Session, *, of: Student, name: str = "家长", **values: Any) -> Guardian:
    """A guardian who can be reached."""
    filled: dict[str, Any] = {"relation": "母亲", "phone": "13900000000"}
    return added(session, Guardian(student_id=of.id, name=name, **(filled | values)))


def user(session: Session, *, name: str, username: str | None = None, **values: Any) -> User:
    """Somebody who can sign in through sign_in(); as a demo account he needs no second factor."""
    filled: dict[str, Any] = {"demo": True, "created_at": clock.now()}
    username = username or f"user{next(numbers)}"
    return added(session, User(username=username, name=name, **(filled | values)))


def role(
    session: Session,
    *,
    of: User,
    role: Role,
    at: Organisation,
    klass: Klass | None = None,
    branch_id: int | None = None,
    student: Student | None = None,
) -> StaffRole:
    """What the user is for the organisation, a class or a branch of it."""
    return added(
        session,
        StaffRole(
            user_id=of.id,
            organisation_id=at.id,
            role=role.value,
            klass_id=klass.id if klass else None,
            branch_id=branch_id,
            student_id=student.id if student else None,
            granted_by=BY,
            granted_at=clock.now(),
        ),
    )


def campaign(
    session: Session,
    *,
    school: Organisation,
    klasses: Sequence[Klass] = (),
    instruments: Sequence[str] = ("phq-9", "gad-7"),
    name: str = "2026年秋季测评",
    **values: Any,
) -> Campaign:
    """An approved campaign that opened an hour ago and closes in three hours."""
    filled: dict[str, Any] = {
        "state": "approved",
        "opens_at": clock.now() - timedelta(hours=1),
        "closes_at": clock.now() + timedelta(hours=3),
        "instruments": [chosen(key) for key in instruments],
        "created_by": BY,
        "created_at": clock.now(),
    }
    made = added(session, Campaign(school_id=school.id, name=name, **(filled | values)))
    for each in klasses:
        added(session, CampaignKlass(campaign_id=made.id, klass_id=each.id))
    return made


def chosen(key: str) -> dict[str, Any]:
    """An instrument as a campaign keeps it."""
    found = catalogue.get(key)
    return {
        "key": key,
        "version": found.version,
        "checksum": found.checksum,
        "cutset": None,
        "from_band": None,
        "language": "zh",
    }


def sitting(session: Session, *, of: Campaign, klass: Klass, **values: Any) -> Sitting:
    """A class sitting that is under way."""
    filled: dict[str, Any] = {
        "starts_at": clock.now() - timedelta(minutes=5),
        "ends_at": clock.now() + timedelta(minutes=40),
    }
    return added(session, Sitting(campaign_id=of.id, klass_id=klass.id, **(filled | values)))


def consent(session: Session, *, to: Campaign, by: Student, **values: Any) -> Consent:
    """The guardian agreed on paper."""
    filled: dict[str, Any] = {
        "party": "guardian",
        "decision": "granted",
        "method": "paper",
        "text_version": "1",
        "recorded_by": BY,
        "recorded_at": clock.now(),
    }
    return added(session, Consent(campaign_id=to.id, student_id=by.id, **(filled | values)))


def ticket(session: Session, *, of: Campaign, student: Student, **values: Any) -> Ticket:
    """The student's way in; its readable code is `ticket.code`."""
    code = tickets.new_code()
    filled: dict[str, Any] = {
        "klass_id": student.klass_id,
        "code": code,
        "code_index": code_index(code),
        "created_at": clock.now(),
    }
    return added(session, Ticket(campaign_id=of.id, student_id=student.id, **(filled | values)))


def green_channel(
    session: Session, *, region: Organisation, hospital: Organisation
) -> HospitalAgreement:
    """A hospital with room for children, and the region's agreement with it."""
    if session.get(HospitalService, hospital.id) is None:
        service = HospitalService(
            organisation_id=hospital.id,
            departments=["儿童青少年精神科"],
            green_phone="0000-1200",
            child_psychiatry=True,
            capacity="capacity",
            capacity_at=clock.now() - timedelta(hours=3),
        )
        added(session, service)
    agreement = HospitalAgreement(
        hospital_id=hospital.id,
        organisation_id=region.id,
        number="XY-1",
        starts_at=clock.now() - timedelta(days=30),
        until=clock.now() + timedelta(days=300),
        made_by="system:tests",
        made_at=clock.now(),
    )
    return added(session, agreement)
