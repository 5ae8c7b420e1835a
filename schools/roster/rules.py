"""Which student a roster row means, and what each row would change: pure rules, no database.

The order of evidence follows the patient matcher of NHS Mavis (campaigns.md §1.1): a number first;
a candidate that holds a different number is never a match; otherwise name, class and birth date;
in doubt a person decides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from foundation.i18n import _
from schools.names import masked
from schools.roster.file import Issue, Row

STRONG = ("xueji", "id_card")
NUMBERS = (*STRONG, "student_number", "exam")
LASTING = (*STRONG, "student_number")
COMPARED = ("name", "sex", "birth_date", "student_number", "boarding")
CLASS_TO_JUDGE = 10

Place = tuple[str, str]


class Kind(StrEnum):
    """What a row would do."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    LEAVING = "leaving"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    UNCHANGED = "unchanged"


ACTING = frozenset({Kind.NEW, Kind.CHANGED, Kind.MOVED, Kind.LEAVING})


@dataclass(frozen=True, slots=True)
class Known:
    """A student as the system has him; `place` is (grade, class) as klass_names.split gives it."""

    id: int
    version: int
    place: Place
    name: str
    sex: str | None = None
    birth_date: str | None = None
    student_number: str | None = None
    boarding: bool | None = None
    enrolled: bool = True
    identifiers: Mapping[str, str] = field(default_factory=dict)
    guardians: tuple[tuple[str, str, str], ...] = ()
    place_name: str = ""

    def number(self, kind: str) -> str | None:
        """One of his numbers."""
        return self.student_number if kind == "student_number" else self.identifiers.get(kind)


@dataclass(slots=True)
class Planned:
    """One row with what it would do; `known` is the student it means, if there is one."""

    row: Row
    kind: Kind
    known: Known | None = None
    changes: tuple[str, ...] = ()

    def refuse(self, column: str, message: str) -> None:
        """Take the row out, and say why."""
        self.kind = Kind.REFUSED
        self.known, self.changes = None, ()
        self.row.issues.append(Issue(column, message))


class Index:
    """The students of one school by number and by name."""

    def __init__(self, students: Iterable[Known]) -> None:
        """Index every student once."""
        self.students = tuple(students)
        self.by_number: dict[tuple[str, str], list[Known]] = defaultdict(list)
        self.by_name: dict[str, list[Known]] = defaultdict(list)
        for student in self.students:
            self.by_name[student.name].append(student)
            for kind in NUMBERS:
                if value := student.number(kind):
                    self.by_number[kind, value].append(student)


def match(values: Mapping[str, Any], index: Index) -> tuple[Known | None, str]:
    """The student a row means, or none; the sentence is filled when a person must decide."""
    found = {
        student.id: student
        for kind in NUMBERS
        if kind in values
        for student in index.by_number.get((kind, values[kind]), ())
    }
    if len(found) > 1:
        return None, _("这一行的几个号码分别属于不同的学生，请核对。")
    if found:
        student = next(iter(found.values()))
        return _checked_number_match(values, student)
    return _match_by_name(values, index)


def _checked_number_match(values: Mapping[str, Any], student: Known) -> tuple[Known | None, str]:
    agrees = [kind for kind in NUMBERS if _same(values, student, kind)]
    if not set(agrees) & set(STRONG):
        other = [kind for kind in STRONG if _differs(values, student, kind)]
        temporary = other == ["xueji"] and str(student.number("xueji")).startswith("L")
        if other and not temporary:
            return None, _("学号与系统里的学生相同，但学籍号或身份证号不同，请核对是不是同一人。")
    renamed = values.get("name") not in (None, student.name)
    born = values.get("birth_date")
    if renamed and born and student.birth_date and born != student.birth_date:
        return None, _(
            "这个号码在系统里是 %(name)s，姓名和出生日期都不一样，请核对。",
            name=masked(student.name),
        )
    return student, ""


def _same(values: Mapping[str, Any], student: Known, kind: str) -> bool:
    return bool(values.get(kind)) and values.get(kind) == student.number(kind)


def _differs(values: Mapping[str, Any], student: Known, kind: str) -> bool:
    mine, theirs = values.get(kind), student.number(kind)
    return bool(mine) and bool(theirs) and mine != theirs


def could_be(values: Mapping[str, Any], student: Known) -> bool:
    """Whether nothing says that a row and a student of one name are two persons."""
    born = values.get("birth_date")
    return not (
        any(_differs(values, student, kind) for kind in LASTING)
        or (born and student.birth_date and born != student.birth_date)
    )


def _match_by_name(values: Mapping[str, Any], index: Index) -> tuple[Known | None, str]:
    """Same name and same birth date, or same name in the same class with one date unknown."""
    born, place = values.get("birth_date"), tuple(values.get("place", ()))
    candidates = [
        student
        for student in index.by_name.get(values.get("name", ""), ())
        if could_be(values, student)
    ]
    here = [student for student in candidates if student.place == place]
    dated = [student for student in candidates if born and student.birth_date == born]
    both = [student for student in here if student in dated]
    for group in (both, here, dated):
        if len(group) == 1:
            return group[0], ""
        if len(group) > 1:
            return None, _(
                "系统里有 %(n)s 名同名学生都可能是这一行，请补充学号或学籍号。", n=len(group)
            )
    return None, ""


def changes(values: Mapping[str, Any], student: Known) -> tuple[str, ...]:
    """The fields that the row would change; an empty or missing cell never erases anything."""
    found = [
        name
        for name in COMPARED
        if values.get(name) is not None and values[name] != getattr(student, name)
    ]
    found += [
        kind
        for kind in (*STRONG, "exam")
        if values.get(kind) and values[kind] != student.identifiers.get(kind)
    ]
    if any(not _has_guardian(student, person) for person in values.get("guardians", ())):
        found.append("guardians")
    if not student.enrolled:
        found.append("status")
    return tuple(found)


def _has_guardian(student: Known, person: Mapping[str, str]) -> bool:
    return any(
        name == person["name"]
        and person["relation"] in ("", relation)
        and person["phone"] in ("", phone)
        for name, relation, phone in student.guardians
    )


def plan(rows: Sequence[Row], students: Iterable[Known]) -> list[Planned]:
    """What every row of one school's file would do, and who of its classes is missing from it."""
    index = Index(students)
    planned = [_plan_row(row, index) for row in rows]
    _mark_repeats(planned)
    _mark_same_student(planned)
    return planned + _leaving(planned, index)


def _plan_row(row: Row, index: Index) -> Planned:
    if row.issues:
        return Planned(row, Kind.REFUSED)
    student, doubt = match(row.values, index)
    if doubt:
        planned = Planned(row, Kind.REFUSED)
        planned.refuse("", doubt)
        return planned
    if student is None:
        return Planned(row, Kind.NEW)
    changed = changes(row.values, student)
    if student.place != tuple(row.values["place"]):
        return Planned(row, Kind.MOVED, student, ("place", *changed))
    return Planned(row, Kind.CHANGED if changed else Kind.UNCHANGED, student, changed)


def _keys(values: Mapping[str, Any]) -> list[tuple[str, ...]]:
    numbers = [(kind, values[kind]) for kind in NUMBERS if values.get(kind)]
    if numbers:
        return [tuple(map(str, number)) for number in numbers]
    return [("person", str(values.get("name")), str(values.get("birth_date")))]


def _mark_repeats(planned: Sequence[Planned]) -> None:
    """The same number twice: named on both rows; two different names refuse both."""
    first: dict[tuple[str, ...], Planned] = {}
    for this in planned:
        if this.kind == Kind.REFUSED:
            continue
        for key in _keys(this.row.values):
            other = first.setdefault(key, this)
            if other is not this:
                _mark_pair(other, this)
                break


def _mark_pair(other: Planned, this: Planned) -> None:
    if other.row.values.get("name") != this.row.values.get("name"):
        sentence = _("号码与第 %(n)s 行相同，但姓名不同，两行都没有采用。", n=other.row.place)
        this.refuse("", sentence)
        if other.kind != Kind.REFUSED:
            sentence = _("号码与第 %(n)s 行相同，但姓名不同，两行都没有采用。", n=this.row.place)
            other.refuse("", sentence)
        return
    this.kind, this.changes = Kind.DUPLICATE, ()
    this.row.issues.append(Issue("", _("与第 %(n)s 行重复，只采用那一行。", n=other.row.place)))
    other.row.issues.append(Issue("", _("与第 %(n)s 行重复，采用本行。", n=this.row.place)))


def _mark_same_student(planned: Sequence[Planned]) -> None:
    """Two rows that mean one student of the system by different evidence."""
    first: dict[int, Planned] = {}
    for this in planned:
        if this.known is None or this.kind in (Kind.REFUSED, Kind.DUPLICATE):
            continue
        other = first.setdefault(this.known.id, this)
        if other is not this:
            this.kind, this.changes = Kind.DUPLICATE, ()
            sentence = _("与第 %(n)s 行指的是同一名学生，只采用那一行。", n=other.row.place)
            this.row.issues.append(Issue("", sentence))


def _leaving(planned: Sequence[Planned], index: Index) -> list[Planned]:
    """Enrolled students of the classes in the file whom no row means; other classes stay.

    A class with a refused row loses nobody by it: the refused row may be the missing student.
    """
    meant = {this.known.id for this in planned if this.known}
    places = {tuple(this.row.values["place"]) for this in planned if "place" in this.row.values}
    refused_names = {this.row.values.get("name") for this in planned if this.kind == Kind.REFUSED}
    return [
        Planned(Row(0, [], {"name": student.name}), Kind.LEAVING, student, ("status",))
        for student in index.students
        if student.enrolled
        and student.id not in meant
        and student.place in places
        and student.name not in refused_names
    ]


def counts(planned: Iterable[Planned]) -> dict[str, int]:
    """How many rows of each kind, every kind named."""
    found = Counter(this.kind for this in planned)
    return {kind.value: found[kind] for kind in Kind}
