"""Answers from paper or another system: judged first, written in slices after the count is known."""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock, outbox, push, spreadsheets_apart
from foundation.database import reading, writing
from foundation.i18n import _
from foundation.problems import Refused
from schools.models import Student
from schools.queries import staff_of
from screening.models import AnswerImport, Response, Ticket
from screening.sheets import import_map as answers_import_map
from screening.sheets import import_places as answers_import_places
from screening.sheets import import_rows as answers_import_rows
from screening.sheets.import_map import AnswerMap
from screening.sheets.import_places import Target
from screening.sheets.import_rows import Reading, Sheet, urgent
from screening.taking.actions import SCORE_AGAIN, score_row
from screening.tickets import actions as tickets_actions
from screening.tickets.rules import ALPHABET, TicketEvent, TicketState, next_state
from screening.triage.raising import raise_alert

SLICE = 250
OLD = timedelta(hours=24)
DIGEST = "alerts.digest"
SHOWN_REFUSALS = 50


@dataclass
class Plan:
    """A file that was read: what is new, what was there, what was refused."""

    sha256: str
    chart: AnswerMap
    campaign: str
    reading: Reading
    fresh: list[Sheet]
    unchanged: int
    late: list[tuple[int, str]] = field(default_factory=list)

    @property
    def alerts(self) -> int:
        """How many alerts the new sheets raise."""
        late = {row for row, _why in self.late}
        return sum(len(_by_rule(each)) for each in self.fresh if each.row not in late)

    def summary(self) -> dict[str, Any]:
        """The figures of the run, as printed."""
        refused = sorted(
            [*self.reading.refused, *self.late], key=lambda one: not one[1].startswith(urgent(""))
        )
        return {
            "read": self.reading.read,
            "new": len(self.fresh) - len(self.late),
            "unchanged": self.unchanged,
            "refused": len(refused),
            "alerts": self.alerts,
            "alerts_by_severity": self._severities(),
            "disagreements": self._disagreements(),
            "compared": self.reading.compared,
            "careless": sum(each.quality.ask_retest for each in self.fresh),
            "quality_reasons": sum(bool(each.quality.reasons) for each in self.fresh),
            "schools": len({each.school for each in self.reading.sheets}),
            "campaign": self.campaign,
            "note": self.chart.note,
            "refused_rows": [{"row": row, "why": why} for row, why in refused[:SHOWN_REFUSALS]],
        }

    def _severities(self) -> dict[str, int]:
        counts = {"3": 0, "2": 0, "1": 0}
        for sheet in self.fresh:
            for finding in _by_rule(sheet).values():
                counts[str(finding.severity)] += 1
        return counts

    def _disagreements(self) -> dict[str, dict[str, int]]:
        counts = {key: {"total": 0, "band": 0} for key in self.reading.compared}
        for sheet in self.reading.sheets:
            for key, what in sheet.disagreements.items():
                for each in what:
                    counts[key][each] += 1
        return counts


def _by_rule(sheet: Sheet) -> dict[str, Any]:
    return {finding.rule: finding for finding in sheet.findings}


def plan(content: bytes, chart_text: str, *, campaign: str, school: str | None = None) -> Plan:
    """Read and judge a whole file; nothing is written.

    Raises:
        Refused: the file or the map cannot be used at all.

    """
    chart = answers_import_map.parse(chart_text)
    if chart.schools is None and school is None:
        raise Refused(_("对照表没有学校一列，请用 --school 说明是哪所学校。"))
    sheets = spreadsheets_apart.read(content)
    found = answers_import_rows.read(sheets[0].rows, chart)
    if school is not None:
        found.sheets = [_in_school(each, school) for each in found.sheets]
    digest = hashlib.sha256(content).hexdigest()
    with reading() as session:
        had = set(
            session.scalars(select(Response.import_row).where(Response.import_sha256 == digest))
        )
    fresh = [each for each in found.sheets if each.row not in had]
    return Plan(digest, chart, campaign, found, fresh, len(found.sheets) - len(fresh))


def _in_school(sheet: Sheet, code: str) -> Sheet:
    return Sheet(**{**vars(sheet), "school": code})


def carry_out(*, by: Actor, planned: Plan) -> None:
    """Write the new sheets of a plan, a slice at a time; an interrupted run goes on when repeated."""
    for code in sorted({each.school for each in planned.fresh}):
        own = [each for each in planned.fresh if each.school == code]
        with writing() as session:
            target = answers_import_places.prepare(
                session,
                by=by,
                chart=planned.chart,
                name=planned.campaign,
                code=code,
                sheets=own,
            )
        for part in _sliced(own):
            with writing() as session:
                session.add(target.campaign)
                _write(session, by, planned, target, part)
    with writing() as session:
        _finish(session, by, planned)


def _sliced(sheets: Sequence[Sheet]) -> Iterator[Sequence[Sheet]]:
    for start in range(0, len(sheets), SLICE):
        yield sheets[start : start + SLICE]


def _write(
    session: Session, by: Actor, planned: Plan, target: Target, sheets: Sequence[Sheet]
) -> None:
    students = answers_import_places.students_for(
        session, by=by, chart=planned.chart, target=target, sheets=sheets
    )
    tickets = _tickets(session, by, target, list(students.values()))
    for sheet in sheets:
        student = students.get(sheet.number)
        ticket = tickets.get(student.id) if student else None
        reason = _obstacle(sheet, student, ticket)
        if reason or ticket is None:
            planned.late.append((sheet.row, urgent(reason) if sheet.critical else reason))
            continue
        _keep(session, by, planned, ticket, sheet)
    audit.record(
        session,
        "answers.imported",
        by=by.ref,
        organisation_id=target.school.id,
        subject=f"campaign:{target.campaign.id}",
        details={"rows": len(sheets), "file": planned.sha256},
    )
    if any(sheet.findings for sheet in sheets):
        # with the alerts themselves: a run that is cut short must not leave a school untold
        key = f"{DIGEST}:{planned.sha256}:{target.school.id}"
        outbox.enqueue(session, DIGEST, key=key, payload={"school": target.school.id})


def _tickets(
    session: Session, by: Actor, target: Target, students: Sequence[Student]
) -> dict[int, Ticket]:
    tickets_actions.issue(session, by=by, campaign=target.campaign, students=students)
    rows = session.scalars(
        select(Ticket).where(
            Ticket.campaign_id == target.campaign.id,
            Ticket.purpose == "first",
            Ticket.student_id.in_([each.id for each in students]),
        )
    )
    return {each.student_id: each for each in rows}


def _obstacle(sheet: Sheet, student: Student | None, ticket: Ticket | None) -> str:
    if student is None or ticket is None:
        return _("名单里没有学号 %(number)s 的在校学生。", number=sheet.number)
    if sheet.name and sheet.name != student.name:
        return _("学号 %(number)s 在名单里是另一个姓名。", number=sheet.number)
    if ticket.state not in {TicketState.ISSUED, TicketState.STARTED}:
        return _("这名学生在这次活动里已经有答卷，或不需要作答。")
    return ""


def _keep(session: Session, by: Actor, planned: Plan, ticket: Ticket, sheet: Sheet) -> None:
    answered = datetime.combine(planned.chart.answered_on, time(12), clock.SHANGHAI)
    ticket.state = next_state(ticket.state, TicketEvent.SUBMIT).value
    ticket.started_at = ticket.submitted_at = answered
    response = _response(by, planned, ticket, sheet, answered)
    session.add(response)
    session.flush()
    session.add_all(score_row(response, each) for each in sheet.judged if each.scored)
    if response.scoring_pending:
        key = f"{SCORE_AGAIN}:{response.id}"
        outbox.enqueue(session, SCORE_AGAIN, key=key, payload={"response": response.id})
    origin = "import" if clock.now() - answered > OLD else "paper"
    for finding in _by_rule(sheet).values():
        inputs = dict(finding.inputs)
        if response.careless:
            inputs["careless"] = True
        raise_alert(
            session,
            ticket=ticket,
            rule=finding.rule,
            severity=finding.severity,
            inputs=inputs,
            origin=origin,
        )


def _response(
    by: Actor, planned: Plan, ticket: Ticket, sheet: Sheet, answered: datetime
) -> Response:
    return Response(
        ticket_id=ticket.id,
        campaign_id=ticket.campaign_id,
        student_id=ticket.student_id,
        answers=sheet.answers,
        instruments=[
            {
                "key": scale.definition.key,
                "version": scale.definition.version,
                "checksum": scale.definition.checksum,
                "language": "",
            }
            for scale in planned.chart.scales
        ],
        seconds={},
        origin=planned.chart.kind,
        answered_at=answered,
        submitted_at=clock.now(),
        receipt="".join(secrets.choice(ALPHABET) for _place in range(12)),
        recorded_by=by.ref,
        import_sha256=planned.sha256,
        import_row=sheet.row,
        consent_basis=planned.chart.consent_basis,
        scoring_pending=any(each.scored is None for each in sheet.judged),
        careless=sheet.quality.ask_retest,
        quality=[
            {"index": each.index.value, "value": each.value, "limit": each.limit}
            for each in sheet.quality.reasons
        ],
        any_critical=sheet.critical,
        note=planned.chart.note,
    )


def _finish(session: Session, by: Actor, planned: Plan) -> None:
    """The record of the run."""
    run = AnswerImport(
        file_sha256=planned.sha256,
        campaign_name=planned.campaign,
        summary=planned.summary(),
        imported_by=by.ref,
        imported_at=clock.now(),
    )
    session.add(run)


@outbox.handler(DIGEST)
def tell(payload: dict[str, Any], message_key: str) -> None:
    """Tell the counselors of a school once that imported answers wait in the queue."""
    with writing() as session:
        people = [user.id for user in staff_of(session, payload["school"], ["counselor"])]
        push.notify(session, user_ids=people, key=message_key, path="/alerts")
