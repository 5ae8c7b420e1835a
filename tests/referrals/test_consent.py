"""The consent gate: who must have agreed, and what danger to life changes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.consent import Answer, Facts, Ground, Policy, Reason, Step, decide

POLICY = Policy()
YES, NO = Answer.GRANTED, Answer.REFUSED
FIFTEEN = Facts(age=15, guardians=(YES,), student=YES)

FACTS = st.builds(
    Facts,
    age=st.none() | st.integers(6, 25),
    guardians=st.lists(st.sampled_from(list(Answer)), max_size=2).map(tuple),
    student=st.sampled_from(list(Answer)),
    danger=st.booleans(),
    suspected=st.booleans(),
    basis_written=st.booleans(),
    second_person=st.booleans(),
    attempts=st.integers(0, 5),
)


def test_guardian_and_student_agree_so_the_letter_may_leave():
    decision = decide(FIFTEEN, POLICY)
    assert (decision.may_send, decision.ground) == (True, Ground.CONSENT)
    assert "个人信息保护法" in decision.law


def test_under_fourteen_the_guardian_decides():
    assert decide(replace(FIFTEEN, age=13, student=Answer.NOT_ASKED), POLICY).may_send


def test_from_fourteen_the_student_has_a_say():
    decision = decide(replace(FIFTEEN, student=NO), POLICY)
    assert not decision.may_send
    assert decision.reasons == (Reason.STUDENT_OBJECTS,)
    assert Step.OFFER_CHOICE in decision.steps


def test_at_eighteen_the_parents_are_not_asked():
    decision = decide(Facts(age=18, guardians=(NO,), student=YES), POLICY)
    assert (decision.may_send, decision.ground) == (True, Ground.OWN_CONSENT)


def test_a_refusing_guardian_stops_the_letter_but_not_the_care():
    decision = decide(replace(FIFTEEN, guardians=(NO,)), POLICY)
    assert not decision.may_send
    assert {Step.REFUSAL_NOTE, Step.SECOND_TALK, Step.KEEP_SAFETY_PLAN} <= set(decision.steps)
    assert decision.review_after == timedelta(hours=72)


def test_two_guardians_who_disagree_lead_to_mediation():
    decision = decide(replace(FIFTEEN, guardians=(YES, NO)), POLICY)
    assert decision.reasons == (Reason.GUARDIANS_DISAGREE,)
    assert Step.MEDIATE in decision.steps


def test_an_unreachable_guardian_is_tried_three_times_and_then_the_head_decides():
    nobody = replace(FIFTEEN, guardians=(Answer.UNREACHABLE,), attempts=2)
    assert Step.TRY_ALL_CONTACTS in decide(nobody, POLICY).steps
    assert Step.HEAD_DECIDES in decide(replace(nobody, attempts=3), POLICY).steps
    assert not decide(replace(nobody, attempts=3), POLICY).may_send


def test_a_suspected_guardian_is_neither_asked_nor_told():
    decision = decide(replace(FIFTEEN, suspected=True), POLICY)
    assert not decision.may_send
    assert {Step.MANDATORY_REPORT, Step.DO_NOT_NOTIFY_GUARDIAN} <= set(decision.steps)


def test_danger_to_life_goes_without_consent_and_records_its_basis():
    red = Facts(age=15, guardians=(NO,), student=NO, danger=True)
    without = decide(red, POLICY)
    assert (without.may_send, Step.WRITE_BASIS in without.steps) == (False, True)
    decision = decide(replace(red, basis_written=True), POLICY)
    assert (decision.may_send, decision.ground) == (True, Ground.EMERGENCY)
    assert "精神卫生法" in decision.law
    assert Step.NOTIFY_GUARDIAN in decision.steps


def test_the_second_signature_never_delays_and_is_due_within_two_hours():
    red = Facts(age=15, guardians=(), student=NO, danger=True, basis_written=True)
    decision = decide(red, POLICY)
    assert decision.may_send
    assert decision.review_after == timedelta(hours=2)
    assert decide(replace(red, second_person=True), POLICY).review_after is None


def test_in_danger_a_suspected_guardian_is_still_not_told():
    red = Facts(15, (), NO, danger=True, suspected=True, basis_written=True)
    steps = decide(red, POLICY).steps
    assert Step.NOTIFY_GUARDIAN not in steps
    assert Step.MANDATORY_REPORT in steps


@given(FACTS)
def test_nothing_leaves_without_an_agreement_or_danger_to_life(facts):
    decision = decide(facts, POLICY)
    agreed = YES in (*facts.guardians, facts.student)
    assert not decision.may_send or agreed or (facts.danger and facts.basis_written)
    assert decision.reasons
    assert bool(decision.law) == decision.may_send
    assert decision.may_send or decision.review_after


@pytest.mark.parametrize("answer", [a for a in Answer if a is not YES])
def test_silence_is_never_an_agreement(answer):
    assert not decide(replace(FIFTEEN, guardians=(answer,)), POLICY).may_send
