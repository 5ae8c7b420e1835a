"""Who may be invited to which role, where, by whom (pure).

A school's own administrator appoints the people of classes and branches. Roles that see answers or
give rights over people come from a security administrator, so that nobody makes himself counselor
(trust.md T6).
"""

from collections.abc import Mapping

from accounts.policy import EXCLUSIVE_ADMINS, Actor, Permission, Role
from schools.models import OrganisationKind

AT: Mapping[str, tuple[Role, ...]] = {
    OrganisationKind.SCHOOL: (
        Role.COUNSELOR,
        Role.SUPERVISING_COUNSELOR,
        Role.SCHOOL_LEAD,
        Role.SCHOOL_ADMIN,
        Role.HOMEROOM,
        Role.LEAGUE_SECRETARY,
        Role.BRANCH_ADVISER,
        Role.BRANCH_CONTACT,
        Role.DUTY_PERSON,
        *EXCLUSIVE_ADMINS,
    ),
    OrganisationKind.HOSPITAL: (Role.HOSPITAL_CONTACT,),
    OrganisationKind.DESK: (Role.OPERATOR, Role.SUPERVISOR),
    OrganisationKind.COUNTY: (Role.COUNTY_VIEWER, Role.SUPERVISOR, *EXCLUSIVE_ADMINS),
    OrganisationKind.CITY: (Role.CITY_VIEWER, Role.SUPERVISOR, *EXCLUSIVE_ADMINS),
    OrganisationKind.PROVINCE: (Role.PROVINCE_VIEWER, Role.SUPERVISOR, *EXCLUSIVE_ADMINS),
    OrganisationKind.NATION: (Role.SUPERVISOR, *EXCLUSIVE_ADMINS),
}
FROM_SECURITY = frozenset(
    {
        Role.COUNSELOR,
        Role.SUPERVISING_COUNSELOR,
        Role.SCHOOL_ADMIN,
        Role.DUTY_PERSON,
        *EXCLUSIVE_ADMINS,
    }
)
NEEDS_KLASS = frozenset({Role.HOMEROOM})
NEEDS_BRANCH = frozenset({Role.BRANCH_ADVISER, Role.BRANCH_CONTACT})


def roles_to_grant(actor: Actor, kind: str, path: str) -> tuple[Role, ...]:
    """The roles that the actor may invite people to, at the organisation of that kind and path."""
    held = [one for one in actor.holding(Permission.STAFF_GRANT) if path.startswith(one.path)]
    if not held:
        return ()
    here = AT.get(kind, ())
    if any(one.role == Role.SECURITY_ADMIN for one in held):
        return here
    return tuple(role for role in here if role not in FROM_SECURITY)
