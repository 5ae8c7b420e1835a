"""Versioned settings: the nearest ancestor's newest value, else the default with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from foundation import audit, clock
from foundation.database import hold
from foundation.i18n import _
from foundation.problems import Refused
from schools.models import Organisation, Setting

HEILONGJIANG = "黑龙江12355做法，全团要讯2022年第22期"
PROPOSED = "本系统建议值，须与当地约定"
REFERRAL = "本系统建议值，须与医院约定"
TICKET = "本系统建议值，须与服务台约定"
CONSENT = "本系统建议值，须与当地约定"


@dataclass(frozen=True)
class Default:
    """A value that holds until an organisation sets its own, and where it comes from."""

    value: Any
    source: str


DEFAULTS: Mapping[str, Default] = {
    # clocks
    "clock.critical_contact_min": Default(30, HEILONGJIANG),
    "clock.high_interview_h": Default(24, PROPOSED),
    "clock.attention_contact_h": Default(168, PROPOSED),
    "clock.crisis_contact_min": Default(30, HEILONGJIANG),
    "clock.crisis_accept_min": Default(5, PROPOSED),
    "clock.case_accept_h": Default(4, PROPOSED),
    "clock.consult_accept_h": Default(2, PROPOSED),
    "clock.case_reply_h": Default(48, HEILONGJIANG),
    "clock.consult_reply_h": Default(24, HEILONGJIANG),
    "clock.referral_receipt_routine_min": Default(120, f"{REFERRAL} H1"),
    "clock.referral_receipt_urgent_min": Default(15, f"{REFERRAL} H1"),
    "clock.referral_decide_routine_h": Default(24, f"{REFERRAL} H2"),
    "clock.referral_decide_urgent_h": Default(2, f"{REFERRAL} H2"),
    "clock.referral_offer_routine_d": Default(14, f"{REFERRAL} H3"),
    "clock.referral_offer_urgent_h": Default(24, f"{REFERRAL} H3"),
    "clock.referral_feedback_d": Default(5, REFERRAL),
    "clock.concern_review_h": Default(24, PROPOSED),
    "clock.urgent_concern_min": Default(30, HEILONGJIANG),
    "clock.pause_cap_h": Default(24, TICKET),
    "clock.pause_total_h": Default(72, TICKET),
    # when a unit works: clocks of office hours run in these spans only
    "office.hours": Default(["08:30-12:00", "14:00-17:30"], PROPOSED),
    # a referral between school and hospital
    "clock.referral_draft_h": Default(24, PROPOSED),
    "clock.referral_answer_routine_h": Default(24, f"{REFERRAL} I1"),
    "clock.referral_answer_urgent_h": Default(2, f"{REFERRAL} I1"),
    "clock.referral_info_pause_d": Default(2, f"{REFERRAL}第 6 行"),
    "clock.referral_school_routine_h": Default(24, PROPOSED),
    "clock.referral_school_urgent_h": Default(2, PROPOSED),
    "clock.referral_red_min": Default(30, HEILONGJIANG),
    "clock.referral_visit_h": Default(24, "罗山县 2025-03 文件：医院 24 小时内优先接诊"),
    "clock.referral_reply_high_min": Default(30, HEILONGJIANG),
    "clock.referral_remind_h": Default(2, REFERRAL),
    "clock.referral_call_min": Default(30, f"{REFERRAL}第 26 行"),
    "clock.referral_replan_h": Default(24, f"{REFERRAL}第 22 行"),
    "clock.referral_incident_h": Default(24, f"{REFERRAL}第 25 行"),
    "clock.appointment_told_h": Default(4, f"{REFERRAL}第 12 行"),
    "clock.noshow_check_h": Default(4, f"{REFERRAL}第 14 行"),
    "noshow.latest_hour": Default(22, f"{REFERRAL}第 14 行"),
    "followup.after_return_h": Default([24, 168, 720], f"{REFERRAL}第 20 行"),
    "referral.letter_d": Default(30, REFERRAL),
    "referral.capacity_stale_h": Default(24, PROPOSED),
    "referral.reschedules": Default(2, f"{REFERRAL}第 13 行"),
    # consent to refer
    "consent.second_person_h": Default(2, CONSENT),
    "consent.refusal_review_h": Default(72, CONSENT),
    "consent.unreachable_h": Default(24, CONSENT),
    "consent.attempts": Default(3, CONSENT),
    "consent.basis_min": Default(30, HEILONGJIANG),
    # a 12355 ticket
    "clock.crisis_triage_min": Default(5, TICKET),
    "clock.ticket_on_workdays": Default(True, TICKET),  # noqa: FBT003 - a value, not a switch
    "clock.ticket_look_h": Default(24, PROPOSED),
    "clock.stand_down_follow_h": Default(24, TICKET),
    "ticket.return_share": Default(0.25, TICKET),
    "ticket.rating_invites": Default(3, TICKET),
    "ticket.low_rating": Default(2, PROPOSED),
    "ticket.reopen_d": Default(30, TICKET),
    "ladder.minutes": Default([0, 3, 5, 10, 15, 20, 30], TICKET),
    "ladder.contact_after_ack_min": Default(10, TICKET),
    "alert.escalate_minutes": Default([5, 10, 20, 30], HEILONGJIANG),
    # ages and consent
    "consent.guardian_below": Default(14, "《个人信息保护法》第三十一条"),
    "consent.student_alone_from": Default(18, "《民法典》第十七条：满十八周岁为成年人"),
    # what a room may do
    "taking.idle_lock_s": Default(180, PROPOSED),
    "taking.grace_min": Default(30, PROPOSED),
    "retest.after_school_days": Default(3, PROPOSED),
    # words and colours are labels only; code compares numbers
    "level.words": Default(
        {"3": "一级（重大）", "2": "二级（严重）", "1": "三级（一般）", "0": "暂不需要关注"},
        PROPOSED,
    ),
    "help.numbers": Default(
        [
            {"number": "110", "what": "报警"},
            {"number": "120", "what": "急救"},
            {"number": "12356", "what": "全国统一心理援助热线"},
            {"number": "12355", "what": "青少年服务台"},
        ],
        "国家卫生健康委 2024-12-25 通知；共青团 12355",
    ),
    "report.small_cell": Default(10, "本系统建议值：少于 10 人的格子不显示"),
    # a branch contact is a fellow student or an adult (design.md §1)
    "league.contact_is_adult": Default(False, PROPOSED),  # noqa: FBT003 - a value, not a switch
    "league.release_gap_d": Default(7, PROPOSED),
    "forecast.interview_minutes": Default(30, PROPOSED),
    "forecast.positive_share": Default(0.15, PROPOSED),
    "campaign.retention": Default("until_graduation", "西南财大 2019；上海西南位育中学（R20）"),
}


@dataclass(frozen=True)
class InForce(Default):
    """The value that holds for an organisation, its source, and its version (0: the default)."""

    version: int = 0


def value(session: Session, organisation_id: int, key: str) -> Any:
    """The setting that applies to the organisation; KeyError for a key nobody declared."""
    return in_force(session, organisation_id, key).value


def in_force(session: Session, organisation_id: int, key: str) -> InForce:
    """The setting that applies to the organisation with its source."""
    default = DEFAULTS[key]
    path = session.scalar(select(Organisation.path).where(Organisation.id == organisation_id))
    ids = [int(part) for part in (path or "").strip("/").split("/") if part]
    rows = session.execute(
        select(Setting.organisation_id, Setting.value, Setting.source, Setting.version)
        .where(Setting.key == key, Setting.organisation_id.in_(ids))
        .order_by(Setting.version)
    ).all()
    newest = {row.organisation_id: InForce(row.value, row.source, row.version) for row in rows}
    for organisation in reversed(ids):
        if organisation in newest:
            return newest[organisation]
    return InForce(default.value, default.source)


def put(
    session: Session, *, by: Actor, organisation_id: int, key: str, value: Any, source: str
) -> Setting:
    """Set a new version for one organisation; the old versions stay."""
    if key not in DEFAULTS:
        raise Refused(_("没有这一项设置：%(key)s", key=key), "key")
    hold(session, Organisation, organisation_id)
    last = session.scalars(
        select(Setting)
        .where(Setting.organisation_id == organisation_id, Setting.key == key)
        .order_by(Setting.version.desc())
        .limit(1)
    ).first()
    row = Setting(
        organisation_id=organisation_id,
        key=key,
        version=(last.version + 1) if last else 1,
        value=value,
        source=source,
        set_by=by.ref,
        set_at=clock.now(),
    )
    session.add(row)
    audit.record(
        session,
        "setting.changed",
        by=by.ref,
        organisation_id=organisation_id,
        subject=f"setting:{key}",
        details={"version": row.version},
    )
    return row
