"""One county file of 55,000 students in 107 schools: preview under 30 s, then carrying it out.

`python -m benchmarks.roster [ROWS] [SCHOOLS]`. The limit is ours; NHS Mavis tells its users to
expect 30 rows a second (campaigns.md §1.1), which would be half an hour for this file.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from accounts.models import User
from accounts.policy import Actor, Held, Role
from foundation import clock, crypto, database, spreadsheets
from schools.models import Organisation
from schools.roster import actions as roster_actions
from schools.roster import commit as roster_commit
from schools.roster import file as roster_file
from schools.roster.cells import check_digit
from tests.support.databases import all_models

ROWS, SCHOOLS = 55_000, 107
LIMIT_S = 30.0
MAVIS_ROWS_PER_S = 30
HEADER = (
    "学校",
    "学号",
    "姓名",
    "性别",
    "出生日期",
    "年级",
    "班级",
    "身份证号",
    "监护人",
    "监护人电话",
)
GIVEN = "梓涵子轩浩然欣怡宇航雨桐思远晓禾一帆佳宁若曦明哲"


def rows(number: int, schools: int) -> Iterator[tuple[str, ...]]:
    """Invented students, forty to a class."""
    for n in range(number):
        born = f"201{n % 3}{n % 12 + 1:02}{n % 28 + 1:02}"
        seventeen = f"9901{n // 998 % 100:02}{born}{n % 998:03}"
        name = "张王李赵陈"[n % 5] + GIVEN[n % 24] + GIVEN[n // 24 % 24] + GIVEN[n // 576 % 24]
        school, place = n % schools, n // schools
        yield (
            f"第{school + 1}中学",
            f"26{n:06}",
            name,
            "女男"[n % 2],
            f"{born[:4]}-{born[4:6]}-{born[6:]}",
            ("七年级", "八年级", "九年级")[place % 3],
            f"{place // 3 % 14 + 1}班",
            seventeen + check_digit(seventeen),
            f"{name[0]}家长",
            f"139{n:08}",
        )


def prepare(folder: Path, schools: int) -> tuple[Actor, Organisation]:
    """An empty county with its schools."""
    all_models()
    database.configure(None, folder)
    crypto.configure(folder)
    database.Model.metadata.create_all(database.engine())
    with database.writing() as session:
        user = User(username="county", name="县", created_at=clock.now())
        county = Organisation(kind="county", path="/1/", code="1", name="县", active=True)
        session.add_all([user, county])
        session.flush()
        for n in range(schools):
            session.add(
                Organisation(
                    kind="school",
                    parent_id=county.id,
                    path=f"/1/{n + 2}/",
                    code=f"S{n}",
                    name=f"第{n + 1}中学",
                    stage="junior",
                )
            )
    held = Held(Role.COUNTY_VIEWER, county.id, county.path)
    return Actor.person(user.id, user.name, [held]), county


class Watch:
    """Says how long each step took."""

    def __init__(self) -> None:
        self.started = self.last = time.perf_counter()

    def step(self, name: str) -> None:
        """Print the time since the last step."""
        now = time.perf_counter()
        print(f"  {name:<28}{now - self.last:7.2f} s")
        self.last = now


def preview(by: Actor, county: Organisation, data: bytes, watch: Watch) -> int:
    """The whole way from the bytes to a stored preview, as the page does it."""
    sheets = spreadsheets.read(data)
    watch.step("read the file")
    parsed = roster_file.parse(sheets, clock.today())
    watch.step("read every cell")
    with database.reading() as session:
        proposal = roster_actions.propose(session, organisation=county, parsed=parsed)
    watch.step("match and plan")
    print("   ", {kind: number for kind, number in proposal.counts.items() if number})
    upload = roster_actions.Upload.of("county.xlsx", data)
    made = roster_actions.store_preview(by=by, upload=upload, proposal=proposal)
    watch.step("store the preview, encrypted")
    return made


def waiting_at_the_gate(by: Actor, import_id: int) -> None:
    """Carry out, and say how long one slice holds the write gate (a student's submit waits)."""
    held: list[float] = []
    usual = roster_commit.writing

    def timed() -> object:
        return _Timed(usual(), held)

    roster_commit.writing = timed  # type: ignore[assignment]
    roster_commit.carry_out(by=by, import_id=import_id)
    roster_commit.writing = usual
    p95 = statistics.quantiles(held, n=20)[-1]
    print(f"    {len(held)} slices, median {statistics.median(held):.3f} s, 95 % {p95:.3f} s")


class _Timed:
    def __init__(self, inner: object, held: list[float]) -> None:
        self.inner, self.held = inner, held

    def __enter__(self) -> object:
        self.began = time.perf_counter()
        return self.inner.__enter__()  # type: ignore[attr-defined]

    def __exit__(self, *what: object) -> object:
        self.held.append(time.perf_counter() - self.began)
        return self.inner.__exit__(*what)  # type: ignore[attr-defined]


def main() -> int:
    """Print the figures; exit 1 when the preview is too slow."""
    number, schools = (int(arg) for arg in (*sys.argv[1:3], ROWS, SCHOOLS)[:2])
    with tempfile.TemporaryDirectory() as folder:
        by, county = prepare(Path(folder), schools)
        data = spreadsheets.write_xlsx(HEADER, rows(number, schools))
        took = []
        for label in ("first import", "again, everybody known"):
            print(f"{label}: {number:,} rows, {schools} schools, {len(data) / 2**20:.1f} MB")
            watch = Watch()
            import_id = preview(by, county, data, watch)
            took.append(time.perf_counter() - watch.started)
            rate = number / took[-1]
            print(
                f"  PREVIEW {took[-1]:.1f} s (limit {LIMIT_S:.0f} s); {rate:,.0f} rows/s"
                f" (Mavis: {MAVIS_ROWS_PER_S})"
            )
            if label == "first import":
                waiting_at_the_gate(by, import_id)
                watch.step("carry out")
        database.dispose()
    return int(max(took) > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
