"""A hospital joins the green channel: its agreement, departments and telephone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.i18n import _
from foundation.problems import Refused
from referrals.models import HospitalService
from schools.models import Organisation, OrganisationKind


@dataclass(frozen=True)
class Agreement:
    """What was agreed: its number, until when it holds, what the hospital offers."""

    number: str
    until: datetime
    departments: tuple[str, ...]
    green_phone: str
    hours: str = ""
    child_psychiatry: bool = False


def agree(
    session: Session, *, by: Actor, hospital: Organisation, agreement: Agreement
) -> HospitalService:
    """Write down the agreement with a hospital; a later one replaces it."""
    if hospital.kind != OrganisationKind.HOSPITAL.value:
        raise Refused(_("请选择一家医院。"), "hospital")
    service = session.get(HospitalService, hospital.id)
    if service is None:
        service = HospitalService(
            organisation_id=hospital.id, capacity="ask", capacity_at=clock.now()
        )
        session.add(service)
    service.departments, service.hours = list(agreement.departments), agreement.hours
    service.green_phone = agreement.green_phone
    service.child_psychiatry = agreement.child_psychiatry
    service.agreement_number, service.agreement_until = agreement.number, agreement.until
    session.flush()
    audit.record(
        session,
        "hospital.agreed",
        by=by.ref,
        organisation_id=hospital.id,
        subject=f"hospital:{hospital.id}",
        details={"number": agreement.number},
    )
    return service
