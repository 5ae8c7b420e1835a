"""The cast: two cities, a school in each, their classes, and the people with their roles."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts import actions
from accounts.models import User
from accounts.policy import Actor, Role
from foundation import database
from schools.models import Klass, Organisation, Student
from schools.queries import actor_of
from tests import make


@dataclass(frozen=True)
class Cast:
    """Everybody by name; rows are detached and readable.

    青山中学 lies in 临江市, 白鹭中学 in 望海市; nobody of one may see anything of the other.
    """

    nation: Organisation
    province: Organisation
    city: Organisation
    county: Organisation
    school: Organisation
    hospital: Organisation
    desk: Organisation
    other_city: Organisation
    other_county: Organisation
    other_school: Organisation
    klass_1: Klass
    klass_2: Klass
    other_klass: Klass
    lin: Student  # class 1
    zhou: Student  # class 1, also the branch contact of the class
    wu: Student  # class 2
    outsider: Student  # of the other school
    counselor: User  # 陈老师
    supervising_counselor: User  # 钱老师, named by the school
    school_lead: User
    school_admin: User
    homeroom: User  # of class 1
    secretary: User  # 校团委书记
    adviser: User  # the adult contact of class 2
    contact: User  # Zhou, the fellow student who is contact of class 1
    hospital_contact: User
    operator: User
    supervisor: User
    city_viewer: User
    province_viewer: User
    system_admin: User
    security_admin: User
    audit_admin: User
    other_counselor: User  # 何老师, of the other school


def cast(session: Session) -> Cast:
    """Writes all of them into the unit that is open."""
    places = _places(session)
    rooms = _rooms(session, places)
    students = _students(session, rooms)
    return Cast(**places, **rooms, **students, **_staff(session, places, rooms, students))


def _places(session: Session) -> dict[str, Any]:
    nation = make.organisation(session, name="全国", kind="nation")
    province = make.organisation(session, name="东江省", kind="province", under=nation)
    city = make.organisation(session, name="临江市", kind="city", under=province)
    county = make.organisation(session, name="青山区", kind="county", under=city)
    other_city = make.organisation(session, name="望海市", kind="city", under=province)
    other_county = make.organisation(session, name="白鹭县", kind="county", under=other_city)
    return {
        "nation": nation,
        "province": province,
        "city": city,
        "county": county,
        "school": make.organisation(session, name="青山中学", under=county),
        "hospital": make.organisation(session, name="临江市第七医院", kind="hospital", under=city),
        "desk": make.organisation(session, name="临江市12355", kind="desk", under=city),
        "other_city": other_city,
        "other_county": other_county,
        "other_school": make.organisation(session, name="白鹭中学", under=other_county),
    }


def _rooms(session: Session, places: dict[str, Organisation]) -> dict[str, Any]:
    grade = make.grade(session, school=places["school"])
    other_grade = make.grade(session, school=places["other_school"])
    return {
        "klass_1": make.klass(session, school=places["school"], grade=grade, name="1班"),
        "klass_2": make.klass(session, school=places["school"], grade=grade, name="2班"),
        "other_klass": make.klass(session, school=places["other_school"], grade=other_grade),
    }


def _students(session: Session, rooms: dict[str, Klass]) -> dict[str, Any]:
    return {
        "lin": make.student(session, klass=rooms["klass_1"], name="林小禾"),
        "zhou": make.student(session, klass=rooms["klass_1"], name="周一帆"),
        "wu": make.student(session, klass=rooms["klass_2"], name="吴晓晓"),
        "outsider": make.student(session, klass=rooms["other_klass"], name="郑小满"),
    }


# field, name, role, organisation, and the class where the role is narrowed to one
ROLES = (
    ("counselor", "陈老师", Role.COUNSELOR, "school", None),
    ("supervising_counselor", "钱老师", Role.SUPERVISING_COUNSELOR, "school", None),
    ("school_lead", "李校长", Role.SCHOOL_LEAD, "school", None),
    ("school_admin", "孙老师", Role.SCHOOL_ADMIN, "school", None),
    ("homeroom", "王老师", Role.HOMEROOM, "school", "klass_1"),
    ("secretary", "赵书记", Role.LEAGUE_SECRETARY, "school", None),
    ("hospital_contact", "刘医生", Role.HOSPITAL_CONTACT, "hospital", None),
    ("operator", "接线员小高", Role.OPERATOR, "desk", None),
    ("supervisor", "督导马老师", Role.SUPERVISOR, "desk", None),
    ("city_viewer", "市教育局唐科长", Role.CITY_VIEWER, "city", None),
    ("province_viewer", "省教育厅许处长", Role.PROVINCE_VIEWER, "province", None),
    ("system_admin", "系统管理员", Role.SYSTEM_ADMIN, "province", None),
    ("security_admin", "安全管理员", Role.SECURITY_ADMIN, "province", None),
    ("audit_admin", "审计管理员", Role.AUDIT_ADMIN, "province", None),
    ("other_counselor", "何老师", Role.COUNSELOR, "other_school", None),
)


def _staff(
    session: Session,
    places: dict[str, Organisation],
    rooms: dict[str, Klass],
    students: dict[str, Student],
) -> dict[str, Any]:
    staff = {}
    for field, name, role, place, room in ROLES:
        staff[field] = make.user(session, name=name, username=field)
        narrow = rooms[room] if room else None
        make.role(session, of=staff[field], role=role, at=places[place], klass=narrow)
    staff["adviser"] = make.user(session, name="郭老师", username="adviser")
    branch = rooms["klass_2"].branch_id
    adviser = Role.BRANCH_ADVISER
    make.role(session, of=staff["adviser"], role=adviser, at=places["school"], branch_id=branch)
    staff["contact"] = make.user(session, name=students["zhou"].name, username="contact")
    make.role(
        session,
        of=staff["contact"],
        role=Role.BRANCH_CONTACT,
        at=places["school"],
        branch_id=rooms["klass_1"].branch_id,
        student=students["zhou"],
    )
    return staff


def actor(user: User) -> Actor:
    """The user with everything he holds now."""
    with database.reading() as session:
        return actor_of(session, user)


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """The client with a session of its own for the user; returns the client."""
    with database.writing() as session:
        token = actions.start_session(session, by=Actor.system("tests"), user=user)
    secure = client.application.config["SECURE_COOKIES"]
    client.set_cookie("__Host-xq" if secure else "xq", token, secure=secure)
    return client
