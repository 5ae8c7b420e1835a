"""The menu of a signed-in person: what his roles let him open, in the order of a day's work."""

from dataclasses import dataclass

from flask import current_app, request, url_for

from accounts.policy import Actor, Permission
from foundation.i18n import _, _l

P = Permission


@dataclass(frozen=True)
class Entry:
    """One menu entry: the right it needs, where it leads."""

    permission: Permission
    endpoint: str
    label: str


ENTRIES = (
    Entry(P.ALERT_VIEW, "triage.alerts", _l("预警")),
    Entry(P.CASE_VIEW, "cases.cases", _l("个案")),
    Entry(P.CARE_VIEW, "triage.care", _l("关怀名单")),
    Entry(P.ADVICE_VIEW, "triage.advice", _l("班级关怀")),
    Entry(P.CARE_TASK_DO, "league.tasks", _l("陪伴任务")),
    Entry(P.CONCERN_WRITE, "league.new_concern", _l("我有担心")),
    Entry(P.CONCERN_VIEW, "league.concerns", _l("担心")),
    Entry(P.PAIRING_EDIT, "league.pairings", _l("结对")),
    Entry(P.COVERAGE_VIEW, "league.coverage", _l("团支部覆盖")),
    Entry(P.CAMPAIGN_VIEW, "campaigns.campaigns", _l("测评活动")),
    Entry(P.BOARD_VIEW, "sittings.boards", _l("完成情况")),
    Entry(P.SITTING_RUN, "taking.calls", _l("请老师来")),
    Entry(P.REFERRAL_VIEW, "referrals.referrals", _l("转介")),
    Entry(P.REFERRAL_APPROVE, "referrals.signatures", _l("待补签的紧急转介")),
    Entry(P.HOSPITAL_WORK, "hospital.inbox", _l("收件箱")),
    Entry(P.HOTLINE_VIEW, "hotline.queue", _l("工单队列")),
    Entry(P.HOTLINE_SUPERVISE, "hotline.supervise", _l("值班看板")),
    Entry(P.REPORT_VIEW, "reports.reports", _l("报告")),
    Entry(P.REGION_VIEW, "reports.region", _l("区域情况")),
    Entry(P.STUDENT_VIEW, "schools.students", _l("学生")),
    Entry(P.ROSTER_IMPORT, "schools.roster", _l("名单导入")),
    Entry(P.STAFF_VIEW, "schools.staff", _l("教职工")),
    Entry(P.DUTY_EDIT, "schools.duty", _l("值班表")),
    Entry(P.SETTINGS_EDIT, "schools.settings", _l("设置")),
    Entry(P.ORGANISATION_VIEW, "schools.organisations", _l("机构")),
    Entry(P.CATALOGUE_VIEW, "catalogue.catalogue", _l("量表")),
    Entry(P.CUSTODY_VIEW, "triage.custody", _l("责任检查")),
    Entry(P.OUTBOX_VIEW, "administration.outbox_page", _l("发送队列")),
    Entry(P.AUDIT_VIEW, "administration.audit_page", _l("审计")),
)


def entries_of(actor: Actor) -> list[Entry]:
    """The entries that lead somewhere for this person."""
    known = current_app.view_functions
    return [e for e in ENTRIES if actor.may(e.permission) and e.endpoint in known]


def navigation(actor: Actor | None) -> list[tuple[str, str, bool, int | None]]:
    """(label, url, active, count) for the layout."""
    if actor is None:
        return []
    return [
        (str(entry.label), url_for(entry.endpoint), entry.endpoint == request.endpoint, None)
        for entry in entries_of(actor)
    ]


def role_name(role: str) -> str:
    """The Chinese (or English) name of a role."""
    names = {
        "counselor": _("心理老师"),
        "school_lead": _("分管校领导"),
        "school_admin": _("学校管理员"),
        "homeroom": _("班主任"),
        "school_league_secretary": _("校团委书记"),
        "branch_contact": _("团支部联系人"),
        "branch_adviser": _("团支部指导老师"),
        "duty_person": _("值班人员"),
        "hospital_contact": _("医院联系人"),
        "operator": _("12355接线员"),
        "supervisor": _("12355督导"),
        "county_viewer": _("县级查看"),
        "city_viewer": _("市级查看"),
        "province_viewer": _("省级查看"),
        "system_admin": _("系统管理员"),
        "security_admin": _("安全管理员"),
        "audit_admin": _("审计管理员"),
    }
    return names.get(role, role)
