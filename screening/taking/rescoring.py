"""Score again what could not be scored when it came in; the worker calls it until it succeeds."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from foundation import outbox
from foundation.database import writing
from screening.models import Response, Score, Ticket
from screening.taking import scoring as taking_scoring
from screening.taking.actions import SCORE_AGAIN, score_row
from screening.taking.queries import asked_of
from screening.triage.raising import raise_alert


class StillFailing(RuntimeError):
    """An instrument of the sheet cannot be scored yet; its work item stays with a person."""


@outbox.handler(SCORE_AGAIN)
def score_again(payload: dict[str, Any], _key: str) -> None:
    """Add the missing scores of a sheet and the alerts of their cut-offs.

    Raises:
        StillFailing: at least one instrument still has no score.

    """
    with writing() as session:
        response = session.get(Response, payload["response"])
        if response is None or not response.scoring_pending:
            return
        ticket = session.scalars(
            select(Ticket)
            .options(joinedload(Ticket.student))
            .where(Ticket.id == response.ticket_id)
        ).one()
        had = set(session.scalars(select(Score.instrument).where(Score.response_id == response.id)))
        missing = [each for each in asked_of(ticket) if each.definition.key not in had]
        judged = [
            taking_scoring.judge(
                each, response.answers.get(each.definition.key, {}), ticket.student.sex
            )
            for each in missing
        ]
        if any(each.scored is None for each in judged):
            raise StillFailing(f"response {response.id}")
        session.add_all(score_row(response, each) for each in judged)
        for finding in (found for each in judged for found in each.findings):
            raise_alert(
                session,
                ticket=ticket,
                rule=finding.rule,
                severity=finding.severity,
                inputs=dict(finding.inputs),
            )
        response.scoring_pending = False
