"""Whether a roster looks like this school's and this year's at all (pure)."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foundation.i18n import _
from schools.names import masked
from schools.roster.rules import CLASS_TO_JUDGE, Kind, Known, Place, Planned, could_be
from schools.year import rules as year

SCHOOL_TO_JUDGE = 30
CONFIRM_ABOVE = 0.30
FOREIGN_BELOW = 0.30
NEWCOMERS_BELOW = 0.50


@dataclass(frozen=True, slots=True)
class Gate:
    """Judgement on the whole file: a sentence that refuses it, and sentences to confirm.

    `if_whole` are those that hold only when whoever is missing from the file leaves.
    """

    refused: str = ""
    confirm: tuple[str, ...] = ()
    if_whole: tuple[str, ...] = ()


def judge(
    planned: Sequence[Planned],
    students: Sequence[Known],
    place_label: Any,
    *,
    year_is_due: bool = False,
) -> Gate:
    """Whether the file looks like this school's at all, and which classes changed surprisingly.

    Another school's file: of the rows for classes that exist here, under 30 % are known (30 or
    more students here, 10 or more such rows). A class of ten or more in which over 30 % are new,
    moved or leaving must be confirmed. `place_label` names a (grade, class) for people. A list in
    which most are one grade up while the school's new year has not begun would leave homeroom
    teachers, branches and campaigns behind: it is refused, and says what to do first.
    """
    upward, downward = _climbed(planned)
    if upward and year_is_due:
        return Gate(
            refused=_(
                "名单里 %(n)s 名学生升了一个年级，没有保存。请先在“新学年”升级，再上传这份名单：班主任、团支部和以前的测评才会跟着班级走。",
                n=upward,
            )
        )
    enrolled = Counter(student.place for student in students if student.enrolled)
    rows = [this for this in planned if "place" in this.row.values and this.kind != Kind.DUPLICATE]
    here = [this for this in rows if tuple(this.row.values["place"]) in enrolled]
    strange: list[str] = []
    if downward:
        strange.append(
            _("名单里 %(n)s 名学生降了一个年级，像是上个学年的名单，请核对。", n=downward)
        )
    if _looks_foreign(here, enrolled):
        values = {"n": len(here), "known": sum(this.known is not None for this in here)}
        if not _looks_like_newcomers(here, enrolled):
            return Gate(
                refused=_(
                    "名单里属于本校现有班级的 %(n)s 行，只有 %(known)s 行能对上本校学生，像是别的学校或别的年级的名单，没有保存。",
                    **values,
                )
            )
        strange.append(
            _(
                "名单里属于本校现有班级的 %(n)s 行，只有 %(known)s 行能对上本校学生。如果不是新生名单，请放弃这份名单。",
                **values,
            )
        )
    twins = _maybe_the_same(planned)
    if twins:
        strange.append(
            _(
                "有 %(n)s 名要新增的学生，与不在名单里的在校学生同名（%(names)s）。如果是同一个人换了班，请补上学号、学籍号或出生日期再上传，否则他以前的记录不会跟过去。",
                n=len(twins),
                names="、".join(masked(name) for name in twins[:5]),
            )
        )
    always, if_whole = strange, list[str]()
    for place, counted in _turnover(planned).items():
        limit = CONFIRM_ABOVE * enrolled[place]
        if enrolled[place] >= CLASS_TO_JUDGE and sum(counted) > limit:
            new, moved, _gone = counted
            found = always if new + moved > limit else if_whole
            found.append(_surprise(place, enrolled[place], counted, place_label))
    return Gate(confirm=tuple(always), if_whole=tuple(if_whole))


def _climbed(planned: Sequence[Planned]) -> tuple[int, int]:
    """How many go one grade up and how many one down, where they are most of those we know."""
    known = [this for this in planned if this.known and this.kind != Kind.LEAVING]
    moves = [
        (this.known.place[0], this.row.values["place"][0])
        for this in known
        if this.known and this.kind == Kind.MOVED
    ]
    least = max(CLASS_TO_JUDGE, len(known) // 2)
    up, down = year.climbed(moves)
    return (up if up >= least else 0), (down if down >= least else 0)


def _maybe_the_same(planned: Sequence[Planned]) -> list[str]:
    """Names that would be added as new while a student of that name would be left over."""
    added = defaultdict(list)
    for this in planned:
        if this.kind == Kind.NEW:
            added[this.row.values.get("name")].append(this.row.values)
    return sorted(
        this.known.name
        for this in planned
        if this.kind == Kind.LEAVING and this.known
        if any(could_be(values, this.known) for values in added[this.known.name])
    )


def _looks_foreign(here: Sequence[Planned], enrolled: Mapping[Place, int]) -> bool:
    if sum(enrolled.values()) < SCHOOL_TO_JUDGE or len(here) < CLASS_TO_JUDGE:
        return False
    known = sum(this.known is not None for this in here)
    return known < FOREIGN_BELOW * len(here)


def _looks_like_newcomers(here: Sequence[Planned], enrolled: Mapping[Place, int]) -> bool:
    """Few beside those who are in these classes: another school's list names whole classes."""
    places = {tuple(this.row.values["place"]) for this in here}
    return len(here) < NEWCOMERS_BELOW * sum(enrolled[place] for place in places)


def _turnover(planned: Sequence[Planned]) -> dict[Place, tuple[int, int, int]]:
    """(new, moved in, leaving) of every class."""
    tally: dict[Place, list[int]] = defaultdict(lambda: [0, 0, 0])
    order = {Kind.NEW: 0, Kind.MOVED: 1, Kind.LEAVING: 2}
    for this in planned:
        if this.kind not in order:
            continue
        leaving = this.known if this.kind == Kind.LEAVING else None
        place = leaving.place if leaving else tuple(this.row.values["place"])
        tally[place][order[this.kind]] += 1
    return {place: (new, moved, gone) for place, (new, moved, gone) in tally.items()}


def _surprise(place: Place, size: int, counted: tuple[int, int, int], place_label: Any) -> str:
    new, moved, gone = counted
    return _(
        "%(klass)s 现有 %(size)s 人，这份名单要新增 %(new)s 人、转入 %(moved)s 人、移出 %(gone)s 人，超过三成。",
        klass=place_label(*place),
        size=size,
        new=new,
        moved=moved,
        gone=gone,
    )
