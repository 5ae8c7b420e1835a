"""Agreements between regions and hospitals: which run, for whom, and who may see them."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import clock
from referrals.models import HospitalAgreement, HospitalService
from schools import queries as schools
from schools.models import Organisation, OrganisationKind

REGIONS = (
    OrganisationKind.COUNTY.value,
    OrganisationKind.CITY.value,
    OrganisationKind.PROVINCE.value,
)
ROOM = {"capacity": 0, "waitlist": 1, "ask": 2, "no_capacity": 3}


def hospitals_for(session: Session, school_id: int) -> list[HospitalService]:
    """The hospitals with which a region above the school has an agreement that runs.

    Those with room for children come first.
    """
    regions = [organisation.id for organisation in schools.ancestors(session, school_id)]
    moment = clock.now()
    agreed = select(HospitalAgreement.hospital_id).where(
        HospitalAgreement.organisation_id.in_(regions),
        HospitalAgreement.ended_at.is_(None),
        HospitalAgreement.starts_at <= moment,
        HospitalAgreement.until > moment,
    )
    rows = session.scalars(
        select(HospitalService).where(HospitalService.organisation_id.in_(agreed))
    ).unique()
    return sorted(
        (row for row in rows if row.organisation.active),
        key=lambda row: (ROOM[row.capacity], not row.child_psychiatry, row.organisation.name),
    )


def agreements_visible_to(actor: Actor) -> Select[HospitalAgreement]:
    """Agreements of the regions for which he enters them: what runs first, the next to end first."""
    return (
        select(HospitalAgreement)
        .where(
            schools.in_scope(
                actor, Permission.AGREEMENT_EDIT, school=HospitalAgreement.organisation_id
            )
        )
        .order_by(
            HospitalAgreement.ended_at.is_not(None), HospitalAgreement.until, HospitalAgreement.id
        )
    )


def agreements_above(session: Session, regions: list[Organisation]) -> list[HospitalAgreement]:
    """Running agreements of the regions above: they hold for these regions' schools too."""
    own = {region.id for region in regions}
    above = {each.id for region in regions for each in schools.ancestors(session, region.id)} - own
    rows = select(HospitalAgreement).where(
        HospitalAgreement.organisation_id.in_(above),
        HospitalAgreement.ended_at.is_(None),
        HospitalAgreement.until > clock.now(),
    )
    return list(session.scalars(rows.order_by(HospitalAgreement.until)).unique())


def regions_of(session: Session, actor: Actor) -> list[Organisation]:
    """The regions in whose name he may enter an agreement, his own first."""
    rows = schools.organisations_visible_to(actor, Permission.AGREEMENT_EDIT)
    return list(session.scalars(rows.where(Organisation.kind.in_(REGIONS)).limit(500)))


def hospitals_near(session: Session, path: str) -> list[Organisation]:
    """The hospitals of the province in which a region lies."""
    province = "/".join(path.split("/")[:3]) + "/"
    return list(
        session.scalars(
            select(Organisation)
            .where(
                Organisation.kind == OrganisationKind.HOSPITAL.value,
                Organisation.active,
                Organisation.path.startswith(province),
            )
            .order_by(Organisation.path, Organisation.name)
        )
    )
