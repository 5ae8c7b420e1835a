"""The letter on paper: what it says, what it must never say, and its way back without an account."""

import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from foundation import clock, database
from foundation.problems import Refused
from referrals.letter import assemble, fingerprint
from referrals.letter_pdf import letter
from referrals.models import LetterScan, Referral
from schools.models import StaffRole, Student
from tests.referrals.test_hospital_referral import SLIP, sent, state_of
from tests.support.meeting import at_once

RARE = "龘䶮㛃𬭸"
CONTENT = assemble(
    form={
        "urgency": "urgent",
        "reasons": ["interview", "cut_off"],
        "facts": "两周来睡不好。",
        "risk_plan": "no",
        "counselor": "陈老师",
    },
    school={"name": "青山中学", "code": "C00001", "phone": "0000-1", "counselor": "陈老师"},
    student={"name": RARE, "sex": "f", "birth_date": "2013-05-06", "klass": "七年级1班"},
    guardians=[{"name": "林妈妈", "relation": "母亲", "phone": "13900000000"}],
    instruments=[
        {
            "id": 7,
            "title": "PHQ-9",
            "date": "2026-11-20",
            "total": 15,
            "band": "中重度",
            "answers": [3],
        }
    ],
    consent={"ground": "consent", "law": "《个人信息保护法》"},
)


@pytest.fixture
def text(app: Any, tmp_path: Path) -> str:
    """The letter as a reader's program extracts it."""
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not installed")
    with app.test_request_context():
        made = letter(
            number="XQ20261123-000001",
            sent_on="2026-11-23",
            hospital="临江市第七医院",
            content=CONTENT,
            link="https://xinqiao.example/r/" + "a" * 22,
        )
    path = tmp_path / "letter.pdf"
    path.write_bytes(made)
    run = subprocess.run([tool, "-layout", str(path), "-"], capture_output=True, check=True)
    return run.stdout.decode()


def test_rare_names_can_be_read_and_searched(text):
    assert RARE in text


def test_the_letter_says_what_the_paper_form_asks_for(text):
    for part in ("XQ20261123-000001", "青山中学", "临江市第七医院", "两周来睡不好", "盖章"):
        assert part in text
    assert "15" in text
    assert "中重度" in text


def test_single_answers_never_get_into_the_content():
    assert "answers" not in CONTENT["instruments"][0]
    assert "id" not in CONTENT["instruments"][0]


def test_the_fingerprint_changes_with_any_word():
    other = {**CONTENT, "facts": "两周来睡不好"}
    assert fingerprint(other) != fingerprint(CONTENT)
    assert fingerprint(dict(reversed(CONTENT.items()))) == fingerprint(CONTENT)


def token_and_number(referral_id: int) -> tuple[str, str]:
    with database.reading() as session:
        referral = session.get_one(Referral, referral_id)
        return str(referral.token), str(referral.letter_number)


def test_the_code_alone_says_valid_or_void_and_nothing_about_the_student(world, client):
    token, number = token_and_number(sent(world))
    page = client.get(f"/r/{token}").text
    assert number in page
    assert "有效" in page
    for secret in ("林小禾", "林妈妈", "睡不好", "2013"):
        assert secret not in page
    assert client.get("/r/" + "x" * 22).status_code == 404


def test_a_hospital_without_an_account_receives_and_replies(world, client):
    referral_id = sent(world)
    token, number = token_and_number(referral_id)
    proof = {"number": number, "birth_date": "2013-05-06"}
    opened = client.post(f"/r/{token}", data=proof)
    assert opened.status_code == 200
    assert "睡不好" not in opened.text
    assert client.post(f"/r/{token}/receipt", data=proof).status_code == 200
    assert state_of(referral_id) == "received"
    assert client.post(f"/r/{token}/reply", data=proof).status_code == 422
    slip = {f"slip-{k}": v for k, v in SLIP.items() if v not in (None, False)}
    assert client.post(f"/r/{token}/reply", data={**proof, **slip}).status_code == 200
    assert state_of(referral_id) == "returning"
    assert client.post(f"/r/{token}/reply", data={**proof, **slip}).status_code == 409


def test_wrong_tries_are_slowed_down_and_every_look_is_written(world, client):
    referral_id = sent(world)
    token, number = token_and_number(referral_id)
    wrong = {"number": number, "birth_date": "2013-05-07"}
    right = {**wrong, "birth_date": "2013-05-06"}
    assert [client.post(f"/r/{token}", data=wrong).status_code for _ in range(3)] == [422] * 3
    slowed = client.post(f"/r/{token}", data=right)
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "15")
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        assert client.post(f"/r/{token}", data=right).status_code == 200
    with database.reading() as session:
        results = session.scalars(select(LetterScan.result).order_by(LetterScan.id)).all()
    assert results == ["refused", "refused", "refused", "opened"]


def test_wrong_tries_sent_at_once_are_all_counted(world, app, monkeypatch):
    token, number = token_and_number(sent(world))
    wrong = {"number": number, "birth_date": "2013-05-07"}

    def guess() -> int:
        return app.test_client().post(f"/r/{token}", data=wrong).status_code

    assert sorted(at_once(monkeypatch, *[guess] * 4)) == [422, 422, 422, 429]


@pytest.fixture
def undated(world):
    """Lin, of whom the school never wrote down when she was born."""
    with database.writing() as session:
        session.get_one(Student, world.people.lin.id).birth_date = None
    return world


def without_account(world: Any) -> None:
    with database.writing() as session:
        contact = world.people.hospital_contact.id
        for held in session.scalars(select(StaffRole).where(StaffRole.user_id == contact)):
            held.ended_at = clock.now()


def test_a_letter_that_the_hospital_could_not_open_is_not_sent(undated):
    without_account(undated)
    with pytest.raises(Refused, match="出生日期"):
        sent(undated)


def test_a_hospital_with_an_account_needs_no_birth_date(undated):
    assert state_of(sent(undated)) == "sent"


def test_in_danger_the_letter_goes_and_opens_once_the_date_is_known(undated, client):
    without_account(undated)
    token, number = token_and_number(sent(undated, urgency="red"))
    proof = {"number": number, "birth_date": "2013-05-06"}
    assert client.post(f"/r/{token}", data=proof).status_code == 422
    with database.writing() as session:
        session.get_one(Student, undated.people.lin.id).birth_date = date(2013, 5, 6)
    assert client.post(f"/r/{token}", data=proof).status_code == 200


def test_after_thirty_days_the_letter_is_void(world, client):
    token, number = token_and_number(sent(world))
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert "已作废" in client.get(f"/r/{token}").text
        proof = {"number": number, "birth_date": "2013-05-06"}
        assert client.post(f"/r/{token}", data=proof).status_code == 422
