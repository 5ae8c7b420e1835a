"""A hospital joins a region's green channel, and leaves it: its agreement and what it offers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.database import hold
from foundation.i18n import _
from foundation.problems import Refused, WrongState
from referrals.models import HospitalAgreement, HospitalService
from schools.models import Organisation, OrganisationKind


@dataclass(frozen=True)
class Agreement:
    """What was agreed: its number, from when until when it holds, what the hospital offers."""

    number: str
    starts_at: datetime
    until: datetime
    departments: tuple[str, ...]
    green_phone: str
    hours: str = ""
    child_psychiatry: bool = False


def agree(
    session: Session,
    *,
    by: Actor,
    region: Organisation,
    hospital: Organisation,
    agreement: Agreement,
) -> HospitalAgreement:
    """Write down a region's agreement with a hospital; one with each hospital runs at a time."""
    if hospital.kind != OrganisationKind.HOSPITAL.value or not hospital.active:
        raise Refused(_("请选择一家医院。"), "hospital")
    if agreement.until <= max(agreement.starts_at, clock.now()):
        raise Refused(_("到期日要在开始日之后，也要在今天之后。"), "until")
    hold(session, Organisation, hospital.id)
    _alone(session, region.id, hospital.id)
    _describe(session, hospital, agreement)
    row = HospitalAgreement(
        hospital_id=hospital.id,
        organisation_id=region.id,
        number=agreement.number,
        starts_at=agreement.starts_at,
        until=agreement.until,
        made_by=by.ref,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _written(session, by, row, "made")
    return row


def end(session: Session, *, by: Actor, agreement: HospitalAgreement, reason: str) -> None:
    """From now on no new letter goes there; what was sent goes on to its end."""
    _as_it_is(session, agreement)
    if agreement.ended_at is not None:
        raise WrongState(_("这份协议已经结束。"))
    if not reason.strip():
        raise Refused(_("请写明理由。"), "reason")
    agreement.ended_at, agreement.ended_by = clock.now(), by.ref
    agreement.end_reason = reason.strip()[:200]
    _written(session, by, agreement, "ended")


def resume(session: Session, *, by: Actor, agreement: HospitalAgreement) -> None:
    """Take back an ending that was a mistake, as long as the agreed time has not passed."""
    _as_it_is(session, agreement)
    if agreement.ended_at is None:
        raise WrongState(_("这份协议没有结束。"))
    if agreement.until <= clock.now():
        raise WrongState(_("协议已经到期，请登记新的协议。"))
    _alone(session, agreement.organisation_id, agreement.hospital_id)
    agreement.ended_at = agreement.ended_by = agreement.end_reason = None
    _written(session, by, agreement, "resumed")


def _as_it_is(session: Session, agreement: HospitalAgreement) -> None:
    """All that is agreed with a hospital is decided one after the other, on what stands by then."""
    hold(session, Organisation, agreement.hospital_id)
    session.refresh(agreement)


def _alone(session: Session, region_id: int, hospital_id: int) -> None:
    running = select(HospitalAgreement.number).where(
        HospitalAgreement.organisation_id == region_id,
        HospitalAgreement.hospital_id == hospital_id,
        HospitalAgreement.ended_at.is_(None),
        HospitalAgreement.until > clock.now(),
    )
    number = session.scalars(running).first()
    if number is not None:
        raise Refused(
            _("和这家医院的协议 %(number)s 还在生效，先结束它。", number=number), "hospital"
        )


def _describe(session: Session, hospital: Organisation, agreement: Agreement) -> None:
    """What the hospital offers is the same for every region; the newest agreement says it."""
    service = session.get(HospitalService, hospital.id)
    if service is None:
        service = HospitalService(organisation_id=hospital.id, capacity="ask")
        session.add(service)
    service.departments, service.hours = list(agreement.departments), agreement.hours
    service.green_phone = agreement.green_phone
    service.child_psychiatry = agreement.child_psychiatry
    session.flush()


def _written(session: Session, by: Actor, row: HospitalAgreement, what: str) -> None:
    audit.record(
        session,
        f"agreement.{what}",
        by=by.ref,
        organisation_id=row.organisation_id,
        subject=f"agreement:{row.id}",
        details={"hospital": row.hospital_id, "number": row.number},
    )
