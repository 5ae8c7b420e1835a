"""The weekly duty and the settings on their pages."""

from datetime import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import database
from foundation.problems import Refused
from schools import setting_values, settings
from schools.actions import add_duty
from schools.models import DutySlot
from tests import make, people
from tests.people import Cast, sign_in


@pytest.fixture
def cast(app: object) -> Cast:
    with database.writing() as session:
        return people.cast(session)


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_hours_that_nobody_covers_are_shown_until_somebody_is_on_duty(
    client: FlaskClient, cast: Cast
) -> None:
    sign_in(client, cast.school_admin)
    page = text(client.get("/duty"))
    assert "没有人值班的时段" in page
    assert cast.counselor.name in page
    assert cast.contact.name not in page, "a fellow student is never on duty"
    form = {
        "user": cast.counselor.id,
        "position": 1,
        "weekdays": [str(day) for day in range(7)],
        "starts_at": "00:00",
        "ends_at": "00:00",
    }
    assert client.post("/duty", data=form | {"weekdays": []}).status_code == 422
    assert client.post("/duty", data=form).status_code == 303
    page = text(client.get("/duty"))
    assert "每个时段都有人值班" in page
    assert "至少要有两个人" in page
    with database.reading() as session:
        slot = session.scalars(select(DutySlot)).unique().one()
    assert slot.weekdays == 127
    assert client.post(f"/duty/{slot.id}/end", data={"accepted": "y"}).status_code == 303


def test_duty_of_another_school_does_not_exist(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    assert client.get(f"/duty?organisation={cast.other_school.id}").status_code == 404


def test_a_setting_is_changed_with_its_source_and_keeps_its_versions(
    client: FlaskClient, cast: Cast
) -> None:
    sign_in(client, cast.school_admin)
    key = "clock.critical_contact_min"
    assert "30" in text(client.get("/settings"))
    form = {"key": key, "value": "20", "source": "校办〔2026〕1号"}
    assert client.post("/settings", data=form | {"source": ""}).status_code == 422
    assert client.post("/settings", data=form).status_code == 303
    with database.reading() as session:
        assert settings.value(session, cast.school.id, key) == 20
        assert settings.value(session, cast.other_school.id, key) == 30
    assert "校办〔2026〕1号" in text(client.get("/settings"))


def test_what_protects_students_cannot_be_set_laxer(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.school_admin)
    form = {"key": "report.small_cell", "value": "3", "source": "x"}
    assert client.post("/settings", data=form).status_code == 422


@pytest.mark.parametrize("key", list(setting_values.names()))
def test_every_value_is_read_back_as_it_is_shown(key: str) -> None:
    default = settings.DEFAULTS[key].value
    assert setting_values.parsed(key, setting_values.shown(default), default) == default


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("help.numbers", ""),
        ("help.numbers", "报警 110"),
        ("level.words", "3 重大"),
        ("ladder.minutes", "5、3"),
        ("ladder.minutes", "0、3、5"),
        ("office.hours", "8点到12点"),
        ("office.hours", "14:00-17:30、08:30-12:00"),
        ("office.hours", "08:30-25:00"),
        ("ticket.return_share", "1.5"),
        ("noshow.latest_hour", "30"),
        ("clock.case_reply_h", "abc"),
        ("clock.case_reply_h", "0"),
        ("league.contact_is_adult", "也许"),
    ],
)
def test_impossible_values_are_refused(key: str, value: str) -> None:
    with pytest.raises(Refused):
        setting_values.parsed(key, value, settings.DEFAULTS[key].value)


def on_duty(session: Session, cast: Cast) -> None:
    add_duty(
        session,
        by=Actor.system("tests"),
        organisation=cast.school,
        user=cast.counselor,
        position=1,
        starts_at=time(0),
        ends_at=time(0),
    )


def test_who_is_on_duty_and_hears_nothing_is_shown_until_he_has_an_address(
    client: FlaskClient, cast: Cast
) -> None:
    with database.writing() as session:
        on_duty(session, cast)
        campaign = make.campaign(session, school=cast.school, klasses=[cast.klass_1])
        campaign.state = "draft"
    pages = (
        (cast.school_admin, "/duty", "没有设置通知方式"),
        (cast.counselor, f"/campaigns/{campaign.id}", "值班的人收不到提醒"),
        (cast.counselor, "/start", "您在值班表上，但没有设置通知方式"),
    )
    for who, path, words in pages:
        assert words in text(sign_in(client, who).get(path))
    assert "没有设置通知方式" not in text(sign_in(client, cast.homeroom).get("/start"))
    address = {"kind": "email", "address": "chen@example.org"}
    assert sign_in(client, cast.counselor).post("/account/channels", data=address).status_code < 400
    for who, path, words in pages:
        assert words not in text(sign_in(client, who).get(path))
