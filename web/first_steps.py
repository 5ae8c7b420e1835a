"""What an installation still lacks before schools can work, told to the administrator who can add it."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission, Role
from foundation import clock
from foundation.i18n import _
from schools import queries as schools
from schools.models import Organisation, OrganisationKind, StaffRole, Term


@dataclass(frozen=True)
class FirstStep:
    """One thing that is missing: what to do, why, and where."""

    label: str
    why: str
    url: str


def missing_for(session: Session, actor: Actor) -> list[FirstStep]:
    """The steps that this administrator can take now, in their order; none once they are taken."""
    steps: list[FirstStep] = []
    if actor.is_a(Role.SECURITY_ADMIN):
        steps += _people(session, actor)
    if actor.is_a(Role.SYSTEM_ADMIN):
        steps += _places(session, actor)
    return steps


def _people(session: Session, actor: Actor) -> Iterator[FirstStep]:
    staff = url_for("schools.staff")
    if not _held(session, actor, Role.SYSTEM_ADMIN):
        yield FirstStep(
            _("邀请系统管理员"), _("由他建立市、县、学校、医院和学期，您再邀请那里的人。"), staff
        )
    if not _held(session, actor, Role.AUDIT_ADMIN):
        yield FirstStep(_("邀请审计管理员"), _("由他查看谁在什么时候做了什么。"), staff)
    alone = _schools_without_counselor(session, actor)
    if alone:
        yield FirstStep(
            _("邀请 %(n)s 所学校的心理老师", n=alone),
            _("没有心理老师的学校，预警没有人接。"),
            staff,
        )


def _places(session: Session, actor: Actor) -> Iterator[FirstStep]:
    places = url_for("schools.organisations")
    own = schools.organisations_visible_to(actor, Permission.ORGANISATION_EDIT)
    if not _count(session, actor, OrganisationKind.SCHOOL):
        yield FirstStep(
            _("建立市、县和学校"), _("从机构一览打开上级机构，在“下级机构”里添加。"), places
        )
    above = {
        each.id
        for held in actor.holding(Permission.ORGANISATION_EDIT)
        for each in schools.ancestors(session, held.organisation_id)
    }
    inside = own.with_only_columns(Organisation.id).order_by(None)
    running = select(Term.id).where(
        Term.organisation_id.in_(above) | Term.organisation_id.in_(inside),
        Term.ends_on >= clock.today(),
    )
    if session.scalar(running.limit(1)) is None:
        yield FirstStep(_("设置学年与学期"), _("名单和测评按学期归档。"), url_for("schools.terms"))


def _held(session: Session, actor: Actor, role: Role) -> bool:
    own = schools.organisations_visible_to(actor, Permission.STAFF_GRANT)
    here = own.with_only_columns(Organisation.id).order_by(None)
    someone = select(StaffRole.id).where(
        StaffRole.role == role.value,
        StaffRole.ended_at.is_(None),
        StaffRole.organisation_id.in_(here),
    )
    return session.scalar(someone.limit(1)) is not None


def _schools_without_counselor(session: Session, actor: Actor) -> int:
    has_one = select(StaffRole.organisation_id).where(
        StaffRole.role == Role.COUNSELOR.value, StaffRole.ended_at.is_(None)
    )
    return _count(session, actor, OrganisationKind.SCHOOL, Organisation.id.not_in(has_one))


def _count(
    session: Session, actor: Actor, kind: OrganisationKind, *only: ColumnElement[bool]
) -> int:
    own = schools.organisations_visible_to(actor).where(
        Organisation.kind == kind.value, Organisation.active, *only
    )
    return session.scalar(select(func.count()).select_from(own.order_by(None).subquery())) or 0
