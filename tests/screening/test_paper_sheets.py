"""A pile of paper sheets is typed at a desk: codes, alerts at once, read back, one response, next."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from foundation import clock
from foundation.audit import AuditRow
from foundation.database import reading, writing
from screening.models import (
    Alert,
    AlertChange,
    AlertReach,
    Campaign,
    Consent,
    Draft,
    Response,
    Score,
    Ticket,
)
from screening.tickets.actions import issue
from tests import make
from tests.people import Cast, actor, sign_in
from tests.support.pages import CheckedClient

ITEMS = 64
CRITICAL = "25"  # UPI: 想轻生


@pytest.fixture
def campaign(people: Cast, frozen: datetime) -> Campaign:
    """UPI on paper for class 1, whose guardians agreed; UPI has no wording that may be shown."""
    with writing() as session:
        made = make.campaign(
            session,
            school=people.school,
            klasses=[people.klass_1],
            instruments=["upi"],
            origin="paper",
            opens_at=frozen - timedelta(days=3),
            closes_at=frozen + timedelta(days=3),
        )
        made.instruments = [each | {"from_band": "positive"} for each in made.instruments]
        for student in (people.lin, people.zhou):
            make.consent(session, to=made, by=student)
        issue(
            session, by=actor(people.counselor), campaign=made, students=[people.lin, people.zhou]
        )
    return made


@pytest.fixture
def desk(client: CheckedClient, people: Cast, campaign: Campaign) -> CheckedClient:
    """The counselor at the desk."""
    sign_in(client, people.counselor)
    return client


def ticket(student_id: int, purpose: str = "first") -> Ticket:
    with reading() as session:
        query = select(Ticket).where(Ticket.student_id == student_id, Ticket.purpose == purpose)
        return session.scalars(query).one()


def codes(**changed: str) -> dict[str, str]:
    """All 64 boxes: nothing ticked but the four lie items, or as said (q25="1")."""
    typed = {f"upi.{n}": "0" for n in range(1, ITEMS + 1)}
    return typed | {f"upi.{name[1:]}": code for name, code in changed.items()}


Type = Callable[..., TestResponse]


@pytest.fixture
def type_in(desk: CheckedClient, campaign: Campaign, people: Cast) -> Type:
    """Types a sheet of Lin and sends it."""

    def typed(
        fields: dict[str, str] | None = None, *, query: str = "", step: str = ""
    ) -> TestResponse:
        address = f"/campaigns/{campaign.id}/paper/{ticket(people.lin.id).id}{step}"
        return desk.post(address + query, data=fields or {})

    return typed


def confirmed(type_in: Type, **more: str) -> TestResponse:
    return type_in(dict(more), step="/confirm")


def alerts() -> dict[str, str]:
    with reading() as session:
        return {each.rule: each.origin for each in session.scalars(select(Alert))}


def test_a_scale_without_wording_is_typed_from_paper_and_scored(
    type_in: Type, people: Cast, campaign: Campaign
) -> None:
    assert type_in(codes(q1="1", q26="1")).headers["Location"].endswith("/check?on=2026-11-23")
    answer = confirmed(type_in)
    assert answer.status_code == 303
    assert f"/paper/{ticket(people.zhou.id).id}" in answer.headers["Location"]
    with reading() as session:
        sheet = session.scalars(select(Response)).one()
        score = session.scalars(select(Score)).one()
    assert (sheet.origin, sheet.recorded_by) == ("paper", f"user:{people.counselor.id}")
    assert clock.local(sheet.answered_at).date().isoformat() == "2026-11-23"
    assert sheet.answers["upi"]["26"] == 1
    assert score.result["scores"]
    assert sheet.instruments[0]["checksum"] == campaign.instruments[0]["checksum"]


def test_who_typed_it_stands_in_the_audit(type_in: Type, people: Cast, desk: CheckedClient) -> None:
    desk.get(type_in(codes()).headers["Location"])
    confirmed(type_in)
    with reading() as session:
        rows = session.execute(select(AuditRow.event, AuditRow.by)).all()
    mine = {event for event, by in rows if by == f"user:{people.counselor.id}"}
    assert {"answers.typed", "answers.opened", "response.submitted"} <= mine


def test_a_critical_answer_pages_at_save_before_it_is_confirmed(
    type_in: Type, people: Cast
) -> None:
    type_in(codes(q25="1"))
    with reading() as session:
        alert = session.scalars(select(Alert)).one()
        reached = session.scalars(select(AlertReach.user_id)).all()
        assert session.scalars(select(Response)).all() == []
    assert (alert.rule, alert.severity, alert.origin) == ("upi:item-25", 3, "paper")
    assert alert.due_at - alert.created_at == timedelta(minutes=30)
    assert people.counselor.id in reached


def test_a_critical_answer_counts_even_beside_a_mistyped_one(type_in: Type) -> None:
    answer = type_in(codes(q25="1", q3="7"))
    assert answer.status_code == 422
    assert "这里不是可选的代码" in answer.get_data(as_text=True)
    assert 'value="7"' in answer.get_data(as_text=True)
    assert set(alerts().values()) == {"paper"}


def test_a_corrected_critical_answer_keeps_its_alert_and_shows_the_change(type_in: Type) -> None:
    type_in(codes(q25="1"))
    type_in(codes(q25="0"))
    confirmed(type_in)
    with reading() as session:
        changes = session.scalars(select(AlertChange.event)).all()
        assert session.scalars(select(Response)).one().answers["upi"]["25"] == 0
    assert "answer_changed" in changes
    assert len(alerts()) == 1


def test_the_blank_key_leaves_an_item_open_and_the_check_page_says_so(
    type_in: Type, desk: CheckedClient, campaign: Campaign, people: Cast
) -> None:
    type_in(codes(q7="-", q8=".", q9="", q10="１"))
    address = f"/campaigns/{campaign.id}/paper/{ticket(people.lin.id).id}/check"
    assert "没有作答 3 题：7、8、9" in desk.get(address).get_data(as_text=True)
    confirmed(type_in)
    with reading() as session:
        answers = session.scalars(select(Response)).one().answers["upi"]
    assert [answers[n] for n in ("7", "8", "9", "10")] == [None, None, None, 1]


def test_a_blank_typed_later_erases_because_the_paper_has_the_last_word(type_in: Type) -> None:
    type_in(codes(q7="1"))
    type_in(codes(q7="-"))
    confirmed(type_in)
    with reading() as session:
        assert session.scalars(select(Response)).one().answers["upi"]["7"] is None


def test_a_confirmed_sheet_is_never_overwritten(
    type_in: Type, desk: CheckedClient, campaign: Campaign, people: Cast
) -> None:
    type_in(codes())
    confirmed(type_in)
    assert type_in(codes(q25="1")).status_code == 409
    assert confirmed(type_in).status_code == 409
    assert desk.get(f"/campaigns/{campaign.id}/paper/{ticket(people.lin.id).id}").status_code == 302
    with reading() as session:
        assert session.scalars(select(Response)).one().answers["upi"]["25"] == 0


def test_the_second_typing_shows_where_it_differs_and_one_answer_is_settled(
    type_in: Type, desk: CheckedClient, campaign: Campaign, people: Cast
) -> None:
    answer = type_in(codes(q4="1"), query="?twice=1")
    assert "mode=again" in answer.headers["Location"]
    again = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'value="1"' not in again.split("data-paper")[1]
    differs = type_in(codes(q5="1") | {"mode": "again"}, query="?twice=1")
    assert differs.status_code == 422
    words = differs.get_data(as_text=True)
    assert "第一次 1，第二次 0" in words
    assert "第一次 0，第二次 1" in words
    settled = type_in(codes(q5="1") | {"mode": "settle"}, query="?twice=1")
    assert "/check" in settled.headers["Location"]
    confirmed(type_in)
    with reading() as session:
        answers = session.scalars(select(Response)).one().answers["upi"]
    assert (answers["4"], answers["5"]) == (0, 1)


def test_the_same_codes_twice_go_straight_to_the_check(type_in: Type) -> None:
    type_in(codes(), query="?twice=1")
    answer = type_in(codes() | {"mode": "again"}, query="?twice=1")
    assert "/check" in answer.headers["Location"]


def test_a_sheet_of_another_student_is_discarded_and_its_alert_stays(type_in: Type) -> None:
    type_in(codes(q25="1"))
    assert type_in(step="/discard").status_code == 303
    with reading() as session:
        assert session.scalars(select(Draft)).all() == []
        assert session.scalars(select(Ticket.entered_by)).all() == [None, None]
    assert len(alerts()) == 1
    assert confirmed(type_in).status_code == 409


def test_without_consent_nothing_is_typed(
    desk: CheckedClient, campaign: Campaign, people: Cast, type_in: Type
) -> None:
    with writing() as session:
        make.consent(session, to=campaign, by=people.lin, decision="withdrawn")
    assert type_in(codes()).status_code == 409
    page = desk.get(f"/campaigns/{campaign.id}/paper").get_data(as_text=True)
    assert "没有同意记录" in page


def test_a_student_who_must_agree_himself_has_signed_the_sheet(
    type_in: Type, campaign: Campaign, people: Cast
) -> None:
    with writing() as session:
        session.get_one(type(people.lin), people.lin.id).birth_date = datetime(2011, 3, 1).date()  # noqa: DTZ001
    type_in(codes())
    refused = confirmed(type_in)
    assert refused.status_code == 422
    assert "本人签名" in refused.get_data(as_text=True)
    assert confirmed(type_in, signed="y").status_code == 303
    with reading() as session:
        own = session.scalars(select(Consent).where(Consent.party == "student")).one()
    assert (own.decision, own.method) == ("granted", "paper")


def test_what_a_student_began_online_is_not_typed_over(
    desk: CheckedClient, campaign: Campaign, people: Cast, type_in: Type
) -> None:
    with writing() as session:
        make.added(
            session,
            Draft(
                ticket_id=ticket(people.lin.id).id,
                instrument="upi",
                item="1",
                value="1",
                seq=1,
                saved_at=clock.now(),
            ),
        )
    assert type_in(codes()).status_code == 409


def test_a_paper_campaign_shows_its_tickets_holder_no_half_sheet(
    client: CheckedClient, campaign: Campaign, people: Cast
) -> None:
    code, check = ticket(people.lin.id).code, str(people.lin.student_number)[-4:]
    answer = client.post("/take", data={"code": code, "check": check, "pin": "2468"})
    page = client.get(answer.headers["Location"], follow_redirects=True).get_data(as_text=True)
    assert "upi" not in page


def test_a_day_outside_the_campaign_is_named(desk: CheckedClient, campaign: Campaign) -> None:
    page = desk.get(f"/campaigns/{campaign.id}/paper?on=2026-12-25").get_data(as_text=True)
    assert "答题日期要在 2026-11-20 和 2026-11-23 之间" in page


def test_no_time_is_measured_on_paper(type_in: Type) -> None:
    type_in(codes())
    confirmed(type_in)
    with reading() as session:
        sheet = session.scalars(select(Response)).one()
    assert sheet.seconds["whole"] is None
    assert "time_per_item" not in {each["index"] for each in sheet.quality}
