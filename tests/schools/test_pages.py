"""Students, classes, staff, organisations and terms on their pages."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import Invitation, User
from accounts.policy import Role
from foundation import database
from foundation.audit import AuditRow
from schools.models import Organisation, StaffRole, Term
from schools.names import pinyin
from schools.staff import rules as staffing
from tests import make, people
from tests.people import Cast, sign_in

FILES = Path(__file__).with_name("files")
PASSWORD = "清晨 海边 白鹭 起飞"


@pytest.fixture
def cast(app: object) -> Cast:
    with database.writing() as session:
        return people.cast(session)


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


@pytest.mark.parametrize("words", ["小禾", "林", "linxiao", "lxh"])
def test_a_student_is_found_by_name_pinyin_and_initials(
    client: FlaskClient, cast: Cast, words: str
) -> None:
    with database.writing() as session:
        row = session.merge(cast.lin)
        row.pinyin, row.initials = pinyin(row.name)
    page = text(sign_in(client, cast.counselor).get("/students", query_string={"q": words}))
    assert "林小禾" in page
    assert "吴晓晓" not in page


def test_a_student_is_found_by_the_beginning_of_the_number(client: FlaskClient, cast: Cast) -> None:
    number = cast.wu.student_number
    page = text(sign_in(client, cast.counselor).get("/students", query_string={"q": number}))
    assert "吴晓晓" in page
    assert "林小禾" not in page


def test_students_of_another_school_do_not_exist(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.counselor)
    assert "郑小满" not in text(client.get("/students"))
    assert client.get(f"/students/{cast.outsider.id}").status_code == 404
    assert client.get(f"/classes/{cast.other_klass.id}").status_code == 404


def test_opening_a_student_is_logged_before_he_is_shown(client: FlaskClient, cast: Cast) -> None:
    page = sign_in(client, cast.counselor).get(f"/students/{cast.lin.id}")
    assert "林小禾" in text(page)
    with database.reading() as session:
        logged = session.scalars(select(AuditRow).where(AuditRow.event == "student.opened")).one()
    assert logged.subject == f"student:{cast.lin.id}"


def test_a_class_shows_its_students_and_its_people(client: FlaskClient, cast: Cast) -> None:
    page = text(sign_in(client, cast.counselor).get(f"/classes/{cast.klass_1.id}"))
    assert "王老师" in page
    assert "林小禾" in page
    assert "七年级" in text(client.get("/classes"))


@pytest.mark.parametrize("path", ["/students", "/classes", "/roster", "/staff"])
def test_who_may_not_see_them_finds_no_page(client: FlaskClient, cast: Cast, path: str) -> None:
    assert sign_in(client, cast.hospital_contact).get(path).status_code == 404


def invite(client: FlaskClient, at: Organisation, role: Role, **more: str) -> Any:
    form = {"name": "新同事", "organisation": at.id, "role": role.value, **more}
    return client.post("/staff/invite", data=form)


def link_of(answer: Any) -> str:
    return "/invitation/" + text(answer).split("/invitation/")[1].split('"')[0]


def test_an_invited_homeroom_teacher_gets_account_and_role_once(
    client: FlaskClient, cast: Cast
) -> None:
    sign_in(client, cast.school_admin)
    answer = invite(client, cast.school, Role.HOMEROOM, place=f"klass:{cast.klass_2.id}")
    assert answer.status_code == 200
    link = link_of(answer)
    client.delete_cookie("xq")
    assert "班主任" in text(client.get(link))
    form = {"username": "newone", "password": PASSWORD, "again": PASSWORD}
    assert client.post(link, data=form).status_code == 303
    with database.reading() as session:
        user = session.scalars(select(User).where(User.username == "newone")).one()
        held = session.scalars(select(StaffRole).where(StaffRole.user_id == user.id)).one()
    assert (held.role, held.klass_id) == ("homeroom", cast.klass_2.id)
    assert client.post(link, data=form | {"username": "again"}).status_code == 410
    assert client.get(link).status_code == 410


def test_a_school_administrator_cannot_make_a_counselor(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    assert invite(client, cast.school, Role.COUNSELOR).status_code == 422
    sign_in(client, cast.security_admin)
    assert invite(client, cast.school, Role.COUNSELOR).status_code == 200


def test_the_page_offers_the_classes_and_roles_of_the_chosen_school(
    client: FlaskClient, cast: Cast
) -> None:
    """A security administrator of a province with many schools picks one, then a class of it."""
    sign_in(client, cast.security_admin)
    assert "klass:" not in text(client.get("/staff"))
    page = text(client.get(f"/staff?organisation={cast.school.id}"))
    assert f'value="klass:{cast.klass_2.id}"' in page
    assert f'value="klass:{cast.other_klass.id}"' not in page
    assert 'value="county_viewer"' not in page
    place = f"klass:{cast.klass_2.id}"
    assert invite(client, cast.school, Role.HOMEROOM, place=place).status_code == 200


@pytest.mark.parametrize("place", ["province", "city", "county", "school"])
def test_every_level_has_a_security_administrator_who_invites_all_its_roles(
    client: FlaskClient, cast: Cast, place: str
) -> None:
    at: Organisation = getattr(cast, place)
    with database.writing() as session:
        own = make.user(session, name="安全员", username=f"security-{place}")
        make.role(session, of=own, role=Role.SECURITY_ADMIN, at=at)
    sign_in(client, own)
    needs = {
        Role.HOMEROOM: {"place": f"klass:{cast.klass_1.id}"},
        Role.BRANCH_ADVISER: {"place": f"branch:{cast.klass_1.branch_id}"},
        Role.BRANCH_CONTACT: {
            "place": f"branch:{cast.klass_1.branch_id}",
            "student_number": cast.lin.student_number or "",
        },
    }
    for role in staffing.AT[at.kind]:
        answer = invite(client, at, role, **needs.get(role, {}))
        assert answer.status_code == 200, role
    above = {"school": cast.county, "county": cast.city, "city": cast.province}.get(place)
    if above is not None:
        assert invite(client, above, Role.SUPERVISOR).status_code == 422


def test_a_school_administrator_makes_no_administrators(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    assert invite(client, cast.school, Role.SECURITY_ADMIN).status_code == 422


def test_nobody_accepts_his_own_invitation(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.security_admin)
    link = link_of(invite(client, cast.school, Role.COUNSELOR))
    assert client.post(link, data={"existing": "1"}).status_code == 422


def test_one_person_is_not_two_administrators(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.security_admin)
    link = link_of(invite(client, cast.province, Role.AUDIT_ADMIN))
    sign_in(client, cast.system_admin)
    answer = client.post(link, data={"existing": "1"})
    assert answer.status_code == 422
    assert "不能由同一个人担任" in text(answer)


def test_a_homeroom_teacher_needs_a_class_of_this_school(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    assert "请选择班主任所带的班级" in text(invite(client, cast.school, Role.HOMEROOM))
    other = invite(client, cast.school, Role.HOMEROOM, place=f"klass:{cast.other_klass.id}")
    assert other.status_code == 422


def test_a_branch_contact_is_bound_to_his_own_student_record(
    client: FlaskClient, cast: Cast
) -> None:
    sign_in(client, cast.school_admin)
    place = f"branch:{cast.klass_2.branch_id}"
    assert invite(client, cast.school, Role.BRANCH_CONTACT, place=place).status_code == 422
    number = cast.wu.student_number or ""
    answer = invite(client, cast.school, Role.BRANCH_CONTACT, place=place, student_number=number)
    assert answer.status_code == 200
    with database.reading() as session:
        made = session.scalars(select(Invitation)).one()
    assert made.student_id == cast.wu.id


def test_the_slip_of_an_invitation_is_a_pdf(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    link = link_of(invite(client, cast.school, Role.LEAGUE_SECRETARY))
    answer = client.post("/staff/invitations/slip", data={"token": link.rsplit("/", 1)[1]})
    assert answer.mimetype == "application/pdf"
    assert len(pikepdf.open(io.BytesIO(answer.data)).pages) == 1
    wrong = client.post("/staff/invitations/slip", data={"token": "nothing"})
    assert wrong.status_code == 404


def test_a_withdrawn_invitation_is_worthless(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    link = link_of(invite(client, cast.school, Role.LEAGUE_SECRETARY))
    with database.reading() as session:
        made = session.scalars(select(Invitation)).one()
    assert client.post(f"/staff/invitations/{made.id}/withdraw").status_code == 303
    assert client.get(link).status_code == 410


def test_a_staff_list_with_errors_invites_nobody_and_names_them_all(
    client: FlaskClient, cast: Cast
) -> None:
    sign_in(client, cast.school_admin)
    form = {
        "organisation": cast.school.id,
        "file": (io.BytesIO((FILES / "staff.xlsx").read_bytes()), "教师.xlsx"),
    }
    answer = client.post("/staff/import", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "第 3 行" in text(answer)
    assert "校长助理" in text(answer)
    with database.reading() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_a_good_staff_list_gives_a_slip_for_everybody(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    rows = "姓名,角色,班级\n钱甲甲,团委书记,\n孙乙乙,班主任,七年级2班\n".encode("gb18030")
    form = {"organisation": cast.school.id, "file": (io.BytesIO(rows), "教师.csv")}
    answer = client.post("/staff/import", data=form, content_type="multipart/form-data")
    assert answer.mimetype == "application/pdf"
    with database.reading() as session:
        made = session.scalars(select(Invitation).order_by(Invitation.id)).all()
    assert [(one.role, one.klass_id) for one in made] == [
        ("school_league_secretary", None),
        ("homeroom", cast.klass_2.id),
    ]


def test_an_ended_role_ends_the_sessions_of_the_person(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.homeroom)
    other = client.application.test_client()
    sign_in(other, cast.school_admin)
    with database.reading() as session:
        held = session.scalars(select(StaffRole).where(StaffRole.user_id == cast.homeroom.id)).one()
    assert other.post(f"/staff/{held.id}/end").status_code == 303
    assert client.get("/start").status_code == 302


def test_a_school_administrator_ends_neither_counselor_nor_himself(
    client: FlaskClient, cast: Cast
) -> None:
    sign_in(client, cast.school_admin)
    with database.reading() as session:
        roles = {held.user_id: held.id for held in session.scalars(select(StaffRole))}
    assert client.post(f"/staff/{roles[cast.counselor.id]}/end").status_code == 403
    assert client.post(f"/staff/{roles[cast.school_admin.id]}/end").status_code == 422
    assert client.post(f"/staff/{roles[cast.other_counselor.id]}/end").status_code == 404


def test_a_term_is_added_once_and_must_end_after_it_starts(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    form = {
        "organisation": cast.school.id,
        "school_year": "2026-2027",
        "number": "1",
        "starts_on": "2026-09-01",
        "ends_on": "2027-01-20",
    }
    assert client.post("/terms", data=form | {"ends_on": "2026-08-01"}).status_code == 422
    assert client.post("/terms", data=form | {"starts_on": "gestern"}).status_code == 422
    assert client.post("/terms", data=form).status_code == 303
    assert client.post("/terms", data=form).status_code == 422
    with database.reading() as session:
        assert session.scalars(select(Term)).one().number == 1
    assert "2026-2027" in text(client.get("/terms"))


def test_the_system_administrator_builds_the_tree(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.system_admin)
    form = {"parent": cast.county.id, "kind": "school", "name": "晨光中学", "code": "3144000001"}
    path = f"/organisations/{cast.county.id}/add"
    assert client.post(path, data=form).status_code == 422, "a school needs a stage"
    assert client.post(path, data=form | {"stage": "junior"}).status_code == 303
    assert "晨光中学" in text(client.get(f"/organisations/{cast.county.id}"))
    assert client.post(path, data=form | {"stage": "junior"}).status_code == 422, "same code"


def test_organisations_outside_the_subtree_do_not_exist(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    assert "青山中学" in text(client.get("/organisations"))
    assert client.get(f"/organisations/{cast.other_school.id}").status_code == 404
    assert client.post(f"/organisations/{cast.county.id}/add", data={}).status_code == 404


def test_the_pages_speak_english_too(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    for path in ("/students", "/roster", "/staff", "/terms", "/organisations", "/classes"):
        assert client.get(path + "?lang=en").status_code == 200
