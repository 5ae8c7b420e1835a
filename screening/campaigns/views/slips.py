"""Consent that comes back on paper or by phone, recorded by staff: a class's pile, or one student."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, requires
from accounts.policy import Permission
from foundation.database import session
from foundation.i18n import _
from foundation.problems import Missing, Refused
from schools.models import Klass, Student
from screening.campaigns import consent_actions as actions
from screening.campaigns import consent_basis, consent_text, slip_queries
from screening.campaigns.consent_queries import verdicts
from screening.campaigns.queries import klasses_of, students_of
from screening.campaigns.views.campaigns import one
from screening.models import Campaign

bp = Blueprint("slips", __name__)
PARTIES = ("guardian", "student")
METHODS = ("paper", "phone")
IN_PILE = ("granted", "declined")


@dataclass(frozen=True)
class Desk:
    """A class of a campaign on the desk of the person who records its slips."""

    campaign: Campaign
    klasses: Sequence[Klass]
    klass: Klass | None
    students: Sequence[Student]
    party: str
    sees: bool  # he may see what was decided, not only record it

    def answered(self) -> Mapping[int, list[str]]:
        return slip_queries.answered(session(), self.campaign, self.students, self.party)

    def in_pile(self) -> list[Student]:
        """Whom the pile is about: for who may not see answers, everybody."""
        known = self.answered() if self.sees else {}
        return [student for student in self.students if student.id not in known]

    def own(self) -> Any:
        return None if self.sees else current_actor()

    def address(self) -> str:
        return url_for(
            "slips.slips",
            campaign_id=self.campaign.id,
            klass=self.klass.id if self.klass else None,
            party=self.party,
        )


@bp.get("/campaigns/<int:campaign_id>/consents")
@requires(Permission.CONSENT_RECORD)
def slips(campaign_id: int) -> ResponseReturnValue:
    """A class's pile, what is on record, and one student's correction."""
    return _page(_desk(campaign_id, request.args), {})


@bp.post("/campaigns/<int:campaign_id>/consents")
@requires(Permission.CONSENT_RECORD)
def record(campaign_id: int) -> ResponseReturnValue:
    """Look at a pile, go back to it, or keep it; without a pile, keep what stands at each name."""
    desk = _desk(campaign_id, request.form)
    step = request.form.get("step", "record")
    chosen = {s: v for s in desk.students if (v := request.form.get(f"student-{s.id}", ""))}
    if step == "back":
        return _page(desk, chosen)
    try:
        method = _method()
        if step != "record":
            return _pile(desk, chosen, method, confirmed=step == "confirm")
        count = _each(desk, chosen, method)
    except Refused as problem:
        return _page(desk, chosen, problem.message), 422
    flash(_("已登记 %(n)s 人。", n=count), "success")
    return redirect(desk.address(), 303)


@bp.post("/campaigns/<int:campaign_id>/consents/correct")
@requires(Permission.CONSENT_RECORD)
def correct(campaign_id: int) -> ResponseReturnValue:
    """Put right what is recorded of one student."""
    desk = _desk(campaign_id, request.form)
    wanted = request.form.get("student", type=int)
    student = next((s for s in desk.students if s.id == wanted), None)
    try:
        if student is None:
            raise Refused(_("请选择学生。"), "student")
        actions.correct(
            session(),
            by=current_actor(),
            campaign=desk.campaign,
            student=student,
            party=desk.party,
            decision=request.form.get("decision", ""),
            method=_method(),
        )
    except Refused as problem:
        return _page(desk, {}, problem.message), 422
    flash(_("%(name)s 的登记已更正。", name=student.name), "success")
    return redirect(desk.address(), 303)


@bp.post("/campaigns/<int:campaign_id>/consents/undo")
@requires(Permission.CONSENT_RECORD)
def undo(campaign_id: int) -> ResponseReturnValue:
    """Take back a pile that was recorded by mistake."""
    desk = _desk(campaign_id, request.form)
    first = request.form.get("pile", 0, type=int)
    pile = slip_queries.slips_of(session(), desk.campaign, first, desk.own())
    if not pile:
        raise Missing
    count = actions.undo(session(), by=current_actor(), campaign=desk.campaign, slips=pile)
    flash(_("已撤销 %(n)s 人的登记。", n=count), "success")
    if count < len(pile):
        flash(_("另有 %(n)s 人后来又登记过，没有改动。", n=len(pile) - count), "warning")
    return redirect(desk.address(), 303)


def _desk(campaign_id: int, values: Mapping[str, str]) -> Desk:
    shown = one(campaign_id, Permission.CONSENT_RECORD)
    klasses = session().scalars(klasses_of(shown.id)).all()
    wanted = values.get("klass", "")
    klass = next((k for k in klasses if str(k.id) == wanted), klasses[0] if klasses else None)
    students = students_of(shown.id)
    if klass is not None and (wanted or request.method == "GET"):
        students = students.where(Student.klass_id == klass.id)
    party = values.get("party", "")
    return Desk(
        shown,
        klasses,
        klass,
        session().scalars(students).all(),
        party if party in PARTIES else "guardian",
        current_actor().may(Permission.CONSENT_VIEW, shown.school.path),
    )


def _method() -> str:
    method = request.form.get("method", "paper")
    if method not in METHODS:
        raise Refused(_("请选择怎样收到。"), "method")
    return method


def _each(desk: Desk, chosen: Mapping[Student, str], method: str) -> int:
    return actions.record_many(
        session(),
        by=current_actor(),
        campaign=desk.campaign,
        decisions=list(chosen.items()),
        party=desk.party,
        method=method,
    )


def _pile(
    desk: Desk, chosen: Mapping[Student, str], method: str, *, confirmed: bool
) -> ResponseReturnValue:
    pile = {student: said for student, said in chosen.items() if said in IN_PILE}
    if not pile:
        raise Refused(_("没有要登记的回执：每个人都选了“没交”。"), "pile")
    if not confirmed:
        return render_template(
            "campaigns/slips_preview.html", desk=desk, chosen=chosen, pile=pile, method=method
        )
    # a pile never turns a no into a yes; a slip that says no is always kept
    known = desk.answered()
    kept = {s: said for s, said in pile.items() if s.id not in known or said == "declined"}
    _each(desk, kept, method)
    flash(_("已按 %(n)s 份回执登记。", n=len(pile)), "success")
    return redirect(desk.address(), 303)


def _page(desk: Desk, chosen: Mapping[Student, str], problem: str = "") -> str:
    start = "none" if request.args.get("start") == "none" else "granted"
    klass_id = desk.klass.id if desk.klass else 0
    return render_template(
        "campaigns/slips.html",
        desk=desk,
        problem=problem,
        start=start,
        chosen={student.id: said for student, said in chosen.items()},
        method=request.form.get("method", "paper"),
        pile=desk.in_pile(),
        answered=desk.answered() if desk.sees else {},
        verdicts=verdicts(session(), desk.campaign, desk.students) if desk.sees else {},
        piles=slip_queries.piles(session(), desk.campaign, klass_id, desk.party, desk.own()),
        said=consent_basis.said,
        how=consent_basis.method,
        conflicts=_conflicts(desk.campaign) if desk.sees else [],
        class_link=_address(desk.campaign, desk.klass) if desk.klass else "",
    )


def _address(shown: Campaign, klass: Klass) -> str:
    """The whole link: it is copied into the class's parent group."""
    token = consent_text.class_link(shown.id, klass.id)
    path = url_for("consents.guardian_of_class", token=token)
    return f"{current_app.config['PUBLIC_URL']}{path}"


def _conflicts(shown: Campaign) -> list[Student]:
    students = session().scalars(students_of(shown.id)).all()
    found = verdicts(session(), shown, students)
    return [student for student in students if found[student.id].status == "conflict"]
