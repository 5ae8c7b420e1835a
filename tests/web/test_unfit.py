"""What no column can hold is refused like any other mistake, on every page and by both databases."""

import pytest

from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient

ENDLESS = "9" * 30


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("counselor", f"/alerts?klass={ENDLESS}"),
        ("counselor", f"/alerts?severity={ENDLESS}"),
        ("counselor", f"/students?klass={ENDLESS}"),
        ("counselor", f"/alerts/{ENDLESS}"),
        ("security_admin", f"/staff?organisation={ENDLESS}"),
        ("city_viewer", "/organisations?q=%00"),
        ("counselor", "/students?q=%00"),
    ],
)
def test_a_page_that_is_asked_for_the_impossible_shows_no_fault_of_ours(
    client: CheckedClient, people: Cast, who: str, path: str
) -> None:
    answer = sign_in(client, getattr(people, who)).get(path)
    assert answer.status_code in {200, 404, 422}


@pytest.mark.parametrize("version", [ENDLESS, "²", "-1", ""])
def test_a_version_that_is_none_saves_nothing_and_is_no_fault_of_ours(
    client: CheckedClient, people: Cast, version: str
) -> None:
    path = f"/students/{people.lin.id}/leave"
    answer = sign_in(client, people.school_admin).post(path, data={"version": version})
    assert answer.status_code in {409, 422}


def test_a_batch_that_names_an_impossible_student_assigns_nobody(
    client: CheckedClient, people: Cast
) -> None:
    data = {"student": ENDLESS, "user": people.counselor.id}
    answer = sign_in(client, people.counselor).post("/alerts/assign", data=data)
    assert answer.status_code == 422
