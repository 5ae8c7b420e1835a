"""The one place that moves a referral: table, permission, version, step, audit, who acts next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts.policy import Actor, Role
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Forbidden, WrongState
from referrals import workflow
from referrals.actions import timing
from referrals.actions.notices import tell
from referrals.models import Referral, ReferralStep
from referrals.workflow import Event, State

HOSPITAL_ACTS = frozenset(
    {
        State.SENT,
        State.RECEIVED,
        State.ACCEPTED,
        State.SCHEDULED,
        State.ARRIVED,
        State.SEEN,
        State.CANCEL_REQUESTED,
    }
)
LATEST_CHECK_HOUR = 22


@dataclass(frozen=True)
class Said:
    """What goes with a move: a reason code, the words, and the version the person had read."""

    reason: str | None = None
    detail: Mapping[str, Any] | None = None
    version: int | None = None
    due_at: datetime | None = None


def move(
    session: Session, *, by: Actor, referral: Referral, event: Event, said: Said | None = None
) -> None:
    """Take one step; raises WrongState, Forbidden, or WrongState when someone was faster."""
    said = said or Said()
    before = State(referral.state)
    row = workflow.transition(before, event)
    _authorise(by, referral, row.permission)
    _take_version(session, referral, said.version)
    referral.state = row.to.value
    _hand_on(session, referral, said.due_at)
    session.add(
        ReferralStep(
            referral_id=referral.id,
            event=event.value,
            from_state=before.value,
            to_state=row.to.value,
            reason=said.reason,
            detail=dict(said.detail or {}),
            by=by.ref,
            at=clock.now(),
        )
    )
    audit.record(
        session,
        f"referral.{event.value}",
        by=by.ref,
        organisation_id=referral.school_id,
        subject=f"referral:{referral.id}",
        details={"from": before.value, "to": row.to.value, "reason": said.reason},
    )
    session.flush()
    tell(session, referral)


def letter_holder(referral_id: int) -> Actor:
    """Who proved to hold the paper letter: may do what its hospital may do with this one."""
    return Actor.system(f"letter:{referral_id}")


def _authorise(by: Actor, referral: Referral, permission: Any) -> None:
    if permission is None or (
        permission is workflow.HOSPITAL and by.ref == letter_holder(referral.id).ref
    ):
        return
    path = referral.hospital.path if permission is workflow.HOSPITAL else referral.school.path
    if not by.may(permission, path):
        raise Forbidden(_("您的角色不能做这一步。"))


def _take_version(session: Session, referral: Referral, expected: int | None) -> None:
    """Compare and swap: of two people who read the same version only one gets through."""
    read = referral.version if expected is None else expected
    swapped = session.scalar(
        update(Referral)
        .where(Referral.id == referral.id, Referral.version == read)
        .values(version=read + 1)
        .returning(Referral.version)
        .execution_options(synchronize_session=False)
    )
    if swapped is None:
        raise WrongState(_("别人刚刚处理过这份转介，请看过最新的情况再操作。"))
    session.refresh(referral, ["version"])


def _hand_on(session: Session, referral: Referral, due_at: datetime | None) -> None:
    state = State(referral.state)
    if state in workflow.FINAL:
        referral.ended_at, referral.due_at = referral.ended_at or clock.now(), None
        timing.stop_all(
            session,
            f"referral:{referral.id}",
            referral.school_id,
            void=state is not State.COMPLETED,
        )
        return
    at_hospital = state in HOSPITAL_ACTS
    referral.owner_organisation_id = referral.hospital_id if at_hospital else referral.school_id
    role = Role.HOSPITAL_CONTACT if at_hospital else Role.COUNSELOR
    referral.duty_role = role.value
    referral.due_at = due_at or _default_due(referral)


def _default_due(referral: Referral) -> datetime:
    hours = {"red": 0.5, "urgent": 2.0}.get(referral.urgency, 24.0)
    return clock.now() + timedelta(hours=hours)


def same_day(urgency: str) -> datetime:
    """When a missed appointment must have been looked into: today, in danger within half an hour."""
    moment = clock.now()
    if urgency == "red":
        return moment + timedelta(minutes=30)
    evening = clock.local(moment).replace(hour=LATEST_CHECK_HOUR, minute=0, second=0)
    return max(min(evening, moment + timedelta(hours=4)), moment + timedelta(minutes=30))
