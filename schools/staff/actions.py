"""Inviting people to roles, letting them accept, and ending roles."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import actions as account_actions
from accounts.models import Invitation, User
from accounts.policy import Actor, Role
from foundation import clock
from foundation.i18n import _
from foundation.problems import Forbidden, Refused
from schools import actions
from schools.models import Branch, Klass, Organisation, StaffRole
from schools.staff import queries as staff_queries
from schools.staff import rules as staffing


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person and the role he is to hold; `place` is "klass:3", "branch:5" or empty."""

    name: str
    organisation: Organisation
    role: Role
    place: str = ""
    student_number: str = ""


def invite(session: Session, *, by: Actor, wanted: Wanted) -> tuple[Invitation, str]:
    """Make the one-time way in. Raises Forbidden or Refused when the role cannot be given so."""
    organisation, role = wanted.organisation, wanted.role
    if role not in staffing.roles_to_grant(by, organisation.kind, organisation.path):
        raise Forbidden(_("这个角色不能由您邀请，请联系安全管理员。"))
    klass_id, branch_id = _narrowed(session, wanted)
    return account_actions.invite(
        session,
        by=by,
        organisation_id=organisation.id,
        role=role,
        name=wanted.name,
        klass_id=klass_id,
        branch_id=branch_id,
        student_id=_student_id(session, wanted),
    )


def _narrowed(session: Session, wanted: Wanted) -> tuple[int | None, int | None]:
    kind, _colon, number = wanted.place.partition(":")
    if wanted.role in staffing.NEEDS_KLASS:
        if kind != "klass":
            raise Refused(_("请选择班主任所带的班级。"), "place")
        return _own(session, Klass, int(number), wanted), None
    if wanted.role in staffing.NEEDS_BRANCH:
        if kind != "branch":
            raise Refused(_("请选择团支部。"), "place")
        return None, _own(session, Branch, int(number), wanted)
    return None, None


def _own(session: Session, model: type[Klass | Branch], number: int, wanted: Wanted) -> int:
    found = session.get(model, number)
    if not isinstance(found, Klass | Branch) or found.school_id != wanted.organisation.id:
        raise Refused(_("这个班级或团支部不属于所选的学校。"), "place")
    return found.id


def _student_id(session: Session, wanted: Wanted) -> int | None:
    """A fellow student who is branch contact is also a student here: no page shows him himself."""
    if wanted.role != Role.BRANCH_CONTACT:
        return None
    if not wanted.student_number:
        raise Refused(_("团支部联系人是学生，请填写学号。"), "student_number")
    found = staff_queries.student_numbered(
        session, wanted.organisation.id, wanted.student_number.strip()
    )
    if found is None:
        raise Refused(_("本校没有这个学号的学生。"), "student_number")
    return found.id


def accept(
    session: Session, *, by: Actor, invitation: Invitation, username: str, password: str
) -> User:
    """Make the account of an invitation and give it the role, in one step."""
    user = account_actions.accept_invitation(
        session, by=by, invitation=invitation, username=username, password=password
    )
    _grant(session, by=by, user=user, invitation=invitation)
    return user


def accept_for(session: Session, *, by: Actor, invitation: Invitation, user: User) -> None:
    """Give the role to a person who has an account already; his sessions end with the change."""
    _grant(session, by=by, user=user, invitation=invitation)
    invitation.used_at = clock.now()
    account_actions.end_sessions(session, by=by, user_id=user.id)


def _grant(session: Session, *, by: Actor, user: User, invitation: Invitation) -> None:
    if invitation.invited_by == user.id:
        raise Refused(_("不能接受自己发出的邀请。"))
    actions.grant_role(
        session,
        by=by,
        user=user,
        organisation=session.get_one(Organisation, invitation.organisation_id),
        role=Role(invitation.role),
        klass_id=invitation.klass_id,
        branch_id=invitation.branch_id,
        student_id=invitation.student_id,
    )


def offer_recovery(session: Session, *, by: Actor, held: StaffRole) -> str:
    """A way back in for who lost it; only by somebody who may give every role that he holds."""
    user = session.get_one(User, held.user_id)
    if user.id == by.user_id:
        raise Refused(_("自己的密码请在“我的账户”里更改。"))
    roles = session.scalars(
        select(StaffRole).where(StaffRole.user_id == user.id, StaffRole.ended_at.is_(None))
    )
    for each in roles.unique():
        place = each.organisation
        if Role(each.role) not in staffing.roles_to_grant(by, place.kind, place.path):
            raise Forbidden(_("这个人的登录不能由您重设，请联系安全管理员。"))
    return account_actions.offer_recovery(session, by=by, user=user)


def end(session: Session, *, by: Actor, held: StaffRole) -> None:
    """End a role and every session of the person, so that nothing stays open."""
    if held.user_id == by.user_id:
        raise Refused(_("不能结束自己的角色，请由另一位管理员办理。"))
    organisation = held.organisation
    if Role(held.role) not in staffing.roles_to_grant(by, organisation.kind, organisation.path):
        raise Forbidden(_("这个角色不能由您结束，请联系安全管理员。"))
    actions.end_role(session, by=by, held=held)
    account_actions.end_sessions(session, by=by, user_id=held.user_id)
