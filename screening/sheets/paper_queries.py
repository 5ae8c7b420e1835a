"""The tickets of a class whose paper sheets are typed, in the order of the pile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from foundation import clock
from schools.models import Student
from screening.campaigns.consent import Status
from screening.campaigns.consent_queries import verdicts
from screening.models import Campaign, Draft, Ticket
from screening.sheets.paper_sheets import Facts, Obstacle, obstacle
from screening.taking.queries import retest_from


@dataclass(frozen=True)
class Line:
    """One sheet of the pile; `obstacle` says why it cannot be typed."""

    ticket: Ticket
    obstacle: Obstacle | None
    asks_student: bool  # his own signature must stand on the sheet

    @property
    def student(self) -> Student:
        """Whose sheet it is."""
        return self.ticket.student

    @property
    def waits(self) -> bool:
        """Whether it is to be typed."""
        return self.obstacle is None

    @property
    def under_way(self) -> bool:
        """Typed, but not yet confirmed."""
        return self.waits and self.ticket.entered_by is not None


def sheets_of(campaign_id: int) -> Select[Ticket]:
    """Every ticket of the campaign with its student, in the order of the class list."""
    return (
        select(Ticket)
        .join(Student, Student.id == Ticket.student_id)
        .options(joinedload(Ticket.student))
        .where(Ticket.campaign_id == campaign_id)
        .order_by(Student.student_number, Student.id, Ticket.purpose)
    )


def lines(session: Session, campaign: Campaign, klass_id: int) -> list[Line]:
    """The pile of a class."""
    query = sheets_of(campaign.id).where(Ticket.klass_id == klass_id)
    return judged(session, campaign, session.scalars(query).unique().all())


def judged(session: Session, campaign: Campaign, tickets: Sequence[Ticket]) -> list[Line]:
    """Each ticket with what stands against typing its sheet."""
    found = verdicts(session, campaign, [each.student for each in tickets])
    begun = _with_answers(session, [each.id for each in tickets if each.entered_by is None])
    return [_line(each, found[each.student_id].status, each.id in begun) for each in tickets]


def _line(ticket: Ticket, consent: Status, begun: bool) -> Line:  # noqa: FBT001
    campaign = ticket.campaign
    facts = Facts(
        state=ticket.state,
        excused=ticket.excused is not None,
        consent=consent,
        online_drafts=begun,
        running=campaign.state in {"approved", "closed"},
        open_yet=(retest_from(ticket) or campaign.opens_at) <= clock.now(),
    )
    return Line(ticket, obstacle(facts), consent is Status.MISSING_STUDENT)


def _with_answers(session: Session, ticket_ids: Sequence[int]) -> set[int]:
    query = select(Draft.ticket_id).where(Draft.ticket_id.in_(ticket_ids)).distinct()
    return set(session.scalars(query))


def next_of(pile: Iterable[Line], ticket_id: int) -> Line | None:
    """The next sheet to type after this one, then from the top of the pile again."""
    listed = list(pile)
    at = next((n for n, each in enumerate(listed) if each.ticket.id == ticket_id), -1)
    return next((each for each in [*listed[at + 1 :], *listed[: at + 1]] if each.waits), None)


def days_of(campaign: Campaign) -> tuple[date, date]:
    """The days on which a sheet of the campaign can have been filled in."""
    first, today = clock.local(campaign.opens_at).date(), clock.today()
    return first, max(first, today)


def usual_day(campaign: Campaign) -> date:
    """Today inside the window, else the day on which it closed."""
    first, today = days_of(campaign)
    return min(today, max(first, clock.local(campaign.closes_at).date()))
