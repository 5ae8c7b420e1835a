"""Roles, permissions and the one table that joins them; roles are held per organisation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person is for an organisation; reference/domain.md section 2.2 gives the words."""

    COUNSELOR = "counselor"
    SUPERVISING_COUNSELOR = "supervising_counselor"  # named by the school; reads interview records
    SCHOOL_LEAD = "school_lead"
    SCHOOL_ADMIN = "school_admin"
    HOMEROOM = "homeroom"
    LEAGUE_SECRETARY = "school_league_secretary"
    BRANCH_CONTACT = "branch_contact"  # a fellow student with a sign-in of his own
    BRANCH_ADVISER = "branch_adviser"  # an adult appointed for the branch
    DUTY_PERSON = "duty_person"
    HOSPITAL_CONTACT = "hospital_contact"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    COUNTY_VIEWER = "county_viewer"
    CITY_VIEWER = "city_viewer"
    PROVINCE_VIEWER = "province_viewer"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


EXCLUSIVE_ADMINS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
NEEDS_SECOND_FACTOR = frozenset(
    {
        Role.COUNSELOR,
        Role.SUPERVISING_COUNSELOR,
        Role.SCHOOL_ADMIN,
        Role.SYSTEM_ADMIN,
        Role.SECURITY_ADMIN,
        Role.AUDIT_ADMIN,
    }
)


class Permission(StrEnum):
    """One thing a person can do; every route names one."""

    HOME = "home"
    # schools
    ORGANISATION_VIEW = "organisation.view"
    ORGANISATION_EDIT = "organisation.edit"
    STUDENT_VIEW = "student.view"
    ROSTER_IMPORT = "roster.import"
    STAFF_VIEW = "staff.view"
    STAFF_GRANT = "staff.grant"
    DUTY_EDIT = "duty.edit"
    SETTINGS_EDIT = "settings.edit"
    # campaigns
    CAMPAIGN_VIEW = "campaign.view"
    CAMPAIGN_EDIT = "campaign.edit"
    CAMPAIGN_APPROVE = "campaign.approve"
    CONSENT_RECORD = "consent.record"
    CONSENT_VIEW = "consent.view"
    SHEET_PRINT = "sheet.print"
    BOARD_VIEW = "board.view"
    SITTING_RUN = "sitting.run"
    ANSWERS_ENTER = "answers.enter"
    # triage
    ALERT_VIEW = "alert.view"
    ALERT_WORK = "alert.work"
    RESULT_VIEW = "result.view"
    INTERVIEW_WRITE = "interview.write"
    INTERVIEW_SUPERVISE = "interview.supervise"
    CASE_VIEW = "case.view"
    CASE_WORK = "case.work"
    CASE_APPROVE = "case.approve"
    CUSTODY_VIEW = "custody.view"
    # League side
    CARE_VIEW = "care.view"
    CONCERN_WRITE = "concern.write"
    CONCERN_VIEW = "concern.view"
    CARE_TASK_DO = "care_task.do"
    CARE_TASK_RELEASE = "care_task.release"
    PAIRING_EDIT = "pairing.edit"
    COVERAGE_VIEW = "coverage.view"
    ADVICE_VIEW = "advice.view"
    # referrals
    REFERRAL_VIEW = "referral.view"
    REFERRAL_WORK = "referral.work"
    REFERRAL_APPROVE = "referral.approve"
    HOSPITAL_WORK = "hospital.work"
    AGREEMENT_EDIT = "agreement.edit"
    HOTLINE_VIEW = "hotline.view"
    HOTLINE_WORK = "hotline.work"
    HOTLINE_SUPERVISE = "hotline.supervise"
    PAGE_ACKNOWLEDGE = "page.acknowledge"
    # reports
    REPORT_VIEW = "report.view"
    REPORT_EXPORT = "report.export"
    REGION_VIEW = "region.view"
    # instruments and administration
    CATALOGUE_VIEW = "catalogue.view"
    WORDING_IMPORT = "wording.import"
    OUTBOX_VIEW = "outbox.view"
    AUDIT_VIEW = "audit.view"
    DEMO_VIEW = "demo.view"


P = Permission
_EVERYBODY = {P.HOME}
_STAFF = _EVERYBODY | {P.CATALOGUE_VIEW, P.CONCERN_WRITE}

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.COUNSELOR: frozenset(
        _STAFF
        | {
            P.ORGANISATION_VIEW,
            P.STUDENT_VIEW,
            P.ROSTER_IMPORT,
            P.STAFF_VIEW,
            P.DUTY_EDIT,
            P.CAMPAIGN_VIEW,
            P.CAMPAIGN_EDIT,
            P.CAMPAIGN_APPROVE,
            P.CONSENT_RECORD,
            P.CONSENT_VIEW,
            P.SHEET_PRINT,
            P.BOARD_VIEW,
            P.SITTING_RUN,
            P.ANSWERS_ENTER,
            P.ALERT_VIEW,
            P.ALERT_WORK,
            P.RESULT_VIEW,
            P.INTERVIEW_WRITE,
            P.CASE_VIEW,
            P.CASE_WORK,
            P.CASE_APPROVE,
            P.CUSTODY_VIEW,
            P.CONCERN_VIEW,
            P.CARE_TASK_RELEASE,
            P.REFERRAL_VIEW,
            P.REFERRAL_WORK,
            P.PAGE_ACKNOWLEDGE,
            P.REPORT_VIEW,
            P.REPORT_EXPORT,
            P.WORDING_IMPORT,
        }
    ),
    Role.SUPERVISING_COUNSELOR: frozenset(_STAFF | {P.CASE_VIEW, P.INTERVIEW_SUPERVISE}),
    Role.SCHOOL_LEAD: frozenset(
        _STAFF
        | {
            P.ORGANISATION_VIEW,
            P.STUDENT_VIEW,
            P.STAFF_VIEW,
            P.CAMPAIGN_VIEW,
            P.CAMPAIGN_APPROVE,
            P.BOARD_VIEW,
            P.CARE_VIEW,
            P.CASE_VIEW,
            P.CASE_APPROVE,
            P.CUSTODY_VIEW,
            P.REFERRAL_APPROVE,
            P.PAGE_ACKNOWLEDGE,
            P.REPORT_VIEW,
        }
    ),
    Role.SCHOOL_ADMIN: frozenset(
        _STAFF
        | {
            P.ORGANISATION_VIEW,
            P.ORGANISATION_EDIT,
            P.STUDENT_VIEW,
            P.ROSTER_IMPORT,
            P.STAFF_VIEW,
            P.STAFF_GRANT,
            P.DUTY_EDIT,
            P.SETTINGS_EDIT,
            P.CAMPAIGN_VIEW,
            P.CAMPAIGN_APPROVE,
            P.CONSENT_RECORD,
            P.SHEET_PRINT,
            P.BOARD_VIEW,
            P.SITTING_RUN,
        }
    ),
    Role.HOMEROOM: frozenset(_STAFF | {P.BOARD_VIEW, P.SITTING_RUN, P.ADVICE_VIEW}),
    Role.LEAGUE_SECRETARY: frozenset(
        _STAFF
        | {
            P.ORGANISATION_VIEW,
            P.STAFF_VIEW,
            P.CAMPAIGN_VIEW,
            P.CAMPAIGN_APPROVE,
            P.BOARD_VIEW,
            P.CARE_VIEW,
            P.CONCERN_VIEW,
            P.PAIRING_EDIT,
            P.COVERAGE_VIEW,
            P.PAGE_ACKNOWLEDGE,
            P.REPORT_VIEW,
        }
    ),
    Role.BRANCH_CONTACT: frozenset(_EVERYBODY | {P.CONCERN_WRITE, P.CARE_TASK_DO}),
    Role.BRANCH_ADVISER: frozenset(_STAFF | {P.CARE_VIEW, P.CARE_TASK_DO}),
    Role.DUTY_PERSON: frozenset(
        _STAFF | {P.ALERT_VIEW, P.ALERT_WORK, P.PAGE_ACKNOWLEDGE, P.CASE_VIEW, P.CONCERN_VIEW}
    ),
    Role.HOSPITAL_CONTACT: frozenset(_EVERYBODY | {P.HOSPITAL_WORK}),
    Role.OPERATOR: frozenset(
        _EVERYBODY | {P.HOTLINE_VIEW, P.HOTLINE_WORK, P.PAGE_ACKNOWLEDGE, P.ORGANISATION_VIEW}
    ),
    Role.SUPERVISOR: frozenset(
        _EVERYBODY
        | {
            P.HOTLINE_VIEW,
            P.HOTLINE_WORK,
            P.HOTLINE_SUPERVISE,
            P.PAGE_ACKNOWLEDGE,
            P.ORGANISATION_VIEW,
            P.DUTY_EDIT,
        }
    ),
    Role.COUNTY_VIEWER: frozenset(
        _STAFF - {P.CONCERN_WRITE}
        | {
            P.ORGANISATION_VIEW,
            P.REGION_VIEW,
            P.ROSTER_IMPORT,
            P.SETTINGS_EDIT,
            P.AGREEMENT_EDIT,
        }
    ),
    Role.CITY_VIEWER: frozenset(
        _STAFF - {P.CONCERN_WRITE} | {P.ORGANISATION_VIEW, P.REGION_VIEW, P.AGREEMENT_EDIT}
    ),
    Role.PROVINCE_VIEWER: frozenset(
        _STAFF - {P.CONCERN_WRITE} | {P.ORGANISATION_VIEW, P.REGION_VIEW, P.AGREEMENT_EDIT}
    ),
    Role.SYSTEM_ADMIN: frozenset(
        _EVERYBODY | {P.ORGANISATION_VIEW, P.ORGANISATION_EDIT, P.OUTBOX_VIEW, P.SETTINGS_EDIT}
    ),
    Role.SECURITY_ADMIN: frozenset(_EVERYBODY | {P.ORGANISATION_VIEW, P.STAFF_VIEW, P.STAFF_GRANT}),
    Role.AUDIT_ADMIN: frozenset(_EVERYBODY | {P.ORGANISATION_VIEW, P.AUDIT_VIEW}),
}


@dataclass(frozen=True)
class Held:
    """One role held for one organisation, narrowed to a class or a branch where that is set."""

    role: Role
    organisation_id: int
    path: str
    klass_id: int | None = None
    branch_id: int | None = None
    student_id: int | None = None  # the person himself, where a student holds the role


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with held roles, the system, or the holder of a ticket."""

    user_id: int | None
    name: str
    held: tuple[Held, ...] = ()
    ref: str = ""
    locale: str = field(default="zh", compare=False)

    @classmethod
    def person(cls, user_id: int, name: str, held: Iterable[Held]) -> "Actor":
        return cls(user_id, name, tuple(held), f"user:{user_id}")

    @classmethod
    def system(cls, what: str) -> "Actor":
        return cls(None, what, (), f"system:{what}")

    @classmethod
    def ticket(cls, ticket_id: int) -> "Actor":
        return cls(None, "ticket", (), f"ticket:{ticket_id}")

    def holding(self, permission: Permission) -> tuple[Held, ...]:
        """The held roles that grant the permission."""
        return tuple(h for h in self.held if permission in GRANTS[h.role])

    def may(self, permission: Permission, path: str | None = None) -> bool:
        """Whether he may, anywhere or for the organisation at this path."""
        holding = self.holding(permission)
        return bool(holding) if path is None else any(path.startswith(h.path) for h in holding)

    def paths(self, permission: Permission) -> tuple[str, ...]:
        """Organisation path prefixes in which he holds it for the whole organisation."""
        return tuple(
            sorted({h.path for h in self.holding(permission) if not (h.klass_id or h.branch_id)})
        )

    def organisations(self, permission: Permission) -> tuple[int, ...]:
        return tuple(sorted({h.organisation_id for h in self.holding(permission)}))

    def klass_ids(self, permission: Permission) -> tuple[int, ...]:
        return tuple(sorted({h.klass_id for h in self.holding(permission) if h.klass_id}))

    def branch_ids(self, permission: Permission) -> tuple[int, ...]:
        return tuple(sorted({h.branch_id for h in self.holding(permission) if h.branch_id}))

    def is_a(self, role: Role) -> bool:
        return any(h.role == role for h in self.held)

    @property
    def own_student_ids(self) -> frozenset[int]:
        """Students that are this person; no page may ever lead him to his own record."""
        return frozenset(h.student_id for h in self.held if h.student_id)
