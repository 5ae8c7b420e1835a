"""The 12355 desk: a call from pick-up to closing, and what may not happen to it."""

import re
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event as sql
from sqlalchemy import select
from sqlalchemy.engine import Engine

from accounts.policy import Role
from foundation import clock, database
from foundation.paging import PAGE
from foundation.problems import Problem, Refused
from referrals import jobs
from referrals.actions import handling, tickets
from referrals.actions.ticket_moves import Changed
from referrals.models import Clock, HotlineTicket
from schools.models import Organisation
from tests import make
from tests.people import actor, sign_in
from tests.referrals.calls import (
    CALL,
    do,
    in_contact,
    second_desk,
    send_to,
    ticket,
    triaged,
)
from tests.referrals.test_hospital_referral import sent


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


def test_the_desk_of_the_schools_own_county_stands_first(world, client):
    with database.writing() as session:
        city = session.get_one(Organisation, world.people.desk.parent_id)
        county = session.get_one(Organisation, world.people.school.parent_id)
        far = make.organisation(session, name="远县", kind="county", under=city)
        make.organisation(session, name="远县12355", kind="desk", under=far)
        make.organisation(session, name="本县12355", kind="desk", under=county)
    sign_in(client, world.people.counselor)
    page = client.get(f"/cases/{world.case.id}/hotline").text
    assert page.index("本县12355") < page.index("临江市12355") < page.index("远县12355")


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


def test_the_queue_is_counted_and_paged_by_the_database(world, client):
    with database.writing() as session:
        desk = session.get_one(Organisation, world.people.desk.id)
        by = actor(world.people.operator)
        for number in range(60):
            kind = {"kind": "crisis", "risk": "3"} if number < 2 else {}
            tickets.open_ticket(session, by=by, desk=desk, facts={**CALL, **kind})
    first = session_ticket_numbers()[0]
    sign_in(client, world.people.operator)
    with statements() as seen:
        page = client.get("/hotline").text
    counted = dict(zip(("mine", "open", "crisis", "late", "all"), counts(page), strict=True))
    assert (counted["open"], counted["crisis"], counted["all"]) == (60, 2, 60)
    assert page.count("GD2026") == PAGE
    read = [each for each in seen if not each.startswith("SELECT count")]
    fetched = [each for each in read if "hotline_ticket.number" in each]
    assert fetched
    assert all("LIMIT" in each for each in fetched)
    second = client.get("/hotline?page=2").text
    assert second.count("GD2026") == 60 - PAGE
    assert first in page
    assert first not in second
    assert client.get("/hotline?show=crisis").text.count("GD2026") == 2
    assert client.get("/hotline?show=nonsense").text.count("GD2026") == PAGE
    with clock.frozen(clock.now() + timedelta(days=30)):
        sign_in(client, world.people.operator)
        assert client.get("/hotline?show=late").text.count("GD2026") == PAGE


def session_ticket_numbers():
    with database.reading() as session:
        return list(session.scalars(select(HotlineTicket.number).order_by(HotlineTicket.id)))


def counts(page):
    """The figures of the tabs, in order."""
    return [int(each) for each in re.findall(r'class="count">(\d+)<', page)]


@contextmanager
def statements():
    """The SQL that is sent meanwhile."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    sql.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sql.remove(Engine, "before_cursor_execute", note)
