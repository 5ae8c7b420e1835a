"""A rule is told in words: the question, the chosen answer, the score with its cut."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from foundation import clock, database
from instruments.library import catalogue
from screening.campaigns.rule_words import Spoken, score_word, told
from screening.models import AlertChange, Campaign, WordingLicence
from screening.triage.raising import ASK, raise_alert
from tests import make
from tests.instruments.test_wording import licensed
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient


def finding(people: Cast, rule: str, **inputs: Any) -> int:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school)
        ticket = make.ticket(session, of=campaign, student=people.lin)
        return raise_alert(session, ticket=ticket, rule=rule, severity=3, inputs=inputs).id


def page_of(client: CheckedClient, people: Cast, rule: str, **inputs: Any) -> str:
    alert = finding(people, rule, **inputs)
    sign_in(client, people.counselor)
    return client.get(f"/alerts/{alert}").text


def item_9() -> dict[str, Any]:
    return {"instrument": "phq-9", "version": "1.0.0", "item": "9", "value": 1, "at_least": 1}


def test_a_critical_answer_is_shown_with_its_question_and_answer(
    people: Cast, client: CheckedClient
) -> None:
    page = page_of(client, people, "phq-9:item-9", **item_9())
    shipped = catalogue.wording("phq-9", "zh-Hans")
    assert shipped is not None
    assert shipped.item(9).text in page
    assert "好几天（1）" in page
    assert "患者健康问卷-9（PHQ-9）" in page
    for raw in ("题号", "界值</dt>", "at_least"):
        assert raw not in page


def test_without_a_text_the_number_and_what_it_is_about_are_shown(
    people: Cast, client: CheckedClient
) -> None:
    inputs = {"instrument": "upi", "version": "1.0.0", "item": "25", "value": 1, "at_least": 1}
    page = page_of(client, people, "upi:item-25", **inputs)
    assert "第 25 题（想轻生）" in page


def test_the_school_s_own_text_is_used_where_none_ships(
    people: Cast, client: CheckedClient
) -> None:
    alert = finding(people, "isi:item-1", instrument="isi", version="1.0.0", item="1", value=2)
    with database.writing() as session:
        session.add(
            WordingLicence(
                organisation_id=people.school.id,
                key="isi",
                version="1.0.0",
                language="zh-Hans",
                holder="版权方",
                number="L-1",
                expires_on=clock.today() + timedelta(days=90),
                document=licensed().decode(),
                imported_by="system:tests",
                imported_at=clock.now(),
            )
        )
    sign_in(client, people.counselor)
    assert "第 1 题：题目1" in client.get(f"/alerts/{alert}").text


CASES = [
    (
        "who-5:percent<51",
        {"scale": "percent", "value": 40, "below": 51, "band": "low_wellbeing"},
        "百分分 40，低于 51",
    ),
    (
        "phq-9:total>=10",
        {"scale": "total", "value": 12, "at_least": 10, "band": "moderate"},
        "总分 12，达到 10",
    ),
    ("upi:class=I", {"scale": "class", "band": "I"}, "属于“"),
]


@pytest.mark.parametrize(("rule", "inputs", "words"), CASES)
def test_a_score_is_shown_with_its_cut_and_direction(
    people: Cast, client: CheckedClient, rule: str, inputs: dict[str, Any], words: str
) -> None:
    key = rule.split(":", maxsplit=1)[0]
    page = page_of(client, people, rule, instrument=key, version="1.0.0", **inputs)
    assert words in page
    assert str(inputs["band"]) not in page.replace(rule.replace("<", "&lt;"), "") or key == "upi"
    assert catalogue.get(key).title.zh in page


def test_a_call_for_a_person_is_told_in_words(people: Cast, client: CheckedClient) -> None:
    page = page_of(client, people, ASK, place="机房3排", tell_invigilator=True)
    assert "本人求助" in page
    assert "机房3排" in page
    assert "tell_invigilator" not in page


def test_a_rule_that_failed_says_that_a_person_must_look(
    people: Cast, client: CheckedClient
) -> None:
    page = page_of(client, people, "phq-9:rule-failed", instrument="phq-9", item="9", error="X()")
    assert "请当面了解" in page


def test_a_changed_answer_is_told_in_the_words_of_both_answers(
    people: Cast, client: CheckedClient
) -> None:
    alert = finding(people, "phq-9:item-9", **item_9())
    with database.writing() as session:
        session.add(
            AlertChange(
                alert_id=alert,
                event="answer_changed",
                from_state="open",
                to_state="open",
                detail={"from": 1, "to": 0},
                by="ticket:1",
                at=clock.now(),
            )
        )
    sign_in(client, people.counselor)
    for path in (f"/alerts/{alert}", f"/students/{people.lin.id}"):
        assert "原来 好几天（1），后来 完全不会（0）" in client.get(path).text


def test_english_reads_english(people: Cast, client: CheckedClient) -> None:
    alert = finding(people, "phq-9:item-9", **item_9())
    sign_in(client, people.counselor)
    page = client.get(f"/alerts/{alert}?lang=en").text
    assert "Several days (1)" in page
    assert "好几天" not in page


def test_every_score_and_class_of_the_library_has_a_name(app: Flask) -> None:
    with app.test_request_context():
        for definition in catalogue.all():
            algorithm = definition.algorithm
            rules = [rule.name for each in definition.cutsets for rule in each.bands]
            for key in (*definition.score_keys, *rules, *(algorithm.bands if algorithm else ())):
                assert score_word(definition, key) != key, (definition.key, key)


def test_every_critical_item_of_the_library_is_told(app: Flask) -> None:
    with app.test_request_context():
        for definition in catalogue.all():
            for rule in definition.criticals:
                said = told(Spoken(definition), {"item": rule.item, "value": rule.at_least})
                assert rule.about.zh in said


def test_what_no_library_knows_is_shown_as_it_is(people: Cast, client: CheckedClient) -> None:
    page = page_of(client, people, "old-scale:9>=1", item="9", value=1)
    assert "old-scale:9&gt;=1" in page
    with database.reading() as session:
        assert session.query(Campaign).count() == 1
