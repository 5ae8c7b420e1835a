"""The 12355 desk: a call from pick-up to closing, a crisis from the first word to standing down."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.policy import Role
from foundation import clock, database
from foundation.outbox import OutboxMessage
from foundation.problems import Problem, Refused
from foundation.push import add_channel
from referrals import jobs
from referrals.actions import handling, paging, tickets
from referrals.actions.ticket_moves import Changed
from referrals.models import Clock, HotlineTicket, Page
from schools.models import Organisation
from tests import make
from tests.people import actor, sign_in
from tests.referrals.test_hospital_referral import sent

CALL = {
    "kind": "case",
    "risk": "1",
    "summary": "孩子不肯上学，已经一周。",
    "channel": "phone",
    "caller_type": "guardian",
    "caller_name": "来电人",
    "call_back": "13900000001",
    "location": "青山区",
    "wish": "",
    "foreign_number": "",
}


def opened(world: Any, by: Any = None, **changes: Any) -> int:
    with database.writing() as session:
        desk = session.get_one(Organisation, world.people.desk.id)
        by = actor(by or world.people.operator)
        return tickets.open_ticket(session, by=by, desk=desk, facts={**CALL, **changes}).id


def do(world: Any, ticket_id: int, verb: Any, by: Any = None, **values: Any) -> None:
    with database.writing() as session:
        ticket = session.get_one(HotlineTicket, ticket_id)
        verb(session, by=actor(by or world.people.operator), ticket=ticket, **values)


def triaged(world: Any, **changes: Any) -> int:
    ticket_id = opened(world, **changes)
    kind = changes.get("kind", "case")
    do(world, ticket_id, tickets.triage, kind=kind, category="psych", risk=1)
    return ticket_id


def in_contact(world: Any, **changes: Any) -> int:
    ticket_id = triaged(world, **changes)
    do(world, ticket_id, tickets.accept)
    do(world, ticket_id, handling.contact, whom="guardian", text="已通话")
    return ticket_id


def ticket(ticket_id: int) -> HotlineTicket:
    with database.reading() as session:
        return session.get_one(HotlineTicket, ticket_id)


def second_desk(world: Any) -> int:
    with database.writing() as session:
        desk = make.organisation(
            session, name="青山区12355", kind="desk", under=world.people.county
        )
        made = make.user(session, name="区接线员", username="county_operator")
        make.role(session, of=made, role=Role.OPERATOR, at=desk)
        return desk.id


def send_to(world: Any, ticket_id: int, desk_id: int, by: Any = None) -> None:
    with database.writing() as session:
        tickets.dispatch(
            session,
            by=actor(by or world.people.operator),
            ticket=session.get_one(HotlineTicket, ticket_id),
            desk=session.get_one(Organisation, desk_id),
            reason="属地办理",
        )


def test_a_call_from_pick_up_to_closing(world, client):
    sign_in(client, world.people.operator)
    assert client.get("/hotline/new").status_code == 200
    assert client.post("/hotline/new", data={"kind": "case"}).status_code == 422
    made = client.post("/hotline/new", data={**CALL, "desk": world.people.desk.id})
    assert made.status_code == 303
    url = made.location
    triage = {"triage-kind": "case", "triage-category": "psych", "triage-risk": "1"}
    reply = {"reply-text": "已约学校面谈", "reply-result": "solved"}
    steps = [
        ("triage", triage),
        ("accept", {}),
        ("contact", {"contact-whom": "guardian", "contact-text": "已通话"}),
        ("handle", {}),
        ("reply", reply),
        ("rate", {"rate-rating": "5", "rate-solved": "y"}),
        ("close", {}),
    ]
    for event, data in steps:
        assert client.get(url).status_code == 200
        assert client.post(f"{url}/{event}", data=data).status_code == 303, event
    found = ticket(int(url.rsplit("/", 1)[1]))
    assert (found.state, found.rating, found.due_at) == ("closed", 5, None)
    assert "已约学校面谈" in client.get(url).text
    assert client.get("/hotline?show=all").status_code == 200


def test_only_a_reply_to_the_caller_stops_the_48_hours(world):
    ticket_id = in_contact(world)
    do(world, ticket_id, handling.handle)
    with database.reading() as session:
        row = session.scalars(select(Clock).where(Clock.kind == "case_reply")).one()
        assert row.stopped_at is None
        assert row.due_at == row.started_at + timedelta(hours=48)
    do(world, ticket_id, handling.reply, text="已安排", result="solved")
    with database.reading() as session:
        assert (
            session.scalars(select(Clock.result).where(Clock.kind == "case_reply")).one() == "met"
        )


def test_of_two_claims_one_wins_and_the_other_is_shown_both_sides(world, client):
    ticket_id = triaged(world)
    version = ticket(ticket_id).version
    do(world, ticket_id, tickets.accept, version=version)
    sign_in(client, world.people.operator)
    late = client.post(f"/hotline/{ticket_id}/accept", data={"version": version})
    assert late.status_code == 409
    assert "您要做的" in late.text


def test_fifty_claims_at_once_have_one_winner(world):
    ticket_id = triaged(world)
    version = ticket(ticket_id).version
    by, results = actor(world.people.operator), []

    def claim() -> None:
        with clock.frozen(clock.now()):
            try:
                with database.writing() as session:
                    found = session.get_one(HotlineTicket, ticket_id)
                    tickets.accept(session, by=by, ticket=found, version=version)
                results.append("won")
            except Problem as problem:
                results.append(type(problem).__name__)

    threads = [threading.Thread(target=claim) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("won") == 1
    assert results.count(Changed.__name__) == 49


def test_a_ticket_is_returned_once_and_then_the_superior_decides(world):
    desk = second_desk(world)
    ticket_id = triaged(world)
    with database.reading() as session:
        from_county = session.scalars(
            select(make.User).where(make.User.username == "county_operator")
        ).one()
    send_to(world, ticket_id, desk)
    do(world, ticket_id, tickets.send_back, by=from_county, grounds="不在辖区")
    assert (ticket(ticket_id).state, ticket(ticket_id).desk_id) == (
        "returned",
        world.people.desk.id,
    )
    send_to(world, ticket_id, desk)
    do(world, ticket_id, tickets.send_back, by=from_county, grounds="仍不在辖区")
    assert ticket(ticket_id).state == "arbitration"
    send_to(world, ticket_id, desk, by=world.people.supervisor)
    with pytest.raises(Problem):
        do(world, ticket_id, tickets.send_back, by=from_county, grounds="第三次")


def test_a_hop_does_not_reset_the_clock_of_the_caller(world):
    desk = second_desk(world)
    ticket_id = triaged(world)
    with database.reading() as session:
        before = session.scalars(select(Clock.due_at).where(Clock.kind == "case_reply")).one()
    with clock.frozen(clock.now() + timedelta(hours=5)):
        send_to(world, ticket_id, desk)
        with database.reading() as session:
            after = session.scalars(select(Clock.due_at).where(Clock.kind == "case_reply")).one()
            signing = session.scalars(
                select(Clock.due_at).where(Clock.kind.startswith("sign_for"))
            ).one()
        assert after == before
        assert signing == clock.now() + timedelta(hours=4)


def test_a_pause_has_a_reason_and_ends_by_itself(world):
    ticket_id = in_contact(world)
    do(world, ticket_id, handling.wait, code="awaiting_agency", hours=4)
    assert ticket(ticket_id).state == "waiting"
    with clock.frozen(clock.now() + timedelta(hours=4, minutes=1)):
        jobs.end_pauses()
        assert ticket(ticket_id).state == "in_contact"
    with database.reading() as session:
        row = session.scalars(select(Clock).where(Clock.kind == "case_reply")).one()
        assert row.due_at - row.started_at == timedelta(hours=52)


def test_silence_never_closes_a_ticket(world):
    ticket_id = in_contact(world)
    do(world, ticket_id, handling.handle)
    do(world, ticket_id, handling.reply, text="已安排", result="solved")
    for days in range(3):
        with pytest.raises(Refused):
            do(world, ticket_id, handling.close)
        with clock.frozen(clock.now() + timedelta(days=days)):
            do(world, ticket_id, handling.invite)
            do(world, ticket_id, handling.invite)
    do(world, ticket_id, handling.close)
    assert (ticket(ticket_id).state, ticket(ticket_id).rating) == ("closed", None)


def test_a_low_rating_is_checked_by_another_person(world):
    ticket_id = in_contact(world)
    do(world, ticket_id, handling.handle)
    do(world, ticket_id, handling.reply, text="已安排", result="solved")
    do(world, ticket_id, handling.rate, rating=4, solved=False, comment="没有解决")
    with pytest.raises(Refused):
        do(world, ticket_id, handling.close)
    with pytest.raises(Refused):
        do(world, ticket_id, handling.redo, reason="重办")
    do(world, ticket_id, handling.redo, by=world.people.supervisor, reason="重办")
    assert ticket(ticket_id).state == "handling"


def test_a_transfer_stays_ours_until_the_receipt(world):
    ticket_id = in_contact(world)
    with pytest.raises(Refused):
        do(world, ticket_id, handling.offer_transfer, receiver="12345", text="住房")
    do(world, ticket_id, handling.offer_transfer, receiver="110", text="地址")
    with pytest.raises(Refused):
        do(world, ticket_id, handling.transfer_receipt, receipt=" ")
    assert ticket(ticket_id).ended_at is None
    do(world, ticket_id, handling.transfer_receipt, receipt="110-77")
    assert (ticket(ticket_id).state, ticket(ticket_id).receipt) == ("transferred", "110-77")


def crisis(world: Any) -> int:
    with database.writing() as session:
        add_channel(
            session,
            by="system:tests",
            user_id=world.people.operator.id,
            kind="email",
            address="duty@example.org",
        )
    return opened(world, kind="crisis")


def test_a_crisis_pages_the_duty_chain_in_the_same_transaction(world):
    ticket_id = crisis(world)
    found = ticket(ticket_id)
    assert (found.risk, found.ladder_step) == (3, 0)
    assert found.due_at == found.first_signal_at + timedelta(minutes=30)
    with database.reading() as session:
        assert session.scalars(select(Page).where(Page.subject == f"ticket:{ticket_id}")).all()
        messages = session.scalars(
            select(OutboxMessage).where(OutboxMessage.kind == "push.email")
        ).all()
        assert any(m.urgent and m.payload["path"].endswith("/page") for m in messages)
        for message in messages:
            assert "孩子" not in str(message.payload)


def test_the_ladder_climbs_until_somebody_gives_his_name(world, client):
    ticket_id = crisis(world)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 10
        owner_before = ticket(ticket_id).owner_organisation_id
        do(world, ticket_id, paging.acknowledge)
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 10
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        jobs.climb_ladders()
        assert ticket(ticket_id).ladder_step == 30
    assert ticket(ticket_id).owner_organisation_id == owner_before


def test_a_paged_person_sees_one_button_and_the_emergency_card(world, client):
    ticket_id = crisis(world)
    sign_in(client, world.people.operator)
    page = client.get(f"/hotline/{ticket_id}/page")
    assert "我在处理" in page.text
    assert "tel:110" in page.text
    assert client.post(f"/hotline/{ticket_id}/page").status_code == 303
    assert ticket(ticket_id).acknowledged_by == world.people.operator.id
    assert "tel:120" in client.get(f"/hotline/{ticket_id}").text


def test_two_people_stand_a_crisis_down_and_it_is_followed_up_after_a_day(world):
    ticket_id = crisis(world)
    do(world, ticket_id, tickets.triage, kind="crisis", category="psych", risk=3)
    with pytest.raises(Refused):
        do(world, ticket_id, tickets.triage, kind="consult", category="psych", risk=0)
    do(world, ticket_id, tickets.accept)
    do(world, ticket_id, handling.contact, whom="child", text="在教室，有同学陪")
    with pytest.raises(Refused):
        do(world, ticket_id, handling.ask_stand_down, safe_adult=" ", text="安全")
    do(world, ticket_id, handling.ask_stand_down, safe_adult="班主任王老师", text="安全")
    with pytest.raises(Refused):
        do(world, ticket_id, handling.stand_down)
    do(world, ticket_id, handling.stand_down, by=world.people.supervisor)
    with pytest.raises(Refused):
        do(world, ticket_id, handling.close)
    do(world, ticket_id, handling.followed_up, text="今日到校，情绪平稳")
    do(world, ticket_id, handling.close)
    assert ticket(ticket_id).state == "closed"


def test_danger_heard_later_makes_a_crisis_of_any_ticket(world):
    ticket_id = in_contact(world)
    do(world, ticket_id, tickets.escalate, reason="说不想活了")
    found = ticket(ticket_id)
    assert (found.kind, found.state, found.contacted_at) == ("crisis", "accepted", None)
    assert found.due_at == found.first_signal_at + timedelta(minutes=30)
    do(world, ticket_id, handling.contact, whom="child", text="在通话")
    do(world, ticket_id, handling.ask_stand_down, safe_adult="母亲", text="安全")
    do(world, ticket_id, handling.stand_down, by=world.people.supervisor)
    do(world, ticket_id, tickets.escalate, reason="又说要跳楼")
    again = ticket(ticket_id)
    assert again.due_at == again.first_signal_at + timedelta(minutes=30)
    assert again.contacted_at is None


def test_what_another_desk_handles_does_not_exist_here(world, client):
    desk = second_desk(world)
    with database.writing() as session:
        somebody = make.user(session, name="外市接线员", username="far")
        far = make.organisation(
            session, name="望海市12355", kind="desk", under=world.people.other_city
        )
        make.role(session, of=somebody, role=Role.OPERATOR, at=far)
    ticket_id = triaged(world)
    send_to(world, ticket_id, desk)
    sign_in(client, somebody)
    assert client.get(f"/hotline/{ticket_id}").status_code == 404
    assert client.post(f"/hotline/{ticket_id}/accept").status_code == 404
    assert ticket(ticket_id).number not in client.get("/hotline?show=all").text
    sign_in(client, world.people.operator)
    assert client.get(f"/hotline/{ticket_id}").status_code == 200
    assert client.post(f"/hotline/{ticket_id}/accept").status_code == 403


def test_the_board_counts_who_waits_and_who_is_late(world, client):
    waiting, _taken = triaged(world), in_contact(world)
    with clock.frozen(clock.now() + timedelta(hours=49)):
        sign_in(client, world.people.supervisor)
        page = client.get("/hotline/board").text
    assert ticket(waiting).number in page
    assert "接线员小高" in page
    sign_in(client, world.people.operator)
    assert client.get("/hotline/board").status_code == 404


def test_a_school_asks_the_desk_to_help_with_a_case(world, client):
    sign_in(client, world.people.counselor)
    url = f"/cases/{world.case.id}/hotline"
    assert client.get(url).status_code == 200
    assert client.post(url, data={}).status_code == 422
    data = {
        "desk": world.people.desk.id,
        "kind": "case",
        "summary": "请协助联系监护人",
        "call_back": "0000-1",
    }
    assert client.post(url, data=data).status_code == 303
    with database.reading() as session:
        made = session.scalars(select(HotlineTicket)).one()
        assert (made.case_id, made.channel) == (world.case.id, "school")


def test_help_asked_from_a_referral_names_that_referral_and_no_other(world, client):
    referral_id = sent(world)
    sign_in(client, world.people.counselor)
    url = f"/cases/{world.case.id}/hotline"
    assert (
        f'name="referral" value="{referral_id}"' in client.get(f"{url}?referral={referral_id}").text
    )
    assert 'name="referral"' not in client.get(f"{url}?referral=9999").text
    data = {
        "desk": world.people.desk.id,
        "kind": "consult",
        "summary": "请协助联系医院",
        "call_back": "0000-1",
        "referral": referral_id,
    }
    assert client.post(url, data=data).status_code == 303
    with database.reading() as session:
        assert session.scalars(select(HotlineTicket)).one().referral_id == referral_id


def test_emergency_calls_are_written_down(world, client):
    ticket_id = crisis(world)
    sign_in(client, world.people.operator)
    data = {"emergency_report-number": "110", "emergency_report-text": "青山区某小区"}
    assert client.post(f"/hotline/{ticket_id}/emergency_report", data=data).status_code == 303
    assert ticket(ticket_id).emergency_report["number"] == "110"


def test_every_open_ticket_has_a_desk_a_role_and_a_due_time(world):
    opened(world)
    in_contact(world)
    crisis(world)
    with database.reading() as session:
        for row in session.scalars(select(HotlineTicket)):
            assert row.owner_organisation_id
            assert row.duty_role
            assert row.due_at is not None
