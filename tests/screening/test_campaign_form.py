"""A counselor picks scales and classes: by scale and by grade, phones first, nothing lost."""

import re

import pytest

from foundation import database
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient

pytestmark = pytest.mark.database


def test_scales_for_phones_come_first_and_paper_ones_are_folded(
    client: CheckedClient, people: Cast
) -> None:
    sign_in(client, people.counselor)
    page = client.get("/campaigns/new").text
    online, paper = page.split("只能录入纸质答卷的量表", 1)
    assert "phq-9|default" in online
    assert "upi|" in paper
    assert "upi|" not in online


def test_each_scale_says_its_length_and_ages(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.counselor)
    page = client.get("/campaigns/new").text
    assert re.search(r"9 题 · 约 3 分钟 · \d+ 岁起 · 有敏感题目，要另行批准", page)


def test_classes_stand_under_their_grade(client: CheckedClient, people: Cast) -> None:
    with database.writing() as session:
        grade = make.grade(session, school=people.school, name="九年级")
        make.klass(session, school=people.school, grade=grade, name="8班")
    sign_in(client, people.counselor)
    page = client.get("/campaigns/new").text
    assert page.index("<legend>七年级</legend>") < page.index("<legend>九年级</legend>")
    assert page.index("<legend>九年级</legend>") < page.index("九年级8班")


def test_a_refused_draft_keeps_what_was_ticked(client: CheckedClient, people: Cast) -> None:
    sign_in(client, people.counselor)
    answer = client.post("/campaigns/new", data={"instruments": ["upi|"], "name": ""})
    assert answer.status_code == 422
    assert "<details open>" in answer.text
