"""Pages of students and classes."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import audit
from foundation.database import session
from schools import queries, student_queries
from schools.models import Branch, Klass, Student
from schools.views.blueprint import PAGE, bp

Section = Callable[[Student], Mapping[str, Any]]
# What the areas above put on a student's page: values for templates/triage/_student.html.
sections: list[Section] = []


@bp.get("/students")
@requires(Permission.STUDENT_VIEW)
def students() -> ResponseReturnValue:
    """The students he may see, found by name, pinyin, initials or number."""
    actor = current_actor()
    words, klass_id = request.args.get("q", ""), request.args.get("klass", type=int)
    left = request.args.get("left") == "1"
    number = max(1, request.args.get("page", 1, type=int))
    query = student_queries.search(actor, words, klass_id, left=left)
    total = session().scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session().scalars(query.offset((number - 1) * PAGE).limit(PAGE)).all()
    _log_list(rows)
    rooms = queries.klasses_visible_to(actor, Permission.STUDENT_VIEW)
    klasses = session().scalars(rooms if left else rooms.where(Klass.active)).all()
    schools = student_queries.school_names(session(), {klass.school_id for klass in klasses})
    return render_template(
        "schools/students.html",
        students=rows,
        klasses=klasses,
        schools=schools,
        words=words,
        klass_id=klass_id,
        left=left,
        number=number,
        pages=max(1, -(-total // PAGE)),
        total=total,
    )


def _log_list(rows: Any) -> None:
    by = current_actor().ref
    schools: dict[int, list[str]] = {}
    for student in rows:
        schools.setdefault(student.school_id, []).append(f"student:{student.id}")
    for school_id, subjects in schools.items():
        audit.record_read("student.listed", by=by, organisation_id=school_id, subjects=subjects)


@bp.get("/students/<int:student_id>")
@requires(Permission.STUDENT_VIEW)
def student(student_id: int) -> ResponseReturnValue:
    """One student: who he is, his guardians, and what the other areas have about him."""
    visible = queries.students_visible_to(current_actor())
    found = fetch(visible.where(Student.id == student_id))
    audit.record_read(
        "student.opened",
        by=current_actor().ref,
        organisation_id=found.school_id,
        subjects=[f"student:{found.id}"],
    )
    extra: dict[str, Any] = {}
    for section in sections:
        extra.update(section(found))
    return render_template(
        "schools/student.html",
        student=found,
        school=student_queries.school_names(session(), {found.school_id})[found.school_id],
        guardians=session().scalars(student_queries.guardians_of(found.id)).all(),
        identifiers=student_queries.identifiers_of(session(), found.id),
        may_edit=current_actor().may(
            Permission.ROSTER_IMPORT, student_queries.school_path(session(), found.school_id)
        ),
        **extra,
    )


@bp.get("/classes")
@requires(Permission.STUDENT_VIEW)
def klasses() -> ResponseReturnValue:
    """The classes he may see, with their sizes."""
    rows = session().execute(student_queries.klasses_with_sizes(current_actor())).unique().all()
    schools = student_queries.school_names(session(), {klass.school_id for klass, _size in rows})
    return render_template("schools/klasses.html", rows=rows, schools=schools)


@bp.get("/classes/<int:klass_id>")
@requires(Permission.STUDENT_VIEW)
def klass(klass_id: int) -> ResponseReturnValue:
    """One class: its people and its students."""
    actor = current_actor()
    found = fetch(
        queries.klasses_visible_to(actor, Permission.STUDENT_VIEW).where(Klass.id == klass_id)
    )
    rows = session().scalars(student_queries.search(actor, klass_id=klass_id)).all()
    _log_list(rows)
    return render_template(
        "schools/klass.html",
        klass=found,
        school=student_queries.school_names(session(), {found.school_id})[found.school_id],
        branch=session().get(Branch, found.branch_id) if found.branch_id else None,
        staff=session().scalars(student_queries.staff_of_klass(found)).all(),
        students=rows,
    )
