"""The way in: code, check, PIN, delays, windows; nothing counts by address."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.policy import Actor
from foundation import clock
from foundation.database import reading, writing
from schools.models import Student
from screening.models import Consent, Response, Ticket
from screening.tickets.actions import reset_pin
from tests import make
from tests.screening.taking_room import Room, browser, room, whole


def asked_for(text: str) -> set[str]:
    return {name for name in ("check", "pin") if f'name="{name}"' in text}


def test_the_first_use_asks_who_it_is_and_sets_a_pin(app: Flask, frozen: datetime) -> None:
    here, student = room(), browser(app)
    assert asked_for(student.enter(here).text) == {"check", "pin"}
    assert student.enter(here, check="wrong").status_code == 422
    assert student.enter(here, check=here.checks[0], pin="12").status_code == 422
    assert student.enter(here, check=here.checks[0], pin="2468").status_code == 303
    assert student.client.get(student.page).status_code == 200


def test_another_device_needs_code_and_pin(app: Flask, frozen: datetime) -> None:
    here = room()
    browser(app).first(here).save(q1=2)
    other = browser(app)
    assert asked_for(other.enter(here).text) == {"pin"}
    assert other.enter(here, check=here.checks[0]).status_code == 200
    assert other.page == ""
    assert other.enter(here, pin="1111").status_code == 422
    assert other.enter(here, pin="2468").status_code == 303
    assert '"phq-9": {"1": {"seq": 1, "v": 2}}' in other.client.get(other.page).text


def test_without_the_cookie_an_address_opens_nothing(app: Flask, frozen: datetime) -> None:
    here = room(2)
    student, other = browser(app).first(here), browser(app).first(here, 1)
    other.page = student.page
    assert other.client.get(student.page).status_code == 303
    assert other.save(q1=1).status_code == 401
    assert other.client.post(f"{student.page}/submit", data={}).headers["Location"] == "/take"


def test_wrong_pins_delay_but_the_right_one_still_opens(app: Flask, frozen: datetime) -> None:
    here, student = room(), browser(app)
    browser(app).first(here)
    answers = [student.enter(here, pin="0000") for _ in range(5)]
    assert [each.status_code for each in answers] == [422, 422, 422, 422, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3
    with clock.frozen(frozen + timedelta(seconds=61)):
        assert student.enter(here, pin="2468").status_code == 303


def test_fifty_students_behind_one_address_all_come_in(app: Flask, frozen: datetime) -> None:
    here = room(50)
    students = [browser(app).first(here, number) for number in range(50)]
    assert {each.save(q1=1).status_code for each in students} == {200}
    assert {each.submit(whole()).status_code for each in students} == {200}


@pytest.mark.parametrize(("minutes", "status"), [(-5, 409), (30, 303), (241, 410)])
def test_the_window(app: Flask, frozen: datetime, minutes: int, status: int) -> None:
    here = room(opens_at=frozen, closes_at=frozen + timedelta(hours=4))
    with clock.frozen(frozen + timedelta(minutes=minutes)):
        assert browser(app).enter(here, check=here.checks[0]).status_code == status


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 410)])
def test_who_has_begun_may_finish_for_half_an_hour(
    app: Flask, frozen: datetime, minutes: int, status: int
) -> None:
    here = room(opens_at=frozen - timedelta(hours=1), closes_at=frozen)
    student = browser(app).first(here)
    student.save(q1=0)
    with clock.frozen(frozen + timedelta(minutes=minutes)):
        assert student.save(q2=0).status_code == status
        assert student.submit(whole()).status_code == status


def test_a_browser_left_alone_asks_for_the_pin(app: Flask, frozen: datetime) -> None:
    here = room()
    student = browser(app).first(here)
    student.save(q1=3)
    with clock.frozen(frozen + timedelta(minutes=4)):
        locked = student.client.get(student.page)
        assert "pin" in asked_for(locked.text)
        assert "stored" not in locked.text
        assert student.client.post(f"{student.page}/unlock", data={"pin": "1"}).status_code == 422
        assert (
            student.client.post(f"{student.page}/unlock", data={"pin": "2468"}).status_code == 303
        )
        assert "stored" in student.client.get(student.page).text


def test_without_consent_the_page_is_quiet_and_keeps_nothing(app: Flask, frozen: datetime) -> None:
    here = room(agreed=False)
    student = browser(app).first(here)
    page = student.client.get(student.page).text
    assert page.count('class="question"') == 16
    assert "phq-9" not in page
    assert student.save(q9=3).status_code == 409
    assert (
        student.client.post(f"{student.page}/submit", data={}).headers["Location"] == "/take/done"
    )
    with reading() as session:
        assert session.get_one(Ticket, here.tickets[0].id).state == "issued"


def declining_room() -> Room:
    return room(birth_date=date(2010, 3, 15))


def test_a_student_of_sixteen_is_asked_himself(app: Flask, frozen: datetime) -> None:
    here = declining_room()
    student = browser(app).first(here)
    assert 'name="agree"' in student.client.get(student.page).text
    start = f"{student.page}/start"
    assert student.client.post(start, data={"wish": "yes"}).status_code == 422
    assert student.client.post(start, data={"wish": "yes", "agree": "1"}).status_code == 303
    assert "phq-9.9" in student.client.get(student.page).text


def test_declining_leads_to_the_page_that_everybody_sees(app: Flask, frozen: datetime) -> None:
    here = declining_room()
    student = browser(app).first(here)
    answer = student.client.post(f"{student.page}/start", data={"wish": "no"})
    assert answer.headers["Location"] == "/take/done"
    with reading() as session:
        assert session.get_one(Ticket, here.tickets[0].id).excused == "declined"
        assert session.query(Consent).filter_by(party="student").one().decision == "declined"
    assert 'class="question"' in student.client.get(student.page).text


def test_an_adult_without_his_own_consent_cannot_answer(app: Flask, frozen: datetime) -> None:
    here = room(birth_date=date(2004, 3, 15), agreed=False)
    student = browser(app).first(here)
    refused = student.save(q1=0)
    assert (refused.status_code, refused.json) == (409, {"state": "consent"})


def test_a_consent_that_is_withdrawn_stops_the_saving(app: Flask, frozen: datetime) -> None:
    here = room()
    student = browser(app).first(here)
    assert student.save(q1=0).status_code == 200
    with writing() as session:
        ticket = session.get_one(Ticket, here.tickets[0].id)
        make.consent(
            session,
            to=ticket.campaign,
            by=session.get_one(Student, ticket.student_id),
            decision="withdrawn",
        )
    assert student.save(q2=0).status_code == 409


def test_what_a_locked_browser_still_sends_does_not_open_it(app: Flask, frozen: datetime) -> None:
    here = room()
    student = browser(app).first(here)
    student.save(q1=2)
    student.client.post(f"{student.page}/lock")
    assert student.put({}).status_code == 200
    assert "stored" not in student.client.get(student.page).text
    student.client.post(f"{student.page}/start")
    refused = student.client.post(f"{student.page}/submit", data={"phq-9.2": "1"})
    assert (refused.status_code, asked_for(refused.text)) == (422, {"pin"})
    assert "stored" not in student.client.get(student.page).text
    assert student.save(q9=3).get_json()["help"] is True


def test_who_forgot_his_pin_goes_on_after_a_teacher_cleared_it(
    app: Flask, frozen: datetime
) -> None:
    here = room()
    browser(app).first(here).save(q1=2, q2=3)
    with clock.frozen(frozen + timedelta(minutes=5)), writing() as session:
        ticket = session.get_one(Ticket, here.tickets[0].id)
        reset_pin(session, by=Actor.system("tests"), ticket=ticket)
    with clock.frozen(frozen + timedelta(minutes=6)):
        student = browser(app)
        assert asked_for(student.enter(here).text) == {"check", "pin"}
        assert student.enter(here, check=here.checks[0]).status_code == 422  # he must set one
        student.first(here, pin="1357")
        shown = student.client.get(student.page).text
        # whoever holds the strip gets in, so what was answered before stays hidden, and kept
        assert '"phq-9": {"1": {"seq": 1}, "2": {"seq": 1}}' in shown
        assert "checked" not in shown
        student.seq = 1
        student.save(q1=0)
        assert '"1": {"seq": 2, "v": 0}' in student.client.get(student.page).text
        assert student.submit({}, confirm_blank=1).status_code == 200
    with reading() as session:
        response = session.scalars(select(Response)).one()
        assert (response.answers["phq-9"]["1"], response.answers["phq-9"]["2"]) == (0, 3)


def test_the_next_one_at_the_machine_never_calls_in_the_name_of_the_last(
    app: Flask, frozen: datetime
) -> None:
    student = browser(app).first(room())
    assert "/take/ask" in student.client.get(student.page).text
    student.submit(whole())
    assert "/take/ask" not in student.client.get("/take").text
