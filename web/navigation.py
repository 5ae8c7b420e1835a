"""The menu of a signed-in person: what his roles let him open, in the order of a day's work."""

from dataclasses import dataclass
from enum import StrEnum

from flask import current_app, request, url_for

from accounts.policy import Actor, Permission
from foundation.i18n import _, _l

P = Permission


class Group(StrEnum):
    """Where an entry stands when the menu is too long for one row; FIRST always stands alone."""

    FIRST = ""
    CARE = "care"
    SCREENING = "screening"
    SCHOOL = "school"
    SYSTEM = "system"


GROUPS = {
    Group.CARE: _l("跟进与关怀"),
    Group.SCREENING: _l("测评与报告"),
    Group.SCHOOL: _l("学校与人员"),
    Group.SYSTEM: _l("系统"),
}
SHORT = 5  # as many entries fit one row beside the name of the person, in English too


@dataclass(frozen=True)
class Entry:
    """One menu entry: the right it needs, where it leads."""

    permission: Permission
    endpoint: str
    label: str
    group: Group = Group.FIRST


@dataclass(frozen=True)
class Link:
    """An entry on one page: ready to be drawn."""

    label: str
    url: str
    here: bool


@dataclass(frozen=True)
class Menu:
    """Links that stand alone, then groups (word, links) that open."""

    links: list[Link]
    groups: list[tuple[str, list[Link]]]


G = Group
ENTRIES = (
    Entry(P.ALERT_VIEW, "triage.alerts", _l("预警")),
    Entry(P.CASE_VIEW, "cases.cases", _l("个案")),
    Entry(P.CARE_VIEW, "triage.care", _l("关怀名单")),
    Entry(P.ADVICE_VIEW, "triage.advice", _l("班级关怀")),
    Entry(P.CARE_TASK_DO, "league.tasks", _l("陪伴任务")),
    Entry(P.CONCERN_WRITE, "league.new_concern", _l("我有担心"), G.CARE),
    Entry(P.CONCERN_VIEW, "league.concerns", _l("收到的担心"), G.CARE),
    Entry(P.PAIRING_EDIT, "league.pairings", _l("结对"), G.CARE),
    Entry(P.COVERAGE_VIEW, "league.coverage", _l("团支部覆盖"), G.CARE),
    Entry(P.CAMPAIGN_VIEW, "campaigns.campaigns", _l("测评活动"), G.SCREENING),
    Entry(P.BOARD_VIEW, "sittings.boards", _l("完成情况"), G.SCREENING),
    Entry(P.SITTING_RUN, "taking.calls", _l("请老师来"), G.CARE),
    Entry(P.REFERRAL_VIEW, "referrals.referrals", _l("转介")),
    Entry(P.REFERRAL_APPROVE, "referrals.signatures", _l("待补签的紧急转介"), G.CARE),
    Entry(P.HOSPITAL_WORK, "hospital.inbox", _l("收件箱")),
    Entry(P.HOTLINE_VIEW, "hotline.queue", _l("工单队列")),
    Entry(P.HOTLINE_SUPERVISE, "hotline.supervise", _l("值班看板")),
    Entry(P.REPORT_VIEW, "reports.reports", _l("报告"), G.SCREENING),
    Entry(P.REGION_VIEW, "regions.mine", _l("区域情况"), G.SCREENING),
    Entry(P.STUDENT_VIEW, "schools.students", _l("学生"), G.SCHOOL),
    Entry(P.ROSTER_IMPORT, "schools.roster", _l("名单导入"), G.SCHOOL),
    Entry(P.STAFF_VIEW, "schools.staff", _l("教职工"), G.SCHOOL),
    Entry(P.DUTY_EDIT, "schools.duty", _l("值班表"), G.SCHOOL),
    Entry(P.SETTINGS_EDIT, "schools.settings", _l("设置"), G.SCHOOL),
    Entry(P.SETTINGS_EDIT, "workdays.workdays", _l("放假和补班"), G.SCHOOL),
    Entry(P.AGREEMENT_EDIT, "agreements.agreements", _l("绿色通道协议"), G.SCHOOL),
    Entry(P.ORGANISATION_VIEW, "schools.organisations", _l("机构一览"), G.SCHOOL),
    Entry(P.CATALOGUE_VIEW, "catalogue.catalogue", _l("量表库"), G.SCREENING),
    Entry(P.CUSTODY_VIEW, "triage.custody", _l("责任检查"), G.SYSTEM),
    Entry(P.OUTBOX_VIEW, "administration.outbox_page", _l("发送队列"), G.SYSTEM),
    Entry(P.AUDIT_VIEW, "administration.audit_page", _l("审计"), G.SYSTEM),
)


def entries_of(actor: Actor) -> list[Entry]:
    """The entries that lead somewhere for this person."""
    known = current_app.view_functions
    return [e for e in ENTRIES if actor.may(e.permission) and e.endpoint in known]


def links_of(actor: Actor) -> list[tuple[Entry, Link]]:
    """Each entry of this person with its link on the page that is asked for."""
    return [
        (entry, Link(str(entry.label), url_for(entry.endpoint), entry.endpoint == request.endpoint))
        for entry in entries_of(actor)
    ]


def navigation(actor: Actor | None) -> Menu:
    """The menu for the layout; a short one has no groups."""
    found = links_of(actor) if actor else []
    if len(found) <= SHORT:
        return Menu([link for _entry, link in found], [])
    sorted_in: dict[Group, list[Link]] = {}
    for entry, link in found:
        sorted_in.setdefault(entry.group, []).append(link)
    alone = sorted_in.pop(Group.FIRST, [])
    return Menu(alone, [(str(GROUPS[group]), links) for group, links in sorted_in.items()])


def in_parts(actor: Actor) -> list[tuple[str, list[Link]]]:
    """Everything he can open, group by group, for the start page."""
    menu = navigation(actor)
    return [(str(_("常用")), menu.links), *menu.groups] if menu.links else menu.groups


def role_name(role: str) -> str:
    """The Chinese (or English) name of a role."""
    names = {
        "counselor": _("心理老师"),
        "supervising_counselor": _("心理督导"),
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
