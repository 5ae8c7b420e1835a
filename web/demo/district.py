"""The places of the demo: a province, two cities, four counties, five schools, hospitals, desks."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import clock
from schools.actions import add_organisation, add_term
from schools.models import Organisation, OrganisationKind, Stage

K, S = OrganisationKind, Stage
BY = Actor.system("demo")
# code, parent's code, kind, name, stage
PLACES: tuple[tuple[str, str | None, OrganisationKind, str, Stage | None], ...] = (
    ("000000", None, K.NATION, "全国（演示）", None),
    ("990000", "000000", K.PROVINCE, "东江省", None),
    ("990100", "990000", K.CITY, "临江市", None),
    ("990200", "990000", K.CITY, "望海市", None),
    ("990101", "990100", K.COUNTY, "青山区", None),
    ("990102", "990100", K.COUNTY, "白鹭县", None),
    ("990201", "990200", K.COUNTY, "南屿县", None),
    ("990202", "990200", K.COUNTY, "北港区", None),
    ("9901010001", "990101", K.SCHOOL, "青山初级中学", S.JUNIOR),
    ("9901010002", "990101", K.SCHOOL, "青山高级中学", S.SENIOR),
    ("9901020001", "990102", K.SCHOOL, "白鹭职业学校", S.VOCATIONAL),
    ("9902010001", "990201", K.SCHOOL, "南屿学院", S.HIGHER),
    ("9902020001", "990202", K.SCHOOL, "北港初级中学", S.JUNIOR),
    ("H990101", "990100", K.HOSPITAL, "临江市心理卫生中心", None),
    ("H990201", "990200", K.HOSPITAL, "望海市妇女儿童医院", None),
    ("D990000", "990000", K.DESK, "东江省12355青少年服务台", None),
    ("D990100", "990100", K.DESK, "临江市12355青少年服务台", None),
    ("D990101", "990101", K.DESK, "青山区12355青少年服务台", None),
    ("D990102", "990102", K.DESK, "白鹭县12355青少年服务台", None),
    ("D990200", "990200", K.DESK, "望海市12355青少年服务台", None),
    ("D990201", "990201", K.DESK, "南屿县12355青少年服务台", None),
    ("D990202", "990202", K.DESK, "北港区12355青少年服务台", None),
)


@dataclass(frozen=True)
class School:
    """How many students a demo school has, in which grades and classes."""

    code: str
    grades: tuple[str, ...]
    classes: int
    size: int
    youngest: int  # age in the first grade


SCHOOLS = (
    School("9901010001", ("初一", "初二", "初三"), 4, 45, 12),
    School("9901010002", ("高一", "高二", "高三"), 5, 45, 15),
    School("9901020001", ("职一", "职二"), 4, 40, 15),
    School("9902010001", ("文学院", "理学院", "工学院"), 3, 50, 18),
    School("9902020001", ("初一", "初二", "初三"), 3, 45, 12),
)


def build(session: Session) -> dict[str, Organisation]:
    """Hang every place into the tree; returns them by code."""
    made: dict[str, Organisation] = {}
    for code, parent, kind, name, stage in PLACES:
        made[code] = add_organisation(
            session,
            by=BY,
            parent=made[parent] if parent else None,
            kind=kind,
            name=name,
            code=code,
            stage=stage,
        )
    _terms(session, made["990000"])
    return made


def _terms(session: Session, province: Organisation) -> None:
    # whatever the day the demo is loaded on, it lies in a term
    today = clock.today()
    autumn = today.month >= 8
    year = today.year if autumn else today.year - 1
    new_year = date(year + 1, 2, 10)
    bounds = [(1, date(year, 8, 1), new_year), (2, new_year + timedelta(1), date(year + 1, 7, 31))]
    for number, starts_on, ends_on in bounds:
        add_term(
            session,
            by=BY,
            organisation=province,
            school_year=f"{year}-{year + 1}",
            number=number,
            starts_on=starts_on,
            ends_on=ends_on,
        )
