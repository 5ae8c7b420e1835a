"""Uploading a roster: what it would do is worked out and stored as a preview, or refused whole."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock, outbox
from foundation.database import writing
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from schools import klass_names
from schools.models import Organisation, OrganisationKind, RosterImport, RosterRow
from schools.roster import judging
from schools.roster import queries as roster_queries
from schools.roster import rules as roster
from schools.roster.file import Issue, Parsed, Row
from schools.roster.rules import Kind, Known, Planned
from schools.year import queries as year_queries
from schools.year import rules as year_rules

SLICE = 1000
KEEP_UPLOADS = timedelta(days=30)
EXPIRE = "roster.expire"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    sha256: str

    @classmethod
    def of(cls, name: str, data: bytes) -> "Upload":
        """The file's last name, without a path, and its checksum."""
        return cls(
            name.replace("\\", "/").rsplit("/", 1)[-1][:200], hashlib.sha256(data).hexdigest()
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file would do; `rows` pairs each planned row with its school's id."""

    organisation_id: int
    parsed: Parsed
    rows: list[tuple[int | None, Planned]]
    counts: dict[str, int]
    warnings: list[dict[str, Any]]


def sliced(values: Sequence[T], size: int = SLICE) -> Iterator[Sequence[T]]:
    """The values in slices, so that no unit of work holds the write gate for long."""
    for at in range(0, len(values), size):
        yield values[at : at + size]


def propose(session: Session, *, organisation: Organisation, parsed: Parsed) -> Proposal:
    """Work out what the file would do for the school, or for the schools of the county.

    Raises Refused when the file as a whole is wrong; nothing is stored then.
    """
    schools = roster_queries.schools_of(session, organisation)
    groups, homeless = _by_school(organisation, schools, parsed)
    ids = list(groups)
    students = roster_queries.known_students(session, ids)
    planned = {number: roster.plan(groups[number], students.get(number, ())) for number in ids}
    warnings = _judged(schools, planned, students, _before_their_year(session, ids))
    rows: list[tuple[int | None, Planned]] = [
        (number, this) for number in ids for this in planned[number]
    ]
    rows += [(None, Planned(row, Kind.REFUSED)) for row in homeless]
    _check_worth(rows)
    warnings += _new_klasses(session, rows, schools) + _unused(parsed) + _several(parsed)
    counts = roster.counts(this for _number, this in rows)
    return Proposal(organisation.id, parsed, rows, counts, warnings)


def _by_school(
    organisation: Organisation, schools: Sequence[Organisation], parsed: Parsed
) -> tuple[dict[int, list[Row]], list[Row]]:
    """The rows of each school, and the rows whose school is unknown here."""
    by_name = {klass_names.folded(school.name): school.id for school in schools}
    by_code = {klass_names.folded(school.code): school.id for school in schools}
    column = parsed.title("school_code") or parsed.title("school")
    if not column:
        return _one_school(organisation, parsed), []
    groups: dict[int, list[Row]] = defaultdict(list)
    homeless: list[Row] = []
    for row in parsed.rows:
        code = klass_names.folded(row.values.get("school_code", ""))
        name = klass_names.folded(row.values.get("school", ""))
        found = by_code.get(code) or by_name.get(name) or by_code.get(name)
        if found:
            groups[found].append(row)
        else:
            row.issues.append(Issue(column, _not_here(organisation)))
            homeless.append(row)
    if not groups:
        written = str(
            homeless[0].values.get("school") or homeless[0].values.get("school_code") or ""
        )
        raise Refused(
            _(
                "名单里的学校是“%(written)s”，不属于%(name)s，没有保存。",
                written=written,
                name=organisation.name,
            ),
            "file",
        )
    return groups, homeless


def _not_here(organisation: Organisation) -> str:
    if organisation.kind == OrganisationKind.SCHOOL:
        return _("这一行写的不是本校。")
    return _("没有找到这所学校，请核对校名或学校代码。")


def _one_school(organisation: Organisation, parsed: Parsed) -> dict[int, list[Row]]:
    if organisation.kind != OrganisationKind.SCHOOL:
        raise Refused(_("县级名单要有“学校”或“学校代码”这一列。"), "file")
    return {organisation.id: parsed.rows}


def _judged(
    schools: Sequence[Organisation],
    planned: dict[int, list[Planned]],
    students: dict[int, list[Known]],
    before_their_year: set[int],
) -> list[dict[str, Any]]:
    names = {school.id: school.name for school in schools}
    several = len(planned) > 1
    warnings, foreign = [], []
    for number, rows in planned.items():
        here = students.get(number, [])
        gate = judging.judge(rows, here, _labels(here), year_is_due=number in before_their_year)
        prefix = names[number] + " " if several else ""
        if gate.refused:
            foreign.append(prefix + gate.refused)
        warnings += [{"text": prefix + sentence, "confirm": True} for sentence in gate.confirm]
        warnings += [
            {"text": prefix + sentence, "confirm": True, "if_whole": True}
            for sentence in gate.if_whole
        ]
    if foreign:
        raise Refused(" ".join(foreign[:5]), "file")
    return warnings


def _before_their_year(session: Session, school_ids: Sequence[int]) -> set[int]:
    """Schools that have not moved their classes up for the year that may begin now."""
    year = year_rules.begins(clock.today())
    return {number for number in school_ids if year_queries.is_due(session, number, year)}


def _labels(students: Sequence[Known]) -> Callable[[str, str], str]:
    """Classes are called as the school calls them, new ones as the file does."""
    names = {student.place: student.place_name for student in students}
    return lambda grade, klass: names.get((grade, klass)) or klass_names.label(grade, klass)


def _check_worth(rows: Sequence[tuple[int | None, Planned]]) -> None:
    """A file of which every row is refused for the same column is a wrong file, not a roster."""
    if len(rows) < roster.CLASS_TO_JUDGE or any(this.kind != Kind.REFUSED for _n, this in rows):
        return
    columns = Counter(issue.column for _n, this in rows for issue in this.row.issues)
    column, number = columns.most_common(1)[0]
    if number >= len(rows):
        example = next(i for _n, this in rows for i in this.row.issues if i.column == column)
        raise Refused(
            _(
                "全部 %(n)s 行都读不懂，没有保存。例如“%(column)s”：%(message)s",
                n=len(rows),
                column=column,
                message=example.message,
            ),
            "file",
        )


def _new_klasses(
    session: Session,
    rows: Sequence[tuple[int | None, Planned]],
    schools: Sequence[Organisation],
) -> list[dict[str, Any]]:
    there = roster_queries.klass_ids(session, [school.id for school in schools])
    wanted = {
        (number, tuple(this.row.values["place"])): _place_name(this.row)
        for number, this in rows
        if number and this.kind in (Kind.NEW, Kind.MOVED)
    }
    new = sorted(name for key, name in wanted.items() if key not in there)
    if not new:
        return []
    names = "、".join(new[:8])
    more = "…" if len(new) > 8 else ""
    sentence = _("会新建 %(n)s 个班级：%(names)s", n=len(new), names=names + more)
    return [{"text": sentence, "confirm": False}]


def _place_name(row: Row) -> str:
    if "place" not in row.values:
        return ""
    return f"{row.values['grade_name']} {klass_names.klass_label(row.values['place'][1])}"


def _unused(parsed: Parsed) -> list[dict[str, Any]]:
    if not parsed.unused:
        return []
    names = "、".join(parsed.unused[:10])
    return [{"text": _("这些列没有用到：%(names)s", names=names), "confirm": False}]


def _several(parsed: Parsed) -> list[dict[str, Any]]:
    names = dict.fromkeys(row.sheet for row in parsed.rows if row.sheet)
    if not names:
        return []
    sentence = _("读了 %(n)s 个工作表：%(names)s", n=len(names), names="、".join(names))
    return [{"text": sentence, "confirm": False}]


def store_preview(*, by: Actor, upload: Upload, proposal: Proposal) -> int:
    """Keep the preview, in slices; until the last slice is in, the import counts as cancelled."""
    with writing() as session:
        import_id = _begin(session, by=by, upload=upload, proposal=proposal)
    column = proposal.parsed.columns["name"]
    for part in sliced(proposal.rows):
        records = [_record(import_id, number, this, column) for number, this in part]
        with writing() as session:
            session.execute(insert(RosterRow), records)
    with writing() as session:
        session.execute(
            update(RosterImport).where(RosterImport.id == import_id).values(state="previewed")
        )
    return import_id


def _begin(session: Session, *, by: Actor, upload: Upload, proposal: Proposal) -> int:
    made = RosterImport(
        organisation_id=proposal.organisation_id,
        file_name=upload.name,
        file_sha256=upload.sha256,
        state="cancelled",
        headers=list(proposal.parsed.titles),
        counts=proposal.counts,
        warnings=proposal.warnings,
        uploaded_by=by.user_id,
        uploaded_at=clock.now(),
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        "roster.uploaded",
        by=by.ref,
        organisation_id=made.organisation_id,
        subject=f"roster_import:{made.id}",
        details={"sha256": upload.sha256, "counts": proposal.counts},
    )
    outbox.enqueue(
        session,
        EXPIRE,
        key=f"{EXPIRE}:{made.id}",
        payload={"import_id": made.id},
        due_at=clock.now() + KEEP_UPLOADS,
    )
    return made.id


def _record(
    import_id: int, school_id: int | None, this: Planned, name_column: int
) -> dict[str, Any]:
    known, values = this.known, this.row.values
    written = this.row.cells[name_column] if this.row.cells else ""
    return {
        "import_id": import_id,
        "row_number": this.row.number,
        "kind": this.kind.value,
        "school_id": school_id,
        "student_id": known.id if known else None,
        "student_version": known.version if known else None,
        "cells": this.row.cells,
        "wanted": {
            **values,
            "changes": list(this.changes),
            "place_name": _place_name(this.row),
            "written_name": written,
            "sheet": this.row.sheet,
        },
        "before": _before(known) if known else None,
        "errors": [{"column": i.column, "message": i.message} for i in this.row.issues],
        "done": None,
    }


def _before(known: Known) -> dict[str, Any]:
    return {
        "place_name": known.place_name,
        "name": known.name,
        "sex": known.sex,
        "birth_date": known.birth_date,
        "student_number": known.student_number,
        "boarding": known.boarding,
        "enrolled": known.enrolled,
        **known.identifiers,
    }


def cancel(session: Session, *, by: Actor, made: RosterImport) -> None:
    """Throw a preview away: nothing was changed, and its rows are deleted at once."""
    if made.state != "previewed" or made.counts.get("asked") or is_under_way(session, made):
        raise WrongState(_("只有还没有执行的预览可以放弃。"), ())
    made.state = "cancelled"
    session.execute(delete(RosterRow).where(RosterRow.import_id == made.id))
    audit.record(
        session,
        "roster.cancelled",
        by=by.ref,
        organisation_id=made.organisation_id,
        subject=f"roster_import:{made.id}",
    )


def is_under_way(session: Session, made: RosterImport) -> bool:
    """Whether some of its rows were carried out already."""
    begun = select(RosterRow.id).where(RosterRow.import_id == made.id, RosterRow.done.is_not(None))
    return session.scalar(begun.limit(1)) is not None


@outbox.handler(EXPIRE)
def remove_upload(payload: dict[str, Any], _message_key: str) -> None:
    """Remove the uploaded rows of an import after 30 days; its counts stay."""
    with writing() as session:
        session.execute(delete(RosterRow).where(RosterRow.import_id == payload["import_id"]))
        audit.record(
            session,
            "roster.upload_removed",
            by=Actor.system("worker").ref,
            organisation_id=session.scalar(
                select(RosterImport.organisation_id).where(RosterImport.id == payload["import_id"])
            ),
            subject=f"roster_import:{payload['import_id']}",
        )


def days_left(committed_at: datetime, allowed: timedelta) -> int:
    """Whole days in which an import can still be undone; 0 when none."""
    left = committed_at + allowed - clock.now()
    return max(0, left.days + 1) if left > timedelta() else 0
