"""The board tells what the consent rule says of each student, without asking for each student."""

import random
from datetime import date, datetime

from sqlalchemy import select

from foundation import clock, database
from schools.models import Student
from screening.campaigns import board_queries
from screening.campaigns.board_queries import board_of, register_of
from screening.campaigns.consent_queries import OPEN_FOR, may_answer_ids, verdicts
from screening.models import Campaign, Consent, Ticket
from tests import make
from tests.people import Cast, sign_in
from tests.screening.test_campaigns import opened
from tests.support.pages import CheckedClient
from tests.support.statements import counted

BIRTHDAYS = (
    None,
    date(2008, 11, 22),
    date(2008, 11, 23),
    date(2008, 2, 29),
    date(2010, 6, 1),
    date(2012, 11, 22),
    date(2012, 11, 23),
    date(2012, 11, 24),
    date(2014, 1, 1),
)


def crowd(people: Cast, campaign_id: int, seed: int) -> list[Student]:
    """Students of every age with decisions of guardians and their own in every order."""
    source = random.Random(seed)
    with database.writing() as session:
        students = []
        for number in range(60):
            student = make.student(session, klass=people.klass_1, name=f"学生{number}")
            student.birth_date = source.choice(BIRTHDAYS)
            guardians = [make.guardian(session, of=student).id for _each in range(2)]
            students.append(student)
            for _decision in range(source.randrange(5)):
                party = source.choice(("guardian", "guardian", "student"))
                who = source.choice([None, *guardians]) if party == "guardian" else None
                session.add(
                    Consent(
                        campaign_id=campaign_id,
                        student_id=student.id,
                        party=party,
                        guardian_id=who,
                        decision=source.choice(("granted", "granted", "declined", "withdrawn")),
                        method="paper",
                        text_version="1",
                        recorded_by="system:tests",
                        recorded_at=clock.now(),
                    )
                )
        return students


def test_facts_of_the_database_are_judged_like_each_student(people: Cast, frozen: datetime) -> None:
    number = opened(people)
    for seed in range(4):
        students = crowd(people, number, seed)
        with database.reading() as session:
            campaign = session.get_one(Campaign, number)
            slow = {
                student_id
                for student_id, verdict in verdicts(session, campaign, students).items()
                if verdict.status in OPEN_FOR
            }
            fast = may_answer_ids(session, campaign)
            of_klass = may_answer_ids(session, campaign, people.klass_1.id)
        ids = {student.id for student in students}
        assert fast & ids == slow
        assert of_klass & ids == slow
        assert 0 < len(slow) < len(ids)


def test_the_board_counts_what_the_register_names(people: Cast, frozen: datetime) -> None:
    number = opened(people)
    with database.writing() as session:
        campaign = session.get_one(Campaign, number)
        rows = board_of(session, campaign)
        for row in rows:
            words = [word for _s, _t, word in register_of(session, campaign, row.klass_id)]
            assert [row.done, row.not_yet, row.not_needed] == [
                words.count(word) for word in board_queries.WORDS
            ]
        assert sum(row.total for row in rows) > 0


def test_a_board_takes_the_same_few_statements_for_a_class_and_a_school(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    number = opened(people)
    sign_in(client, people.counselor)
    with counted() as before:
        assert client.get(f"/campaigns/{number}/board.json").status_code == 200
    crowd(people, number, 1)
    with counted() as after:
        assert client.get(f"/campaigns/{number}/board.json").status_code == 200
    assert len(before) == len(after) <= 21


def test_a_poll_is_304_until_a_decision_an_excuse_or_a_sheet_changes_the_board(
    client: CheckedClient, people: Cast, frozen: datetime
) -> None:
    number = opened(people)
    sign_in(client, people.counselor)
    address, tag = f"/campaigns/{number}/board.json", ""

    def poll() -> int:
        nonlocal tag
        answer = client.get(address, headers={"If-None-Match": tag} if tag else {})
        tag = answer.headers["ETag"]
        return answer.status_code

    assert [poll(), poll()] == [200, 304]
    with database.writing() as session:
        make.consent(session, to=session.get_one(Campaign, number), by=people.lin)
    assert [poll(), poll()] == [200, 304]
    with database.writing() as session:
        ticket = session.scalars(
            select(Ticket).where(Ticket.campaign_id == number, Ticket.student_id == people.lin.id)
        ).one()
        ticket.excused = "exempt"
    assert [poll(), poll()] == [200, 304]
    with database.writing() as session:
        session.get_one(Student, people.lin.id).version += 1
    assert [poll(), poll()] == [200, 304]
    with counted() as quiet:
        assert poll() == 304
    assert not any("GROUP BY" in statement for statement in quiet)
