"""One student by hand: added, corrected, moved, left and back; guardians; never over another's save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from schools.models import Guardian, GuardianStatus, Klass, Student, StudentStatus
from schools.names import masked
from schools.roster import cells as roster_cells
from schools.roster import queries as roster_queries
from schools.roster import rules as roster
from schools.roster.cells import BadCell
from schools.roster.commit import IDENTIFIERS, put_identifier, rename
from schools.roster.file import Row, one_person
from schools.roster.rules import Index, Known
from schools.student_queries import student_numbers

# fields that a page may clear; official numbers are only ever replaced
CLEARABLE = ("sex", "birth_date", "student_number", "boarding")


@dataclass(frozen=True, slots=True)
class Details:
    """What a page says about a student, as it was typed."""

    klass: Klass
    texts: Mapping[str, str]
    pinyin: str = ""


class Mistakes(Refused):
    """Several things are wrong at once: a sentence for each field."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        """Keep the sentences by field."""
        super().__init__(" ".join(sentences.values()))
        self.sentences = sentences


def add(session: Session, *, by: Actor, details: Details) -> Student:
    """Enrol one student. Raises Mistakes when a field is wrong or the student is here already."""
    row = _read(details)
    index = _index(session, details.klass.school_id)
    found, doubt = roster.match(row.values, index)
    if doubt:
        raise Mistakes({"name": doubt})
    if found is not None:
        raise Mistakes({"name": _already_here(found)})
    student = Student(
        school_id=details.klass.school_id,
        klass_id=details.klass.id,
        name="",
        created_at=clock.now(),
    )
    session.add(student)
    _fill(student, row.values, details)
    session.flush()
    _put_numbers(session, student, row.values)
    _audited(session, by, student, "student.added")
    return student


def edit(
    session: Session, *, by: Actor, student: Student, version: int, details: Details
) -> Sequence[str]:
    """Correct a student or move him to another class; returns the changed fields.

    Raises Mistakes for wrong fields, WrongState when somebody else saved in between.
    """
    held = student_numbers(session, student.id)
    kept = {kind: value for kind, value in held.items() if not details.texts.get(kind)}
    row = _read(details, kept)
    index = _index(session, student.school_id)
    _check_owner(row, index, student)
    changed = _changed(student, row.values, details, index)
    _claim(session, student, version)
    student.klass_id = details.klass.id
    _fill(student, row.values, details)
    _put_numbers(session, student, {k: v for k, v in row.values.items() if k not in kept})
    _audited(session, by, student, "student.edited", {"fields": list(changed)})
    return changed


def leave(
    session: Session, *, by: Actor, student: Student, version: int, graduated: bool = False
) -> None:
    """The student has left the school, or finished it."""
    if student.status != StudentStatus.ENROLLED:
        raise WrongState(_("这名学生已经离校。"), ("return",))
    _claim(session, student, version)
    status = StudentStatus.GRADUATED if graduated else StudentStatus.LEFT
    student.status = status.value
    _audited(session, by, student, "student.left", {"status": status.value})


def take_back(session: Session, *, by: Actor, student: Student, version: int) -> None:
    """He is here after all, or has come back: enrolled in the class he had."""
    if student.status == StudentStatus.ENROLLED:
        raise WrongState(_("这名学生本来就在读。"), ("leave",))
    _claim(session, student, version)
    student.status = StudentStatus.ENROLLED.value
    _audited(session, by, student, "student.returned")


def put_guardian(
    session: Session,
    *,
    by: Actor,
    student: Student,
    version: int,
    guardian: Guardian | None,
    texts: Mapping[str, str],
    status: GuardianStatus,
) -> Guardian:
    """Add a guardian, or correct one. A guardian suspected of harm keeps that mark here."""
    values = _guardian_values(texts)
    _claim(session, student, version)
    event = "guardian.edited" if guardian else "guardian.added"
    kept = guardian or Guardian(student_id=student.id, status=status.value)
    kept.name, kept.relation, kept.phone = values["name"], values["relation"], values["phone"]
    if kept.status != GuardianStatus.SUSPECTED:
        kept.status = status.value
    session.add(kept)
    session.flush()
    _audited(session, by, student, event, {"guardian": kept.id})
    return kept


def _guardian_values(texts: Mapping[str, str]) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    name, phone = texts.get("name", "").strip(), texts.get("phone", "").strip()
    found: dict[str, Any] = {"relation": (texts.get("relation", "").strip() or _("监护人"))[:20]}
    if not name:
        wrong["name"] = _("请输入姓名。")
    for field, text, reader in (
        ("name", name, roster_cells.name),
        ("phone", phone, roster_cells.phone),
    ):
        try:
            found[field] = reader(text) if text else None
        except BadCell as problem:
            wrong[field] = str(problem)
    if wrong:
        raise Mistakes(wrong)
    return found


def _read(details: Details, kept: Mapping[str, str] | None = None) -> Row:
    """The typed fields by the rules of a roster file; numbers he holds already count as given."""
    klass = details.klass
    texts = {name: text.strip() for name, text in details.texts.items()}
    row = one_person({**texts, **(kept or {})}, (klass.grade.name, klass.name), clock.today())
    if row.issues:
        raise Mistakes({issue.column or "student_number": issue.message for issue in row.issues})
    return row


def _index(session: Session, school_id: int) -> Index:
    return Index(roster_queries.known_students(session, [school_id]).get(school_id, ()))


def _already_here(found: Known) -> str:
    place = found.place_name
    if not found.enrolled:
        return _(
            "本校名单里有这名学生（%(place)s，已离校）。请打开他的页面，恢复在读。", place=place
        )
    return _("本校名单里已有这名学生（%(place)s）。请打开他的页面修改。", place=place)


def _check_owner(row: Row, index: Index, student: Student) -> None:
    wrong = {}
    for kind in roster.NUMBERS:
        others = [
            other
            for other in index.by_number.get((kind, row.values.get(kind) or ""), ())
            if other.id != student.id
        ]
        if others:
            wrong[kind] = _(
                "这个号码是 %(name)s（%(place)s）的，请核对。",
                name=masked(others[0].name),
                place=others[0].place_name,
            )
    if wrong:
        raise Mistakes(wrong)


def _changed(
    student: Student, values: Mapping[str, Any], details: Details, index: Index
) -> tuple[str, ...]:
    known = next(each for each in index.students if each.id == student.id)
    changed = set(roster.changes(values, known)) - {"status", "guardians"}
    changed |= {name for name in CLEARABLE if values.get(name) != getattr(known, name)}
    if student.klass_id != details.klass.id:
        changed.add("klass")
    return tuple(sorted(changed))


def _claim(session: Session, student: Student, version: int) -> None:
    """Compare and swap of the version: of two people who edit at once, one saves."""
    taken = session.execute(
        update(Student)
        .where(Student.id == student.id, Student.version == version)
        .values(version=version + 1)
        .returning(Student.id)
    ).first()
    if taken is None:
        raise WrongState(
            _("有人刚刚修改了这名学生的资料，您的改动没有保存。请打开最新的页面，核对后再改。"), ()
        )
    session.refresh(student, ["version"])


def _fill(student: Student, values: Mapping[str, Any], details: Details) -> None:
    if student.name != values["name"]:  # else a pinyin that somebody wrote stays
        rename(student, values["name"])
    syllables = [s for s in details.pinyin.lower().split() if s.isascii() and s.isalpha()]
    if syllables:
        student.pinyin = "".join(syllables)[:120]
        student.initials = "".join(s[0] for s in syllables)[:30]
    student.sex = values.get("sex")
    student.student_number = values.get("student_number")
    student.boarding = values.get("boarding")
    born = values.get("birth_date")
    student.birth_date = date.fromisoformat(born) if born else None


def _put_numbers(session: Session, student: Student, values: Mapping[str, Any]) -> None:
    for kind in IDENTIFIERS:
        if values.get(kind):
            put_identifier(session, student.id, kind, values[kind])


def _audited(
    session: Session,
    by: Actor,
    student: Student,
    event: str,
    details: dict[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        event,
        by=by.ref,
        organisation_id=student.school_id,
        subject=f"student:{student.id}",
        details=details,
    )
