"""The days on and off that an organisation and the regions above it have set."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from schools.models import WorkdayOverride
from schools.queries import ancestors


def workday_overrides(session: Session, organisation_id: int) -> dict[date, bool]:
    """Day -> whether it is worked; the nearest organisation has the last word."""
    days: dict[date, bool] = {}
    for organisation in reversed(ancestors(session, organisation_id)):
        rows = session.scalars(
            select(WorkdayOverride).where(WorkdayOverride.organisation_id == organisation.id)
        )
        days |= {clock.local(row.day).date(): row.workday for row in rows}
    return days
