"""What still keeps a campaign from being opened (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from instruments.library.definition import Definition

# what a named person lets through; the campaign may be submitted for it
BY_NAME = frozenset({"sensitive_not_approved", "cutset_unverified"})
# youngest usual age of a stage; a campaign may not reach below an instrument's limit
YOUNGEST = {"junior": 12, "senior": 15, "vocational": 15, "higher": 17}


@dataclass(frozen=True)
class Plan:
    """A campaign as its checks see it."""

    stage: str
    students: int
    opens_at: datetime
    closes_at: datetime
    definitions: Sequence[Definition]
    unusable: Sequence[str]  # keys without any wording that may be shown
    expired: Sequence[str]  # keys whose licence ends before the campaign opens
    unverified: Sequence[str]  # keys with an unverified cut-set that nobody approved
    spoken: Sequence[str]  # keys of scales that a person asks, in a campaign on phones
    duty_problems: Sequence[str]
    sensitive_approved: bool
    youngest: int | None = None


@dataclass(frozen=True)
class Obstacle:
    """A code with the values its sentence needs."""

    code: str
    value: str = ""


def obstacles(plan: Plan, today: date) -> list[Obstacle]:
    """Everything that is missing, all at once."""
    found = [*_basics(plan, today), *_instruments(plan)]
    found.extend(Obstacle(f"duty_{problem}") for problem in plan.duty_problems)
    if is_sensitive(plan.definitions) and not plan.sensitive_approved:
        found.append(Obstacle("sensitive_not_approved"))
    return found


def _basics(plan: Plan, today: date) -> list[Obstacle]:
    found = []
    if not plan.students:
        found.append(Obstacle("no_students"))
    if not plan.definitions:
        found.append(Obstacle("no_instruments"))
    if plan.closes_at.date() < today:
        found.append(Obstacle("window_over"))
    return found


def _instruments(plan: Plan) -> list[Obstacle]:
    age = plan.youngest if plan.youngest is not None else YOUNGEST[plan.stage]
    young = [d for d in plan.definitions if d.minimum_age > age]
    found = [Obstacle("too_young", f"{d.key} ({d.minimum_age}+)") for d in young]
    for code, keys in (
        ("no_wording", plan.unusable),
        ("licence_expired", plan.expired),
        ("cutset_unverified", plan.unverified),
        ("asked_by_a_person", plan.spoken),
    ):
        found.extend(Obstacle(code, key) for key in keys)
    return found


def is_sensitive(definitions: Sequence[Definition]) -> bool:
    """Whether an item asks about death or self-harm, so that a named person must approve it."""
    return any(d.sensitive is not None or d.criticals for d in definitions)
