"""On what a sheet was taken: who agreed, how and when, as a person reads it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.i18n import _
from schools.models import Guardian
from screening.models import Consent, Response


def basis_of(session: Session, sheet: Response) -> list[str]:
    """Every decision about the campaign of this sheet, in order; of an old sheet what came with it."""
    if sheet.consent_basis:
        return [sheet.consent_basis]
    rows = session.execute(
        select(Consent, Guardian)
        .outerjoin(Guardian, Guardian.id == Consent.guardian_id)
        .where(Consent.campaign_id == sheet.campaign_id, Consent.student_id == sheet.student_id)
        .order_by(Consent.id)
    ).all()
    return [line(each, guardian) for each, guardian in rows] or [_("没有登记过同意")]


def line(given: Consent, guardian: Guardian | None) -> str:
    """Who decided what, how it came in and when."""
    return _(
        "%(who)s%(decision)s（%(method)s，%(at)s）",
        who=_who(given, guardian),
        decision=said(given.decision),
        method=method(given.method),
        at=f"{clock.local(given.recorded_at):%Y-%m-%d %H:%M}",
    )


def said(decision: str) -> str:
    """A decision in a word."""
    return {
        "granted": _("同意"),
        "declined": _("不同意"),
        "withdrawn": _("已撤回"),
        "retracted": _("登记有误，已作废"),
    }[decision]


def method(name: str) -> str:
    """How a decision came in."""
    return {
        "letter": _("纸质回执"),
        "paper": _("纸质回执"),
        "phone": _("电话"),
        "link": _("家长网页"),
        "online": _("答题前在网页上"),
    }[name]


def _who(given: Consent, guardian: Guardian | None) -> str:
    if given.party == "student":
        return _("学生本人")
    name = guardian.name if guardian else given.signed_name or ""
    if guardian is None or not guardian.relation:
        return _("监护人 %(name)s ", name=name) if name else _("监护人")
    return _("监护人 %(name)s（%(relation)s）", name=name, relation=guardian.relation)
