"""Looks at a campaign's sheets once more when it is over, beside everybody else's.

What a single sheet cannot show (does it fit the others?) joins what was seen at submit. It can add
a reason and ask for a quiet second sheet; it takes nothing back and sees no alert, flag or score.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor
from foundation import audit, clock, outbox
from foundation.database import reading, writing
from foundation.jobs import periodic
from instruments.library import catalogue
from instruments.quality.campaign import (
    CAMPAIGN_WIDE,
    campaign_indices,
    campaign_policy,
    measured_of,
)
from instruments.quality.policy import Index, Reason, decide, measured_reasons
from screening.models import Campaign, Response, Ticket
from screening.tickets.actions import offer_retest

ASSESS = "quality.assess_campaign"
SETTLED = timedelta(hours=1)  # the window and its grace are over
STALE = timedelta(days=14)  # a second sheet much later asks about another time


@periodic("screening.campaign_quality", timedelta(minutes=15))
def due_campaigns() -> int | None:
    """Order the look at each campaign that ended lately, again when sheets came in since."""
    over = (
        select(Campaign.id, func.count(Response.id))
        .join(Response, Response.campaign_id == Campaign.id)
        .where(Campaign.closes_at < clock.now() - SETTLED, Campaign.closes_at > clock.now() - STALE)
        .group_by(Campaign.id)
    )
    with reading() as session:
        found = [(campaign, count) for campaign, count in session.execute(over)]
    for campaign, count in found:
        with writing() as session:
            key = f"{ASSESS}:{campaign}:{count}"
            outbox.enqueue(session, ASSESS, key=key, payload={"campaign": campaign})
    return None


@dataclass(frozen=True)
class Seen:
    """What a whole campaign shows: reasons by response, and the limits they were held against."""

    reasons: Mapping[int, Sequence[Reason]]
    limits: Mapping[str, Mapping[str, float]]


@outbox.handler(ASSESS)
def assess_ordered(payload: dict[str, Any], _key: str) -> None:
    """Assess the campaign of a message; the counting holds up nobody who saves an answer."""
    with reading() as session:
        seen = look(session, payload["campaign"])
    with writing() as session:
        campaign = session.get(Campaign, payload["campaign"])
        if campaign is not None:
            assess(session, by=Actor.system("quality"), campaign=campaign, seen=seen)


def assess(session: Session, *, by: Actor, campaign: Campaign, seen: Seen) -> int:
    """Add what the whole campaign shows of each sheet; returns how many are newly careless."""
    responses = _sheets(session, campaign.id)
    fresh = [each for each in responses if _judge(each, seen.reasons.get(each.id, ()))]
    for response in fresh:
        _ask_again(session, by, response)
    details = {"sheets": len(responses), "careless": len(fresh), "limits": seen.limits}
    audit.record(
        session,
        "campaign.quality_assessed",
        by=by.ref,
        organisation_id=campaign.school_id,
        subject=f"campaign:{campaign.id}",
        details=details,
    )
    return len(fresh)


def _sheets(session: Session, campaign_id: int) -> Sequence[Response]:
    return session.scalars(
        select(Response)
        .join(Ticket, Ticket.id == Response.ticket_id)
        .where(Response.campaign_id == campaign_id, Ticket.purpose == "first")
        .order_by(Response.id)
    ).all()


def look(session: Session, campaign_id: int) -> Seen:
    """Measure every sheet of the campaign against all of them."""
    found: dict[int, list[Reason]] = defaultdict(list)
    limits = {}
    for (key, version), some in _by_form(_sheets(session, campaign_id)).items():
        definition = catalogue.get(key, version)
        measured = campaign_indices(definition, [each.answers.get(key, {}) for each in some])
        policy = campaign_policy(measured)
        for place, response in enumerate(some):
            found[response.id] += measured_reasons(measured_of(measured, place), policy)
        limits[key] = {index.value: round(policy.limits[index], 4) for index in measured}
    return Seen(found, limits)


def _by_form(responses: Sequence[Response]) -> Mapping[tuple[str, str], list[Response]]:
    found: dict[tuple[str, str], list[Response]] = defaultdict(list)
    for response in responses:
        for each in response.instruments:
            found[each["key"], each["version"]].append(response)
    return found


def _judge(response: Response, reasons: Sequence[Reason]) -> bool:
    """Keep the reasons with the sheet; whether they make it careless for the first time."""
    seen = [each for each in response.quality or () if each["index"] not in CAMPAIGN_WIDE]
    before = [Reason(Index(each["index"]), each["value"], each["limit"]) for each in seen]
    report = decide([*before, *reasons])
    response.quality = [
        *seen,
        *(
            {"index": r.index.value, "value": round(r.value, 3), "limit": round(r.limit, 3)}
            for r in reasons
        ),
    ]
    fresh = report.ask_retest and not response.careless
    response.careless = response.careless or report.ask_retest
    return fresh


def _ask_again(session: Session, by: Actor, response: Response) -> None:
    if response.origin == "import":
        return  # answers of long ago: nobody can be asked about that time again
    ticket = session.scalars(
        select(Ticket).options(joinedload(Ticket.student)).where(Ticket.id == response.ticket_id)
    ).one()
    offer_retest(session, by=by, ticket=ticket, student=ticket.student)
