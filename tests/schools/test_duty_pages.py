"""Taking a person off duty asks first, and says which hours nobody would be called."""

from datetime import time

import pytest

from accounts.models import User
from foundation import database
from schools.models import DutySlot
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient

NIGHT = (time(18), time(8))
ALWAYS = (time(0), time(0))


def slot(people: Cast, user: User, hours: tuple[time, time]) -> DutySlot:
    with database.writing() as session:
        return make.added(
            session,
            DutySlot(
                organisation_id=people.school.id,
                user_id=user.id,
                position=1,
                starts_at=hours[0],
                ends_at=hours[1],
            ),
        )


def is_there(one: DutySlot) -> bool:
    with database.reading() as session:
        return session.get(DutySlot, one.id) is not None


@pytest.fixture
def counselor(client: CheckedClient, people: Cast) -> CheckedClient:
    sign_in(client, people.counselor)
    return client


def test_a_slot_that_alone_covers_hours_goes_only_after_a_tick(
    counselor: CheckedClient, people: Cast
) -> None:
    only = slot(people, people.counselor, ALWAYS)
    page = counselor.get(f"/duty/{only.id}/end").text
    assert "没有人值班" in page
    assert "至少要有两个人" in page
    refused = counselor.post(f"/duty/{only.id}/end")
    assert refused.status_code == 422
    assert "请先排上别人" in refused.text
    assert is_there(only)
    assert counselor.post(f"/duty/{only.id}/end", data={"accepted": "y"}).status_code == 303
    assert not is_there(only)


def test_a_slot_that_others_cover_goes_without_a_tick(
    counselor: CheckedClient, people: Cast
) -> None:
    slot(people, people.school_lead, ALWAYS)
    night = slot(people, people.counselor, NIGHT)
    page = counselor.get(f"/duty/{night.id}/end").text
    assert "仍有别人值班" in page
    assert counselor.post(f"/duty/{night.id}/end").status_code == 303
    assert not is_there(night)


def test_hours_that_were_open_before_are_no_new_gap(counselor: CheckedClient, people: Cast) -> None:
    slot(people, people.school_lead, NIGHT)
    second = slot(people, people.counselor, NIGHT)
    page = counselor.get(f"/duty/{second.id}/end").text
    assert "移出不会多出没有人值班的时段" in page
    assert counselor.post(f"/duty/{second.id}/end").status_code == 303


def test_the_duty_page_leads_to_the_question(counselor: CheckedClient, people: Cast) -> None:
    only = slot(people, people.counselor, ALWAYS)
    assert f'href="/duty/{only.id}/end"' in counselor.get("/duty").text
