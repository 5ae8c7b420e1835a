"""Pages that add and correct one student: fields, class, leaving and coming back, guardians."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, requires
from accounts.policy import Permission
from foundation import audit
from foundation.database import session
from foundation.forms import Form, options
from foundation.i18n import _
from foundation.problems import Missing, WrongState
from schools import queries, student_actions, student_queries
from schools.models import Guardian, GuardianStatus, Klass, Student
from schools.student_actions import Details, Mistakes
from schools.student_forms import GuardianForm, StudentForm
from schools.views.blueprint import bp

EDIT = Permission.ROSTER_IMPORT
TYPED = ("name", "student_number", "sex", "birth_date", "boarding", "xueji", "id_card", "exam")


def _klasses(student: Student | None = None) -> list[Klass]:
    """The classes to choose from: his school's, or those of every school he keeps the roster of."""
    actor = current_actor()
    keeps = queries.schools_within(actor, EDIT)
    query = queries.klasses_visible_to(actor, Permission.STUDENT_VIEW)
    query = query.where(Klass.school_id.in_(keeps))
    if student is not None:
        query = query.where(Klass.school_id == student.school_id)
    return [
        klass
        for klass in session().scalars(query)
        if klass.active or (student is not None and klass.id == student.klass_id)
    ]


def _form(klasses: list[Klass], **values: Any) -> StudentForm:
    form = StudentForm(**values)
    schools = student_queries.school_names(session(), {klass.school_id for klass in klasses})
    several = len(schools) > 1
    form.klass.choices = options(
        (
            klass.id,
            f"{schools[klass.school_id] + ' ' if several else ''}{klass.grade.name} {klass.name}",
        )
        for klass in klasses
    )
    return form


def _details(form: StudentForm, klasses: list[Klass]) -> Details:
    klass = next(each for each in klasses if each.id == form.klass.data)
    texts = {name: form[name].data or "" for name in TYPED}
    return Details(klass, texts, form.pinyin.data or "")


def _show(form: Form, mistakes: Mistakes) -> None:
    for name, sentence in mistakes.sentences.items():
        field = form[name] if name in form else form["name"]
        field.errors = [*field.errors, sentence]


@bp.get("/students/new")
@requires(EDIT)
def student_new() -> ResponseReturnValue:
    """An empty form."""
    klasses = _klasses()
    if not klasses:
        raise Missing
    form = _form(klasses, formdata=None, klass=request.args.get("klass", type=int))
    return render_template("schools/student_edit.html", form=form, student=None)


@bp.post("/students/new")
@requires(EDIT)
def student_add() -> ResponseReturnValue:
    """Enrol one student."""
    klasses = _klasses()
    if not klasses:
        raise Missing
    form = _form(klasses)
    if form.validate_on_submit():
        try:
            added = student_actions.add(
                session(), by=current_actor(), details=_details(form, klasses)
            )
        except Mistakes as mistakes:
            _show(form, mistakes)
        else:
            flash(_("%(name)s 已加入名单。", name=added.name), "success")
            return redirect(url_for("schools.student", student_id=added.id), 303)
    page = render_template(
        "schools/student_edit.html", form=form, student=None, page_has_errors=True
    )
    return page, 422


def _student(student_id: int) -> Student:
    found = fetch(queries.students_visible_to(current_actor()).where(Student.id == student_id))
    school = found.klass.school_id
    if school not in set(session().scalars(queries.schools_within(current_actor(), EDIT))):
        raise Missing
    return found


@bp.get("/students/<int:student_id>/edit")
@requires(EDIT)
def student_edit(student_id: int) -> ResponseReturnValue:
    """What is known of him, to correct; official numbers show their ends only."""
    found = _student(student_id)
    audit.record_read(
        "student.opened",
        by=current_actor().ref,
        organisation_id=found.school_id,
        subjects=[f"student:{found.id}"],
    )
    form = _form(_klasses(found), formdata=None, **_values(found))
    return _edit_page(found, form, 200)


def _values(found: Student) -> dict[str, Any]:
    return {
        "version": str(found.version),
        "name": found.name,
        "klass": found.klass_id,
        "student_number": found.student_number or "",
        "sex": {"m": "男", "f": "女"}.get(found.sex or "", ""),
        "birth_date": found.birth_date.isoformat() if found.birth_date else "",
        "boarding": {True: "住校", False: "走读", None: ""}[found.boarding],
    }


def _edit_page(
    found: Student,
    form: StudentForm,
    status: int,
    *,
    sent: tuple[int, GuardianForm] | None = None,
    conflict: str = "",
) -> ResponseReturnValue:
    """The page; `sent` is the guardian's form that was refused, by the guardian's id (0: new)."""
    people = session().scalars(student_queries.guardians_of(found.id)).all()
    forms = {each.id: _guardian_form(found, each, shown=True) for each in people}
    forms[0] = _guardian_form(found, None, shown=True)
    if sent is not None:
        forms[sent[0]] = sent[1]
    page = render_template(
        "schools/student_edit.html",
        form=form,
        student=found,
        numbers=student_queries.identifiers_of(session(), found.id),
        guardians=people,
        forms=forms,
        sent=sent,
        conflict=conflict,
        page_has_errors=status != 200,
    )
    return page, status


@bp.post("/students/<int:student_id>/edit")
@requires(EDIT)
def student_save(student_id: int) -> ResponseReturnValue:
    """Keep the corrections, unless somebody else saved in between."""
    found = _student(student_id)
    klasses = _klasses(found)
    form = _form(klasses)
    if not form.validate_on_submit():
        return _edit_page(found, form, 422)
    try:
        student_actions.edit(
            session(),
            by=current_actor(),
            student=found,
            version=_version(form),
            details=_details(form, klasses),
        )
    except Mistakes as mistakes:
        _show(form, mistakes)
        return _edit_page(found, form, 422)
    except WrongState as conflict:
        return _edit_page(found, form, 409, conflict=conflict.message)
    flash(_("已保存。"), "success")
    return redirect(url_for("schools.student", student_id=found.id), 303)


def _version(form: Form) -> int:
    given = str(form["version"].data or "")
    return int(given) if given.isdecimal() else 0


@bp.post("/students/<int:student_id>/leave")
@requires(EDIT)
def student_leave(student_id: int) -> ResponseReturnValue:
    """He has left or finished the school; what is known of him stays."""
    found = _student(student_id)
    student_actions.leave(
        session(),
        by=current_actor(),
        student=found,
        version=request.form.get("version", 0, type=int),
        graduated=request.form.get("why") == "graduated",
    )
    flash(_("已登记离校。登记错了可以在这一页恢复。"), "success")
    return redirect(url_for("schools.student", student_id=found.id), 303)


@bp.post("/students/<int:student_id>/return")
@requires(EDIT)
def student_return(student_id: int) -> ResponseReturnValue:
    """He is here after all."""
    found = _student(student_id)
    student_actions.take_back(
        session(),
        by=current_actor(),
        student=found,
        version=request.form.get("version", 0, type=int),
    )
    flash(_("已恢复在读。"), "success")
    return redirect(url_for("schools.student", student_id=found.id), 303)


@bp.post("/students/<int:student_id>/guardians")
@requires(EDIT)
def guardian_add(student_id: int) -> ResponseReturnValue:
    """Add a guardian."""
    return _put_guardian(_student(student_id), None)


@bp.post("/students/<int:student_id>/guardians/<int:guardian_id>")
@requires(EDIT)
def guardian_save(student_id: int, guardian_id: int) -> ResponseReturnValue:
    """Correct a guardian."""
    found = _student(student_id)
    query = student_queries.guardians_of(found.id).where(Guardian.id == guardian_id)
    return _put_guardian(found, fetch(query))


def _put_guardian(found: Student, guardian: Guardian | None) -> ResponseReturnValue:
    form = _guardian_form(found, guardian, shown=False)
    which = guardian.id if guardian else 0
    student_form = _form(_klasses(found), formdata=None, **_values(found))
    if form.validate_on_submit():
        try:
            student_actions.put_guardian(
                session(),
                by=current_actor(),
                student=found,
                version=_version(form),
                guardian=guardian,
                texts={name: form[name].data or "" for name in ("name", "relation", "phone")},
                status=GuardianStatus(form.status.data),
            )
        except Mistakes as mistakes:
            _show(form, mistakes)
        except WrongState as conflict:
            words = conflict.message
            return _edit_page(found, student_form, 409, sent=(which, form), conflict=words)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("schools.student", student_id=found.id), 303)
    return _edit_page(found, student_form, 422, sent=(which, form))


def _guardian_form(found: Student, guardian: Guardian | None, *, shown: bool) -> GuardianForm:
    """The form of one guardian among several on the page: as kept, or as it was sent."""
    prefix = f"guardian{guardian.id if guardian else 0}-"
    if not shown:
        return GuardianForm(prefix=prefix)
    form = GuardianForm(formdata=None, prefix=prefix, obj=guardian)
    form.version.data = str(found.version)
    return form
