"""Saving and submitting: what is acknowledged is stored, what is critical is heard, one sheet."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.policy import Role
from foundation import clock, outbox
from foundation.database import reading, writing
from schools.models import Klass, Organisation
from screening.models import Alert, AlertChange, Consent, Draft, Response, Score, Ticket
from screening.taking.rescoring import score_again
from tests import make
from tests.people import sign_in
from tests.screening.taking_room import Browser, browser, room, told, whole

ITEM_9 = "phq-9:item-9"
NESTED = b'{"answers":' + b"[" * 5000 + b"]" * 5000 + b"}"


def rules() -> dict[str, int]:
    with reading() as session:
        return dict(session.execute(select(Alert.rule, Alert.severity)).all())


def drafts_of() -> dict[str, str | None]:
    with reading() as session:
        rows = session.execute(select(Draft.instrument, Draft.item, Draft.value))
        return {f"{row.instrument}.{row.item}": row.value for row in rows}


def count(what: type) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


@pytest.fixture
def student(app: Flask, frozen: datetime) -> Browser:
    return browser(app).first(room())


def test_an_answer_is_acknowledged_with_the_highest_seq(student: Browser) -> None:
    assert student.put({"phq-9": {"1": {"v": 1, "seq": 5}}}).json == {
        "acked": {"phq-9": {"1": 5}},
        "help": False,
    }
    assert told(student.put({"phq-9": {"1": {"v": 2, "seq": 4}}}))["acked"] == {"phq-9": {"1": 5}}
    assert told(student.put({"phq-9": {"1": {"v": 3, "seq": 5}}}))["acked"] == {"phq-9": {"1": 5}}
    assert drafts_of() == {"phq-9.1": "1"}
    student.put({"phq-9": {"1": {"v": None, "seq": 6}}})
    assert drafts_of() == {"phq-9.1": None}


def test_a_critical_answer_raises_its_alert_before_submit(student: Browser) -> None:
    answer = student.save(q9=1)
    assert told(answer)["help"] is True
    assert rules() == {ITEM_9: 3}


def test_a_critical_answer_of_a_phone_that_was_offline_too_long_still_calls_a_person(
    student: Browser, frozen: datetime
) -> None:
    student.save(q1=0)
    with clock.frozen(frozen + timedelta(hours=5)):
        answer = student.save(q9=2)
        assert answer.status_code == 410
        assert told(answer)["help"]
        assert student.save(q2=1).json == {"state": "closed"}
    assert rules() == {ITEM_9: 3}
    assert drafts_of() == {"phq-9.1": "0"}


def test_a_last_request_that_comes_too_late_still_calls_a_person(
    student: Browser, frozen: datetime
) -> None:
    with clock.frozen(frozen + timedelta(hours=5)):
        assert student.submit(whole(1)).status_code == 410
    assert rules() == {ITEM_9: 3}
    assert count(Response) == 0


def test_a_critical_answer_of_another_device_is_heard_after_the_sheet_was_submitted(
    student: Browser,
) -> None:
    assert student.submit(whole(0)).status_code == 200
    answer = student.save(q9=3)
    assert (answer.status_code, told(answer)["help"]) == (409, True)
    assert rules() == {ITEM_9: 3}


def test_a_later_answer_is_noted_and_takes_nothing_back(student: Browser) -> None:
    student.save(q9=2)
    student.save(q9=0)
    assert rules() == {ITEM_9: 3}
    with reading() as session:
        changed = session.scalars(select(AlertChange).where(AlertChange.event == "answer_changed"))
        assert [each.detail for each in changed] == [{"from": 2, "to": 0}]


def test_an_answer_that_differs_in_the_last_request_is_noted_too(student: Browser) -> None:
    student.save(q9=2)
    assert student.submit(whole(0, seq=9)).status_code == 200
    with reading() as session:
        changed = session.scalars(select(AlertChange).where(AlertChange.event == "answer_changed"))
        assert [each.detail for each in changed] == [{"from": 2, "to": 0}]
    assert rules()[ITEM_9] == 3


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({"phq-9": {"1": {"v": 9, "seq": 1}}}, "unknown code"),
        ({"phq-9": {"99": {"v": 0, "seq": 1}}}, "unknown item"),
        ({"nope": {"1": {"v": 0, "seq": 1}}}, "unknown instrument"),
        ({"phq-9": {"1": {"v": 0, "seq": "x"}}}, "seq must be a whole number from 1"),
        ({"gad-7": None}, "not an object with v and seq"),
    ],
)
def test_a_bad_request_stores_nothing_but_its_critical_answers(
    student: Browser, bad: dict[str, Any], problem: str
) -> None:
    good = {"2": {"v": 1, "seq": 1}, "9": {"v": 3, "seq": 1}}
    answers = bad | {"phq-9": good | (bad.get("phq-9") or {})}
    refused = student.put(answers)
    assert refused.status_code == 422
    assert [each["problem"] for each in told(refused)["errors"]] == [problem]
    assert drafts_of() == {"phq-9.9": "3"}
    assert rules() == {ITEM_9: 3}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff\xfe", b'{"answers": 1}', NESTED])
def test_a_body_that_is_no_document_is_refused(student: Browser, body: bytes) -> None:
    answer = student.client.put(
        f"{student.page}/answers", data=body, content_type="application/json"
    )
    assert answer.status_code == 422
    assert drafts_of() == {}


def test_an_incomplete_sheet_is_listed_and_kept(student: Browser) -> None:
    sheet = whole()
    del sheet["phq-9"]["9"], sheet["gad-7"]["7"]
    refused = student.submit(sheet)
    assert refused.status_code == 422
    assert told(refused)["unanswered"] == [
        {"instrument": "phq-9", "item": "9"},
        {"instrument": "gad-7", "item": "7"},
    ]
    assert len(drafts_of()) == 14
    assert student.submit({}, confirm_blank=1).status_code == 200
    with reading() as session:
        score = session.scalars(select(Score).where(Score.instrument == "phq-9")).one()
        assert score.result["unanswered_critical"] == ["9"]


def test_drafts_and_the_last_request_merge_item_by_item(student: Browser) -> None:
    student.put({"phq-9": {"1": {"v": 3, "seq": 9}, "2": {"v": 3, "seq": 1}}})
    sheet = whole(code=1, seq=5)
    sheet["phq-9"]["3"] = {"v": None, "seq": 9}  # type: ignore[dict-item]
    student.put({"phq-9": {"3": {"v": 2, "seq": 1}}})
    assert student.submit(sheet).status_code == 200
    with reading() as session:
        answers = session.scalars(select(Response)).one().answers["phq-9"]
    assert (answers["1"], answers["2"], answers["3"]) == (3, 1, 2)
    assert drafts_of() == {}


def test_again_with_any_key_or_body_gives_the_same_receipt(student: Browser) -> None:
    first = student.submit(whole(), idempotency_key="a")
    again = student.submit({"nonsense": 1}, idempotency_key="b")
    assert first.json == again.json
    assert count(Response) == 1
    refused = student.save(q1=3)
    assert (refused.status_code, refused.json) == (409, {"state": "submitted"})


def test_two_devices_that_submit_at_once_make_one_sheet(app: Flask) -> None:
    here = room()
    one, two = browser(app).first(here), browser(app)
    assert two.enter(here, pin="2468").status_code == 303
    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda each: each.submit(whole()), [one, two] * 4))
    assert {each.status_code for each in answers} == {200}
    assert len({told(each)["receipt"] for each in answers}) == 1
    assert count(Response) == 1


def test_submitted_answers_are_never_shown_again(student: Browser) -> None:
    student.submit(whole(code=2))
    page = student.client.get(student.page)
    assert (page.status_code, page.headers["Location"]) == (303, "/take/done")


def test_the_last_page_is_the_same_for_everybody(app: Flask, frozen: datetime) -> None:
    here = room(3)
    calm, alarmed, stopped = (browser(app).first(here, number) for number in range(3))
    calm.submit(whole(0))
    alarmed.submit(whole(3))
    stopped.client.post(f"{stopped.page}/stop", data={})
    pages = {without_token(each.client.get("/take/done").text) for each in (calm, alarmed, stopped)}
    assert len(pages) == 1


def without_token(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrf" not in line)


def test_a_plain_form_is_enough(student: Browser) -> None:
    fields = {f"phq-9.{n}": "0" for n in range(1, 9)} | {f"gad-7.{n}": "1" for n in range(1, 8)}
    refused = student.client.post(f"{student.page}/submit", data=fields | {"phq-9.9": ""})
    assert refused.status_code == 422
    assert 'href="#q9"' in refused.text
    assert 'name="confirm_blank"' in refused.text
    done = student.client.post(f"{student.page}/submit", data={"confirm_blank": "1"})
    assert done.headers["Location"] == "/take/done"
    with reading() as session:
        answers = session.scalars(select(Response)).one().answers
    assert answers["gad-7"] == {str(n): 1 for n in range(1, 8)}
    assert answers["phq-9"].get("9") is None


def test_a_score_at_the_campaigns_cut_raises_an_alert_with_its_inputs(student: Browser) -> None:
    student.submit(whole(2))
    assert rules() == {ITEM_9: 3, "phq-9:total>=10": 1, "gad-7:total>=10": 1}
    with reading() as session:
        alert = session.scalars(select(Alert).where(Alert.rule == "phq-9:total>=10")).one()
    assert (alert.inputs["value"], alert.inputs["at_least"]) == (18, 10)


def test_a_calm_sheet_raises_nothing(student: Browser) -> None:
    student.submit(whole(0))
    assert rules() == {}
    with reading() as session:
        assert session.scalars(select(Score.positive)).all() == [False, False]


def test_a_careless_sheet_asks_for_a_retest_and_loses_no_flag(
    student: Browser, frozen: datetime
) -> None:
    student.save(q1=3)
    with clock.frozen(frozen + timedelta(seconds=9)):
        student.submit(whole(3, seq=2))
    assert rules()[ITEM_9] == 3
    with reading() as session:
        sheet = session.scalars(select(Response)).one()
        retest = session.scalars(select(Ticket).where(Ticket.purpose == "retest")).one()
    assert sheet.careless
    assert {each["index"] for each in sheet.quality} == {
        "time_per_item",
        "longstring_above_minimum",
    }
    assert retest.state == "issued"


def broken(*_args: object, **_kwargs: object) -> None:
    raise ZeroDivisionError


def test_a_sheet_whose_scoring_fails_is_kept_and_scored_later(
    student: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("screening.taking.scoring.score", broken)
        assert student.submit(whole(2)).status_code == 200
    assert rules()["phq-9:scoring-failed"] == 2
    with reading() as session:
        sheet = session.scalars(select(Response)).one()
        assert sheet.scoring_pending
        waiting = select(outbox.OutboxMessage.kind)
        assert "taking.score_again" in session.scalars(waiting).all()
    score_again({"response": sheet.id}, "key")
    assert rules()["phq-9:total>=10"] == 1
    with reading() as session:
        assert not session.scalars(select(Response)).one().scoring_pending


def test_a_crisis_rule_that_fails_raises_an_alert_of_its_own(
    student: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("instruments.scoring.crisis.assess", broken)
    assert student.save(q9=0).status_code == 200
    assert rules() == {"phq-9:rule-failed": 3}


def test_stopping_deletes_the_answers_and_keeps_the_alert(student: Browser) -> None:
    student.save(q1=2, q9=2)
    student.client.post(f"{student.page}/stop", data={})
    assert drafts_of() == {}
    assert rules() == {ITEM_9: 3}
    with reading() as session:
        assert session.scalars(select(Ticket.state)).one() == "withdrawn"
        assert session.scalars(select(Consent.decision)).all() == ["granted", "withdrawn"]
    assert student.save(q1=1).json == {"state": "withdrawn"}


def test_a_call_for_a_teacher_is_urgent_and_counted_once(student: Browser) -> None:
    wish: Mapping[str, str] = {"place": "机房", "tell_invigilator": "1"}
    for _time in range(2):
        answer = student.client.post("/take/ask", data=wish, headers={"Accept": "application/json"})
        assert answer.json == {"asked": True}
    with reading() as session:
        alert = session.scalars(select(Alert)).one()
    assert (alert.rule, alert.severity, alert.origin) == ("request:teacher", 3, "request")
    assert alert.inputs == {"place": "机房", "tell_invigilator": True}
    student.submit(whole())
    assert student.client.post("/take/ask", data={}).status_code == 303


def test_nothing_is_stored_when_the_alert_cannot_be(
    student: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screening.taking.drafts_actions.raise_alert", broken)
    student.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        assert student.save(q9=3).status_code == 500
    finally:
        student.client.application.config["PROPAGATE_EXCEPTIONS"] = None
    assert drafts_of() == {}


def test_the_invigilator_is_told_only_if_the_student_wishes(app: Flask, frozen: datetime) -> None:
    here = room(2)
    with writing() as session:
        teacher = make.user(session, name="王老师")
        klass = session.get_one(Klass, here.tickets[0].klass_id)
        school = session.get_one(Organisation, klass.school_id)
        make.role(session, of=teacher, role=Role.HOMEROOM, at=school, klass=klass)
        make.sitting(session, of=here.campaign, klass=klass, invigilator_id=teacher.id)
    quiet, open_one = browser(app).first(here), browser(app).first(here, 1)
    quiet.client.post("/take/ask", data={"place": "甲处"})
    open_one.client.post("/take/ask", data={"place": "乙处", "tell_invigilator": "1"})
    page = sign_in(app.test_client(), teacher).get("/calls").text
    assert "乙处" in page
    assert "甲处" not in page
