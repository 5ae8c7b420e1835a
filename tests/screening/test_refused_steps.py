"""A step that is refused leaves nothing of itself behind, and what its page showed stays written."""

from sqlalchemy import func, select

from foundation import database
from foundation.audit import AuditRow
from screening.models import CampaignApproval
from screening.triage.raising import raise_alert
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient


def counted(table: type[CampaignApproval] | type[AuditRow], event: str = "") -> int:
    with database.reading() as session:
        rows = select(func.count()).select_from(table)
        if event:
            rows = rows.where(AuditRow.event == event)
        return session.scalar(rows) or 0


def test_an_approval_that_cannot_open_the_campaign_is_not_kept(
    client: CheckedClient, people: Cast
) -> None:
    with database.writing() as session:
        campaign = make.campaign(
            session, school=people.school, klasses=[people.klass_1], state="awaiting_approval"
        )
    path = f"/campaigns/{campaign.id}/approve"
    assert sign_in(client, people.counselor).post(path).status_code == 303
    assert sign_in(client, people.school_lead).post(path).status_code == 422
    assert counted(CampaignApproval) == 1
    assert counted(AuditRow, "campaign.approval_given") == 1


def test_the_reading_of_a_record_stays_written_when_the_step_on_it_is_refused(
    client: CheckedClient, people: Cast
) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
        ticket = make.ticket(session, of=campaign, student=people.lin)
        alert = raise_alert(session, ticket=ticket, rule="phq-9:item-9", severity=3, inputs={})
    page = sign_in(client, people.counselor)
    answer = page.post(f"/alerts/{alert.id}/contact", data={"reason": "", "version": "99"})
    assert answer.status_code in {409, 422}
    assert counted(AuditRow, "alert.read") > 0
