"""The cast of every referral test: the people, an open case, two hospitals of the green channel."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from foundation import clock, database
from schools.models import Organisation
from screening.models import Case
from tests import make
from tests.people import Cast, cast

FORM = {
    "urgency": "routine",
    "reasons": ["interview"],
    "facts": "两周来睡不好，不愿进教室。",
    "scores": [],
    "risk_plan": "no",
    "risk_means": "no",
    "risk_attempt": "unknown",
    "measures": "",
    "protective": "",
    "medication": "",
    "abuse_report": "",
    "help": "",
    "feedback": "advice",
    "escort": "",
    "counselor": "陈老师",
}


@dataclass(frozen=True)
class World:
    """Everybody, Lin's open case and her mother, and the second hospital."""

    people: Cast
    case: Case
    mother_id: int
    second_hospital: Organisation

    def letter(self, **changes: Any) -> dict[str, Any]:
        """What a counselor writes into F2."""
        return {**FORM, **changes}


@pytest.fixture
def world(db: str | None, frozen: Any) -> World:
    """A Monday morning on which Lin's case is open."""
    with database.writing() as session:
        people = cast(session)
        people.lin.birth_date = date(2013, 5, 6)
        session.merge(people.lin)
        mother = make.guardian(session, of=people.lin, name="林妈妈")
        second = make.organisation(
            session, name="望海市精神卫生中心", kind="hospital", under=people.other_city
        )
        for hospital in (people.hospital, second):
            make.green_channel(session, region=people.province, hospital=hospital)
        case = Case(
            school_id=people.school.id,
            student_id=people.lin.id,
            owner_organisation_id=people.school.id,
            duty_role="counselor",
            owner_user_id=people.counselor.id,
            due_at=clock.now() + timedelta(days=1),
            created_by="system:tests",
            created_at=clock.now(),
        )
        session.add(case)
        session.flush()
        return World(people, case, mother.id, second)
