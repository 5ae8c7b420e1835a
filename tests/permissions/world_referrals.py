"""One side's referral, ticket and green channel."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from accounts.models import User
from foundation import clock
from referrals.models import HotlineTicket, Referral
from schools.models import Organisation, WorkdayOverride
from tests import make
from tests.people import Cast


def referrals(session: Session, people: Cast, side: Any, owner: User) -> dict[str, int]:
    # own and sibling are addressed to the cast's hospital and desk, the others to other ones
    near = side.name in {"own", "sibling"}
    hospital, desk = people.hospital, people.desk
    if not near:
        hospital = make.organisation(session, name=f"医院{side.name}", kind="hospital")
        desk = make.organisation(session, name=f"服务台{side.name}", kind="desk")
    referral = make.added(
        session,
        Referral(
            case_id=side.ids["case_id"],
            school_id=side.school.id,
            student_id=side.student.id,
            hospital_id=hospital.id,
            state="sent",
            urgency="urgent",
            letter={"facts": f"线索{side.name}"},
            letter_number=f"L-{side.name}",
            token=f"token-{side.name}",
            token_index=f"index-{side.name}",
            token_until=clock.now() + timedelta(days=30),
            owner_organisation_id=hospital.id,
            duty_role="hospital_contact",
            due_at=clock.now() + timedelta(hours=1),
            created_by=f"user:{owner.id}",
            created_at=clock.now(),
            sent_at=clock.now(),
        ),
    )
    ticket = make.added(
        session,
        HotlineTicket(
            number=f"T-{side.name}",
            desk_id=desk.id,
            intake_desk_id=desk.id,
            channel="phone",
            kind="case",
            risk=1,
            state="dispatched",
            caller_type="guardian",
            summary=f"线索{side.name}",
            owner_organisation_id=desk.id,
            duty_role="operator",
            due_at=clock.now() + timedelta(hours=4),
            first_signal_at=clock.now(),
            created_by="system:tests",
            created_at=clock.now(),
        ),
    )
    return {"referral_id": referral.id, "hotline_ticket_id": ticket.id, "hospital_id": hospital.id}


def agreed(
    session: Session, region: Organisation, school: Organisation, hospital_id: int
) -> dict[str, int]:
    """An agreement of the region above the school, and a day off of the school."""
    hospital = session.get_one(Organisation, hospital_id)
    agreement = make.green_channel(session, region=region, hospital=hospital)
    day = WorkdayOverride(
        organisation_id=school.id, day=clock.now(), workday=False, reason="运动会"
    )
    return {"agreement_id": agreement.id, "override_id": make.added(session, day).id}
