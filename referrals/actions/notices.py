"""Messages that something waits: an id and a link to it, never a name, a school or a reason."""

from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission, Role
from foundation import push
from referrals.models import HotlineTicket, Referral
from schools import queries as schools


def tell(session: Session, referral: Referral) -> None:
    """Tell the side that acts next, once for each version of the referral."""
    if referral.ended_at is not None:
        return
    at_hospital = referral.duty_role == Role.HOSPITAL_CONTACT.value
    place = "hospital" if at_hospital else "referrals"
    push.notify(
        session,
        user_ids=_on_duty(session, referral.owner_organisation_id, referral.duty_role),
        key=f"referral:{referral.id}:{referral.version}",
        path=f"/{place}/{referral.id}",
        urgent=_is_urgent(referral),
    )


def tell_signers(session: Session, referral: Referral) -> None:
    """Ask the school's leads for the second signature; the letter does not wait for it."""
    _tell_leads(session, referral, "sign", "/referrals/signatures", urgent=True)


def tell_leads(session: Session, referral: Referral, why: str) -> None:
    """Tell the school's leads that one of the school's cases needs a look, once for each reason."""
    path = f"/cases/{referral.case_id}"
    _tell_leads(session, referral, why, path, urgent=_is_urgent(referral))


def _is_urgent(referral: Referral) -> bool:
    return referral.urgency == "red" or referral.high_risk


def _tell_leads(session: Session, referral: Referral, why: str, path: str, *, urgent: bool) -> None:
    push.notify(
        session,
        user_ids=_on_duty(session, referral.school_id, Role.SCHOOL_LEAD.value),
        key=f"referral-{why}:{referral.id}",
        path=path,
        urgent=urgent,
    )


def tell_recalled(session: Session, referral: Referral) -> None:
    """Tell the hospital that a letter in its inbox is void and must not be used."""
    push.notify(
        session,
        user_ids=_on_duty(session, referral.hospital_id, Role.HOSPITAL_CONTACT.value),
        key=f"referral-recalled:{referral.id}",
        path="/hospital",
        urgent=True,
    )


def tell_desk(session: Session, ticket: HotlineTicket) -> None:
    """Tell the operators of the desk that now answers for the ticket."""
    push.notify(
        session,
        user_ids=_on_duty(session, ticket.desk_id, ticket.duty_role),
        key=f"hotline:{ticket.id}:{ticket.version}",
        path=f"/hotline/{ticket.id}",
        urgent=ticket.kind == "crisis",
    )


def tell_second(session: Session, ticket: HotlineTicket, first: Actor) -> None:
    """Ask the others of the desk for the second voice that stands a crisis down."""
    push.notify(
        session,
        user_ids=schools.able_to(session, ticket.desk_id, Permission.HOTLINE_WORK, but=first),
        key=f"hotline-second:{ticket.id}:{ticket.version}",
        path=f"/hotline/{ticket.id}",
        urgent=True,
    )


def _on_duty(session: Session, organisation_id: int, role: str) -> list[int]:
    return [user.id for user in schools.staff_of(session, organisation_id, [role])]
