"""The demo's students: a real roster file per school, read by the system's own import."""

import csv
import io
from datetime import date
from random import Random

from accounts.policy import Actor
from foundation import clock, database, spreadsheets
from schools.models import Organisation
from schools.roster import actions as roster_actions
from schools.roster import commit as roster_commit
from schools.roster import file as roster_file
from web.demo.district import School
from web.demo.names import generator, person

HEADER = [
    "学号",
    "姓名",
    "性别",
    "出生日期",
    "年级",
    "班级",
    "团支部",
    "监护人",
    "关系",
    "监护人电话",
    "监护人2",
    "监护人2关系",
]


def enrol(school: School, place: Organisation, by: Actor) -> None:
    """Write the school's file, preview it and carry it out, as its counselor would."""
    data = _file(school)
    parsed = roster_file.parse(spreadsheets.read(data), clock.today())
    with database.reading() as session:
        proposal = roster_actions.propose(
            session, organisation=session.get_one(Organisation, place.id), parsed=parsed
        )
    upload = roster_actions.Upload.of(f"{place.name}名单.csv", data)
    import_id = roster_actions.store_preview(by=by, upload=upload, proposal=proposal)
    roster_commit.start(by=by, import_id=import_id, confirmed=True)
    roster_commit.carry_out(by=by, import_id=import_id)


def _file(school: School) -> bytes:
    out, source = io.StringIO(), generator(school.code)
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for level, grade in enumerate(school.grades):
        for klass in range(1, school.classes + 1):
            for seat in range(1, school.size + 1):
                writer.writerow(_row(source, school, grade, level, klass, seat))
    return out.getvalue().encode("utf-8-sig")


def _row(
    source: Random,
    school: School,
    grade: str,
    level: int,
    klass: int,
    seat: int,
) -> list[str]:
    year = school_year()
    university = school.youngest >= 18
    age = school.youngest + (0 if university else level)
    born = date(year - age, source.randint(1, 8), source.randint(1, 28))
    second = source.random() < 0.3
    return [
        f"{year % 100}{level + 1}{klass:02}{seat:02}",
        person(source),
        source.choice("男女"),
        born.isoformat(),
        grade,
        f"{klass}班",
        f"{grade}{klass}班团支部",
        person(source),
        source.choice(["母亲", "父亲"]),
        f"139000{source.randint(0, 99999):05}",
        person(source) if second else "",
        "祖母" if second else "",
    ]


def school_year() -> int:
    """The year in which the present school year began."""
    today = clock.today()
    return today.year if today.month >= 9 else today.year - 1
