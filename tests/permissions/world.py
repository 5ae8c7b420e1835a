"""Four mirrored sides of one world: own class, sibling class, other school, other city.

Each side holds one record of every kind with a canary string of its own, so that a page which
shows a record of a side it should not show is caught by the canary alone.
"""

from dataclasses import dataclass, field
from datetime import time, timedelta

from sqlalchemy.orm import Session

from accounts.actions import invite
from accounts.models import User
from accounts.policy import Actor, Role
from foundation import audit, clock
from foundation.push import PushChannel
from schools.actions import add_duty
from schools.models import (
    Klass,
    Organisation,
    RosterImport,
    StaffRole,
    Student,
)
from screening.league.concern_queries import CALLED
from screening.models import (
    Alert,
    AlertReach,
    CareTask,
    Case,
    Concern,
    ContactPairing,
    FollowUp,
    Handover,
    Interview,
    Response,
)
from tests import make
from tests.people import Cast, cast
from tests.permissions.world_referrals import agreed, referrals

BY = Actor.system("tests")
COUNTED = ("new", "changed", "moved", "leaving", "duplicate", "refused", "unchanged")
SIDES = ("own", "sibling", "other_school", "other_city")


@dataclass
class Side:
    """The ids of one side by parameter name, and the words that give it away."""

    name: str
    school: Organisation
    klass: Klass
    student: Student
    canaries: list[str]
    ids: dict[str, int] = field(default_factory=dict)


@dataclass
class World:
    """Everybody, and the four sides by name."""

    people: Cast
    users: dict[str, User]
    sides: dict[str, Side]


def build(session: Session) -> World:
    """Writes the whole world into the unit that is open."""
    people = cast(session)
    near = make.organisation(session, name="近邻中学", under=people.county)
    near_klass = make.klass(
        session, school=near, grade=make.grade(session, school=near), name="1班"
    )
    places = {
        "own": (people.school, people.klass_1),
        "sibling": (people.school, people.klass_2),
        "other_school": (near, near_klass),
        "other_city": (people.other_school, people.other_klass),
    }
    sides = {
        name: _side(session, people, name, school, klass)
        for name, (school, klass) in places.items()
    }
    return World(people, _users(session, people), sides)


def _users(session: Session, people: Cast) -> dict[str, User]:
    """One user per role, the narrowed ones for the own class."""
    viewer = make.user(session, name="区教育局", username="county-viewer")
    make.role(session, of=viewer, role=Role.COUNTY_VIEWER, at=people.county)
    duty = make.user(session, name="值班", username="duty-person")
    make.role(session, of=duty, role=Role.DUTY_PERSON, at=people.school)
    adviser = make.user(session, name="指导老师", username="own-adviser")
    make.role(
        session,
        of=adviser,
        role=Role.BRANCH_ADVISER,
        at=people.school,
        branch_id=people.klass_1.branch_id,
    )
    return {
        "counselor": people.counselor,
        "supervising_counselor": people.supervising_counselor,
        "school_lead": people.school_lead,
        "school_admin": people.school_admin,
        "homeroom": people.homeroom,
        "school_league_secretary": people.secretary,
        "branch_contact": people.contact,
        "branch_adviser": adviser,
        "duty_person": duty,
        "hospital_contact": people.hospital_contact,
        "operator": people.operator,
        "supervisor": people.supervisor,
        "county_viewer": viewer,
        "city_viewer": people.city_viewer,
        "province_viewer": people.province_viewer,
        "system_admin": people.system_admin,
        "security_admin": people.security_admin,
        "audit_admin": people.audit_admin,
    }


def _side(session: Session, people: Cast, name: str, school: Organisation, klass: Klass) -> Side:
    student = make.student(session, klass=klass, name=f"丝雀{name}")
    side = Side(name, school, klass, student, [student.name, f"线索{name}"])
    owner = people.counselor if school.id == people.school.id else people.other_counselor
    for maker in (_screening, _care, _league, referrals, _offices):
        side.ids |= maker(session, people, side, owner)
    return side


def _screening(session: Session, people: Cast, side: Side, owner: User) -> dict[str, int]:
    klasses = [side.klass]
    opens_at = clock.now() - timedelta(days=1)
    campaign = make.campaign(
        session,
        school=side.school,
        klasses=klasses,
        name=f"测评{side.name}",
        state="approved",
        opens_at=opens_at,
        closes_at=opens_at + timedelta(days=10),
        forecast={"students": 1, "minutes": 30, "loads": []},
    )
    ticket = make.ticket(
        session,
        of=campaign,
        student=side.student,
        state="submitted",
        started_at=opens_at,
        submitted_at=clock.now(),
    )
    response = make.added(
        session,
        Response(
            ticket_id=ticket.id,
            campaign_id=campaign.id,
            student_id=side.student.id,
            answers={"phq-9": {str(item): 2 for item in range(1, 10)}},
            instruments=campaign.instruments,
            origin="online",
            answered_at=clock.now(),
            submitted_at=clock.now(),
            receipt="R",
            recorded_by=f"ticket:{ticket.id}",
        ),
    )
    alert = make.added(
        session,
        Alert(
            school_id=side.school.id,
            student_id=side.student.id,
            campaign_id=campaign.id,
            ticket_id=ticket.id,
            response_id=response.id,
            rule="phq-9:item-9",
            inputs={"item": "9", "value": 2, "note": f"线索{side.name}"},
            severity=3,
            owner_organisation_id=side.school.id,
            duty_role="counselor",
            owner_user_id=owner.id,
            due_at=clock.now() + timedelta(minutes=30),
            created_at=clock.now(),
        ),
    )
    if side.name == "own":
        _called(session, alert, people.operator)
    sitting = make.sitting(session, of=campaign, klass=side.klass)
    return {
        "campaign_id": campaign.id,
        "klass_id": side.klass.id,
        "student_id": side.student.id,
        "response_id": response.id,
        "alert_id": alert.id,
        "sitting_id": sitting.id,
        "take_ticket_id": ticket.id,
    }


def _called(session: Session, alert: Alert, user: User) -> None:
    """Nobody of the school was on duty, so the desk was called."""
    as_role, now = Role.DUTY_PERSON.value, clock.now()
    row = AlertReach(alert_id=alert.id, user_id=user.id, as_role=as_role, reached_at=now)
    make.added(session, row)


def _care(session: Session, people: Cast, side: Side, owner: User) -> dict[str, int]:
    case = make.added(
        session,
        Case(
            school_id=side.school.id,
            student_id=side.student.id,
            state="open",
            owner_organisation_id=side.school.id,
            duty_role="counselor",
            owner_user_id=owner.id,
            due_at=clock.now() + timedelta(days=1),
            plan={"goals": [f"线索{side.name}"]},
            created_at=clock.now(),
            created_by="system:tests",
        ),
    )
    interview = make.added(
        session,
        Interview(
            school_id=side.school.id,
            student_id=side.student.id,
            case_id=case.id,
            author_id=owner.id,
            held_at=clock.now(),
            record={"facts": f"线索{side.name}"},
            created_at=clock.now(),
        ),
    )
    follow_up = make.added(
        session,
        FollowUp(
            case_id=case.id,
            kind="talk",
            what=f"线索{side.name}",
            owner_user_id=owner.id,
            due_at=clock.now() + timedelta(days=2),
            created_at=clock.now(),
        ),
    )
    handover = make.added(
        session,
        Handover(
            school_id=side.school.id,
            from_user_id=owner.id,
            to_user_id=people.school_lead.id,
            note=f"线索{side.name}",
            offered_at=clock.now() + timedelta(seconds=len(side.name)),
        ),
    )
    guardian = make.guardian(session, of=side.student, name=f"线索{side.name}")
    return {
        "guardian_id": guardian.id,
        "case_id": case.id,
        "interview_id": interview.id,
        "follow_up_id": follow_up.id,
        "row_id": follow_up.id,
        "handover_id": handover.id,
    }


def _league(session: Session, people: Cast, side: Side, owner: User) -> dict[str, int]:
    member = make.user(session, name=f"委员{side.name}", username=f"member-{side.name}")
    contact = make.role(
        session,
        of=member,
        role=Role.BRANCH_CONTACT,
        at=side.school,
        branch_id=side.klass.branch_id,
    )
    term = make.term(session, at=side.school, school_year=f"20{SIDES.index(side.name) + 26}-2099")
    concern = make.added(
        session,
        Concern(
            school_id=side.school.id,
            student_id=side.student.id,
            reporter_user_id=member.id,
            client_key=side.name,
            facts=f"线索{side.name}",
            urgency="urgent",
            owner_organisation_id=side.school.id,
            duty_role="counselor",
            owner_user_id=owner.id,
            due_at=clock.now() + timedelta(days=1),
            created_at=clock.now(),
        ),
    )
    if side.name == "own":
        called = {"user": people.operator.id}
        subject, school_id = f"concern:{concern.id}", side.school.id
        audit.record(
            session, CALLED, by="t", organisation_id=school_id, subject=subject, details=called
        )
    pairing = make.added(
        session,
        ContactPairing(
            school_id=side.school.id,
            branch_id=side.klass.branch_id or 0,
            member_user_id=member.id,
            student_id=side.student.id,
            term_id=term.id,
            paired_by="system:tests",
            paired_at=clock.now(),
        ),
    )
    task = make.added(
        session,
        CareTask(
            school_id=side.school.id,
            contact_user_id=member.id,
            student_id=side.student.id,
            advice="陪伴",
            released_by="system:tests",
            released_at=clock.now(),
            due_at=clock.now() + timedelta(days=7),
        ),
    )
    return {
        "concern_id": concern.id,
        "pairing_id": pairing.id,
        "task_id": task.id,
        "care_task_id": task.id,
        "user_id": member.id,
        "contact_id": contact.id,
        "member_id": contact.id,
    }


def _offices(session: Session, people: Cast, side: Side, owner: User) -> dict[str, int]:
    made = make.added(
        session,
        RosterImport(
            organisation_id=side.school.id,
            file_name=f"线索{side.name}.csv",
            file_sha256="0" * 64,
            headers=[],
            counts=dict.fromkeys(COUNTED, 0),
            uploaded_by=owner.id,
            uploaded_at=clock.now(),
        ),
    )
    invitation, _token = invite(
        session, by=BY, organisation_id=side.school.id, role=Role.HOMEROOM, name=f"客{side.name}"
    )
    held = make.user(session, name=f"职员{side.name}", username=f"staff-{side.name}")
    role: StaffRole = make.role(session, of=held, role=Role.SCHOOL_LEAD, at=side.school)
    channel = make.added(
        session,
        PushChannel(user_id=held.id, kind="email", address="a@example.org", created_at=clock.now()),
    )
    slot = add_duty(
        session,
        by=BY,
        organisation=side.school,
        user=held,
        position=1,
        starts_at=time(0),
        ends_at=time(0),
    )
    region = people.other_city if side.name == "other_city" else people.county
    return {
        **agreed(session, region, side.school, side.ids["hospital_id"]),
        "slot_id": slot.id,
        "import_id": made.id,
        "invitation_id": invitation.id,
        "role_id": role.id,
        "channel_id": channel.id,
        "organisation_id": side.school.id,
        "region_id": region.id,
    }
