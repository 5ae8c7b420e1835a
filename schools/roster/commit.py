"""Carrying out a previewed roster in slices; what changed since the preview is not overwritten."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.policy import Actor
from foundation import audit, clock, outbox
from foundation.crypto import blind_index
from foundation.database import hold, reading, writing
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from schools import actions, klass_names
from schools.models import (
    Grade,
    Guardian,
    Klass,
    Organisation,
    RosterImport,
    RosterRow,
    Student,
    StudentIdentifier,
    StudentStatus,
)
from schools.names import pinyin
from schools.queries import actor_of
from schools.roster import queries as roster_queries
from schools.roster import rules as roster
from schools.roster.actions import sliced
from schools.roster.rules import Kind, Place

COMMIT = "roster.commit"
# A student's submit waits for the write gate while a slice holds it.
SLICE = 100
AT_ONCE = 2000
OPENED = "opened"
ACTING = tuple(kind.value for kind in Kind if kind in roster.ACTING)
IDENTIFIERS = ("xueji", "id_card", "exam")
PLAIN = ("sex", "student_number", "boarding")


def identifier_index(kind: str, value: str) -> str:
    """The blind index under which a student's official number is found."""
    return blind_index(f"student-{kind}", value)


def start(*, by: Actor, import_id: int, confirmed: bool, whole: bool = False) -> bool:
    """Carry a preview out: small ones now (True), large ones by the worker (False).

    Only a `whole` list, which names everybody of its classes, lets those leave whom it does not
    name; a list of newcomers changes nobody else.

    Raises Refused when its warnings were not confirmed, WrongState when it is no preview.
    """
    with writing() as session:
        made = hold(session, RosterImport, import_id)
        if made.state != "previewed":
            raise WrongState(_("这份名单已经处理过了。"), ())
        if not confirmed and _questions(made, whole=whole):
            raise Refused(_("有的班级变动超过三成，请核对后勾选确认。"), "confirmed")
        decided = made.counts if made.counts.get("asked") else {**made.counts, "whole": whole}
        made.counts = {**decided, "asked": True}
        size: int = sum(made.counts[kind] for kind in acting_kinds(made))
        if size > AT_ONCE:
            outbox.enqueue(
                session,
                COMMIT,
                key=f"{COMMIT}:{import_id}",
                payload={"import_id": import_id, "user_id": by.user_id},
            )
    if size <= AT_ONCE:
        carry_out(by=by, import_id=import_id)
    return size <= AT_ONCE


def _questions(made: RosterImport, *, whole: bool) -> bool:
    return any(
        warning["confirm"] and (whole or not warning.get("if_whole")) for warning in made.warnings
    )


def acting_kinds(made: RosterImport) -> tuple[str, ...]:
    """The kinds of rows that are carried out; previews of before the choice were whole lists."""
    if made.counts.get("whole", True):
        return ACTING
    return tuple(kind for kind in ACTING if kind != Kind.LEAVING.value)


@outbox.handler(COMMIT)
def deliver(payload: dict[str, Any], _message_key: str) -> None:
    """The worker's part: go on with an import for the person who asked for it."""
    with reading() as session:
        user = session.get_one(User, payload["user_id"])
        actor = actor_of(session, user)
        if session.get_one(RosterImport, payload["import_id"]).state != "previewed":
            return
    carry_out(by=actor, import_id=payload["import_id"])


def carry_out(*, by: Actor, import_id: int) -> None:
    """Every waiting row, slice by slice; safe to call again after an interruption."""
    # not in the request's reading unit: it began before the choice was written
    with writing() as session:
        kinds = acting_kinds(session.get_one(RosterImport, import_id))
        ids = roster_queries.row_ids(session, import_id, kinds, None)
    for part in sliced(ids, SLICE):
        with writing() as session:
            rows = session.scalars(roster_queries.rows_with(part, None)).all()
            part_done = _Slice(session, by, rows)
            part_done.run()
            if part_done.opened:
                made = hold(session, RosterImport, import_id)
                made.counts = {**made.counts, OPENED: opened_by(made) + part_done.opened}
    with writing() as session:
        _finish(session, by=by, import_id=import_id)


def opened_by(made: RosterImport) -> list[int]:
    """Ids of the classes that the import opened; imports of before did not keep them."""
    found: list[int] = made.counts.get(OPENED, [])
    return found


def _finish(session: Session, *, by: Actor, import_id: int) -> None:
    made = hold(session, RosterImport, import_id)
    if made.state != "previewed":
        return
    done = roster_queries.done_counts(session, import_id)
    made.state, made.committed_at = "committed", clock.now()
    made.counts = {**made.counts, "done": done.get("done", 0), "review": done.get("review", 0)}
    audit.record(
        session,
        "roster.committed",
        by=by.ref,
        organisation_id=made.organisation_id,
        subject=f"roster_import:{made.id}",
        details={key: made.counts[key] for key in ("done", "review")},
    )


class _Slice:
    """Some rows of one import, inside one unit of work."""

    def __init__(self, session: Session, by: Actor, rows: Sequence[RosterRow]) -> None:
        self.session, self.by, self.rows = session, by, rows
        schools = sorted({row.school_id for row in rows if row.school_id})
        self.klass_ids = roster_queries.klass_ids(session, schools)
        self.students = self._locked([row.student_id for row in rows if row.student_id])
        self.taken = self._taken_numbers(schools)
        self.opened: list[int] = []
        self.schools: dict[int, Organisation] = {}
        self.grades: dict[int, dict[str, str]] = {}

    def _locked(self, ids: Sequence[int]) -> dict[int, Student]:
        found = self.session.scalars(select(Student).where(Student.id.in_(ids)).with_for_update())
        return {student.id: student for student in found}

    def _taken_numbers(self, schools: Sequence[int]) -> set[tuple[int, str]]:
        """Numbers that came into use since the preview would make a second student."""
        numbers = [row.wanted.get("student_number") for row in self.rows]
        wanted = [number for number in numbers if number]
        found = self.session.execute(
            select(Student.school_id, Student.student_number).where(
                Student.school_id.in_(schools), Student.student_number.in_(wanted)
            )
        )
        return {(school_id, number or "") for school_id, number in found}

    def run(self) -> None:
        """Carry out each row, or set it aside for another review."""
        self._add([row for row in self.rows if row.kind == Kind.NEW])
        for row in self.rows:
            if row.kind != Kind.NEW:
                row.done = self._change(row)

    def _klass_id(self, row: RosterRow) -> int:
        grade, klass = row.wanted["place"]
        place: Place = (grade, klass)
        school_id = row.school_id or 0
        if (school_id, place) not in self.klass_ids:
            opened = self._open_klass(school_id, row).id
            self.klass_ids[school_id, place] = opened
            self.opened.append(opened)
        return self.klass_ids[school_id, place]

    def _open_klass(self, school_id: int, row: RosterRow) -> Klass:
        grade, klass = row.wanted["place"]
        return actions.add_klass(
            self.session,
            by=self.by,
            school=self._school(school_id),
            grade_name=self._grade_name(school_id, grade, row.wanted["grade_name"]),
            name=klass_names.klass_label(klass) or grade,
            entry_year=klass_names.entry_year(grade),
            branch_name=row.wanted.get("branch"),
        )

    def _school(self, school_id: int) -> Organisation:
        if school_id not in self.schools:
            self.schools[school_id] = self.session.get_one(Organisation, school_id)
        return self.schools[school_id]

    def _grade_name(self, school_id: int, key: str, written: str) -> str:
        """The grade there is, so that 初一 of a file joins the 七年级 of the school; else a new one."""
        if school_id not in self.grades:
            names = self.session.scalars(select(Grade.name).where(Grade.school_id == school_id))
            self.grades[school_id] = {klass_names.grade_key(name): name for name in names}
        return self.grades[school_id].setdefault(key, written)

    def _add(self, rows: Sequence[RosterRow]) -> None:
        fresh = []
        for row in rows:
            number = row.wanted.get("student_number")
            if number and (row.school_id, number) in self.taken:
                row.done = "review"
            else:
                fresh.append(row)
        if not fresh:
            return
        records = [self._student(row) for row in fresh]
        ids = self.session.scalars(
            insert(Student).returning(Student.id, sort_by_parameter_order=True), records
        ).all()
        for row, student_id in zip(fresh, ids, strict=True):
            row.student_id, row.student_version, row.done = student_id, 1, "done"
        self._add_identifiers(fresh)
        self._add_guardians(fresh)

    def _student(self, row: RosterRow) -> dict[str, Any]:
        wanted = row.wanted
        full, initials = pinyin(wanted["name"])
        return {
            "school_id": row.school_id,
            "klass_id": self._klass_id(row),
            "name": wanted["name"],
            "pinyin": full,
            "initials": initials,
            "birth_date": _date(wanted.get("birth_date")),
            "status": StudentStatus.ENROLLED.value,
            "version": 1,
            "created_at": clock.now(),
            **{name: wanted.get(name) for name in PLAIN},
        }

    def _add_identifiers(self, rows: Sequence[RosterRow]) -> None:
        records = [
            _identifier(row.student_id or 0, kind, row.wanted[kind])
            for row in rows
            for kind in IDENTIFIERS
            if row.wanted.get(kind)
        ]
        if records:
            self.session.execute(insert(StudentIdentifier), records)

    def _add_guardians(self, rows: Sequence[RosterRow]) -> None:
        records = [
            {"student_id": row.student_id, "status": "present", **_guardian(person)}
            for row in rows
            for person in row.wanted.get("guardians", ())
        ]
        if records:
            self.session.execute(insert(Guardian), records)

    def _change(self, row: RosterRow) -> str:
        student = self.students.get(row.student_id or 0)
        if student is None or student.version != row.student_version:
            return "review"
        row.before = {**(row.before or {}), "klass_id": student.klass_id, "status": student.status}
        if row.kind == Kind.LEAVING:
            student.status = StudentStatus.LEFT.value
        else:
            self._apply(row, student)
        student.version += 1
        row.student_version = student.version
        return "done"

    def _apply(self, row: RosterRow, student: Student) -> None:
        wanted = row.wanted
        for name in wanted["changes"]:
            if name in PLAIN:
                setattr(student, name, wanted[name])
            elif name in IDENTIFIERS:
                put_identifier(self.session, student.id, name, wanted[name])
        if "place" in wanted["changes"]:
            student.klass_id = self._klass_id(row)
        if "birth_date" in wanted["changes"]:
            student.birth_date = _date(wanted["birth_date"])
        if "name" in wanted["changes"]:
            rename(student, wanted["name"])
        if "guardians" in wanted["changes"]:
            row.before = {**row.before, "guardians": self._put_guardians(student, wanted)}
        student.status = StudentStatus.ENROLLED.value

    def _put_guardians(self, student: Student, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Adds or updates guardians by name; what was there before, for undo."""
        there = self.session.scalars(
            select(Guardian).where(Guardian.student_id == student.id)
        ).all()
        before = [
            {"id": g.id, "name": g.name, "relation": g.relation, "phone": g.phone} for g in there
        ]
        by_name = {guardian.name: guardian for guardian in there}
        for person in wanted["guardians"]:
            guardian = by_name.get(person["name"])
            if guardian is None:
                self.session.add(Guardian(student_id=student.id, **_guardian(person)))
                continue
            guardian.relation = person["relation"] or guardian.relation
            guardian.phone = person["phone"] or guardian.phone
        return before


def rename(student: Student, name: str) -> None:
    """Keep the name with the spellings by which it is found."""
    student.name = name
    student.pinyin, student.initials = pinyin(name)


def put_identifier(session: Session, student_id: int, kind: str, value: str) -> None:
    """Set one official number of a student."""
    record = _identifier(student_id, kind, value)
    changed = session.execute(
        update(StudentIdentifier)
        .where(StudentIdentifier.student_id == student_id, StudentIdentifier.kind == kind)
        .values(value=value, blind_index=record["blind_index"])
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        session.execute(insert(StudentIdentifier), [record])


def _identifier(student_id: int, kind: str, value: str) -> dict[str, Any]:
    index = identifier_index(kind, value)
    return {"student_id": student_id, "kind": kind, "value": value, "blind_index": index}


def _guardian(person: Mapping[str, str]) -> dict[str, Any]:
    relation = person["relation"] or _("监护人")
    return {"name": person["name"], "relation": relation[:20], "phone": person["phone"] or None}


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
