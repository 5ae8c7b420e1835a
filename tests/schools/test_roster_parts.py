"""A roster that is not a whole one: newcomers only, a sheet for each grade, rows to act on first."""

import io

import openpyxl
import pytest
from flask.testing import FlaskClient

from foundation import database, outbox
from foundation.spreadsheets import write_xlsx
from schools.roster import commit as roster_commit
from tests import make
from tests.people import Cast, sign_in
from tests.schools.test_roster_import import (
    HEADER,
    book,
    last_import,
    new_rows,
    preview,
    registered,
    students,
)


@pytest.fixture
def cast(app: object, people: Cast) -> Cast:
    return people


@pytest.fixture
def admin(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.school_admin)


def test_a_workbook_with_a_sheet_for_each_grade_is_one_roster(
    admin: FlaskClient, cast: Cast
) -> None:
    workbook, out = openpyxl.Workbook(), io.BytesIO()
    seven, eight = workbook.active, workbook.create_sheet("初二")
    seven.title = "初一"
    for line in (("学号", "姓名", "班级"), ("701", "甲一", "七年级1班"), ("702", "", "七年级1班")):
        seven.append(line)
    for line in (
        ("姓名", "班级", "学籍号码", "备注", "学号"),
        ("乙二", "八年级2班", "", "走读", "801"),
    ):
        eight.append(line)
    sums = workbook.create_sheet("汇总")
    for line in (("年级", "班级", "人数"), ("七年级", "1班", "2")):
        sums.append(line)
    workbook.save(out)
    where = preview(admin, cast, out.getvalue())
    page = admin.get(where).get_data(as_text=True)
    assert "读了 2 个工作表：初一、初二" in page
    returned = admin.get(where + "/file").data
    rows = list(openpyxl.load_workbook(io.BytesIO(returned)).active.values)
    assert [row[-2] for row in rows[1:]] == ["2（初一）", "3（初一）", "2（初二）"]
    assert rows[3][:3] == ("801", "乙二", "八年级2班")
    admin.post(where + "/commit", data={"confirmed": "y"})
    assert {"甲一", "乙二"} <= set(students(cast))


def test_a_list_of_newcomers_throws_nobody_out(admin: FlaskClient, cast: Cast) -> None:
    where = preview(admin, cast, book(new_rows()[0]))
    assert "标为离校" in admin.get(where).get_data(as_text=True)
    assert admin.post(where + "/commit").status_code == 303
    there = students(cast)
    assert there["张𬭸"].status == "enrolled"
    assert (there["林小禾"].status, there["周一帆"].status) == ("enrolled", "enrolled")
    assert "2 人保持不变" in admin.get(where).get_data(as_text=True)


def test_many_newcomers_beside_a_full_school_are_asked_about_and_not_refused(
    admin: FlaskClient, cast: Cast
) -> None:
    with database.writing() as session:
        for n in range(45):
            make.student(session, klass=cast.klass_1, name=f"生{'丙' * (n + 1)}")
    rows = [(f"2026800{n:02}", f"新{'丁' * (n + 1)}", "", "", "七年级1班") for n in range(12)]
    where = preview(admin, cast, write_xlsx(HEADER[:5], rows))
    refused = admin.post(where + "/commit")
    assert refused.status_code == 422
    assert "如果不是新生名单" in refused.get_data(as_text=True)
    assert admin.post(where + "/commit", data={"confirmed": "y"}).status_code == 303
    assert {each.status for each in students(cast).values()} == {"enrolled"}


def test_an_import_that_goes_on_keeps_what_was_chosen_at_its_start(
    admin: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_commit, "AT_ONCE", 0)
    where = preview(admin, cast, book(*new_rows()))
    admin.post(where + "/commit", data={"confirmed": "y"})
    admin.post(where + "/commit", data={"confirmed": "y", "scope": "whole"})
    outbox.drain()
    assert last_import().state == "committed"
    assert students(cast)["林小禾"].status == "enrolled"


def test_the_rows_to_act_on_come_before_everybody_else(admin: FlaskClient, cast: Cast) -> None:
    bad = ("", "没有班", "男", "", "", "", "", "")
    lin = registered(cast)[0]
    where = preview(admin, cast, book(lin, *new_rows(), lin, bad))
    page = admin.get(where).get_data(as_text=True)
    places = [page.index(word) for word in ("没有班", "与第 2 行重复，只采用", "张𬭸", "周一帆")]
    assert places == sorted(places)
