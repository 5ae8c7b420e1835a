"""The queue asks the database as often for two hundred alerts as for ten."""

from datetime import timedelta

from foundation import clock, database
from screening.models import Alert
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient
from tests.support.statements import counted

FEW, MANY = 10, 200


def flagged(people: Cast, number: int) -> None:
    """As many more students of the class with an open alert each."""
    with database.writing() as session:
        for n in range(number):
            student = make.student(session, klass=people.klass_1, name=f"学生{n}")
            session.add(
                Alert(
                    school_id=people.school.id,
                    student_id=student.id,
                    rule="phq-9:9>=1",
                    inputs={},
                    severity=1 + n % 3,
                    owner_organisation_id=people.school.id,
                    duty_role="counselor",
                    owner_user_id=people.counselor.id,
                    due_at=clock.now() + timedelta(hours=n),
                    created_at=clock.now(),
                )
            )


def statements(client: CheckedClient, path: str) -> int:
    """How many statements read something; that each shown alert is logged as read is one more."""
    with counted() as seen:
        assert client.get(path).status_code == 200
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in seen)


def test_the_queue_asks_no_more_often_when_there_is_more_in_it(
    people: Cast, client: CheckedClient
) -> None:
    sign_in(client, people.counselor)
    flagged(people, FEW)
    client.get("/alerts")  # settings and the like are read once
    few = {path: statements(client, path) for path in ("/alerts", "/alerts/poll", "/custody")}
    flagged(people, MANY - FEW)
    many = {path: statements(client, path) for path in few}
    assert many == few
