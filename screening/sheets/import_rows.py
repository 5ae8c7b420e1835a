"""From the rows of a file to judged sheets: read, scored, compared with what was published."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from foundation.i18n import _
from foundation.problems import Refused
from foundation.spreadsheets import Cell
from instruments.library.definition import Value
from instruments.quality.policy import QualityReport
from screening.sheets.import_map import (
    GENERATE,
    AnswerMap,
    Column,
    Place,
    Scale,
    invented_name,
    plain,
)
from screening.taking import crisis
from screening.taking import scoring as taking_scoring
from screening.taking.crisis import Finding
from screening.taking.drafts import Given
from screening.taking.scoring import Asked, Judged, Times

NO_TIMES = Times(None)


class RowRefused(ValueError):
    """Why a row cannot be taken, as a sentence."""


@dataclass(frozen=True)
class Sheet:
    """One row: who, where, the answers, and what they say."""

    row: int
    school: str
    grade: str
    klass: str
    sex: str | None
    number: str
    name: str
    answers: Mapping[str, Mapping[str, Value]]
    judged: tuple[Judged, ...]
    findings: tuple[Finding, ...]
    critical: bool
    quality: QualityReport
    disagreements: Mapping[str, tuple[str, ...]]


@dataclass
class Reading:
    """What a file holds."""

    sheets: list[Sheet] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    compared: dict[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """Rows with anything in them."""
        return len(self.sheets) + len(self.refused)


def read(rows: Sequence[Sequence[Cell]], chart: AnswerMap) -> Reading:
    """Every row judged or refused; nothing is written."""
    titles = {plain(cell): at for at, cell in enumerate(rows[chart.header - 1])}
    found = Reading(compared={scale.definition.key: 0 for scale in chart.scales})
    for number, cells in _filled(rows, chart.header):
        reader = _Row(number, cells, titles)
        try:
            sheet = _sheet(reader, chart)
        except RowRefused as refusal:
            why = urgent(str(refusal)) if _holds_critical(reader, chart) else str(refusal)
            found.refused.append((number, why))
            continue
        found.sheets.append(sheet)
        for scale in chart.scales:
            found.compared[scale.definition.key] += scale.total is not None
    return found


def urgent(why: str) -> str:
    """A row that cannot be taken says so if somebody must look at it at once."""
    return _("这份答卷有危急答案，请马上人工处理！%(why)s", why=why)


def _filled(rows: Sequence[Sequence[Cell]], header: int) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, cells in enumerate(rows[header:], start=header + 1):
        if any(plain(cell) for cell in cells):
            yield number, cells


@dataclass(frozen=True)
class _Row:
    number: int
    cells: Sequence[Cell]
    titles: Mapping[str, int]

    def text(self, place: Place) -> str:
        at = place - 1 if isinstance(place, int) else self.titles.get(plain(place))
        if at is None or at < 0:
            raise Refused(_("文件里没有“%(title)s”这一列。", title=str(place)))
        return plain(self.cells[at]) if at < len(self.cells) else ""

    def named(self, column: Column | None, what: str) -> str:
        if column is None:
            return ""
        text = self.text(column.place)
        if not column.names:
            return text
        if text not in column.names:
            raise RowRefused(_("%(what)s“%(value)s”不在对照表里。", what=what, value=text))
        value = column.names[text]
        return str(value["code"]) if isinstance(value, Mapping) else str(value)


def _holds_critical(row: _Row, chart: AnswerMap) -> bool:
    """Whether what can be read of a faulty row calls for a person."""
    answers: dict[str, dict[str, Value]] = {scale.definition.key: {} for scale in chart.scales}
    for scale in chart.scales:
        for item, place in zip(scale.definition.items, scale.items, strict=True):
            with suppress(RowRefused):
                code = _code(row.text(place), scale, item.id, item.codes)
                answers[scale.definition.key][item.id] = code
    return bool(_crisis(chart.scales, answers))


def _sheet(row: _Row, chart: AnswerMap) -> Sheet:
    answers = {scale.definition.key: _answers(row, scale) for scale in chart.scales}
    sex = row.named(chart.sex, _("性别")) or None
    judged = tuple(_judged(scale, answers, sex) for scale in chart.scales)
    found = tuple(_crisis(chart.scales, answers))
    people = chart.people
    made = people.number == GENERATE
    return Sheet(
        row=row.number,
        school=row.named(chart.schools, _("学校")),
        grade=row.named(chart.grade, _("年级")) or _("未分年级"),
        klass=row.named(chart.klass, _("班级")) or _("未分班"),
        sex=sex,
        number=f"{people.prefix}{row.number:06}" if made else _needed(row, people.number),
        name=_name(row, people.name, people.seed),
        answers=answers,
        judged=judged,
        findings=found + tuple(each for one in judged for each in one.findings),
        critical=bool(found),
        quality=taking_scoring.quality(
            [(each, answers[each.asked.definition.key]) for each in judged], NO_TIMES
        ),
        disagreements=_disagreements(row, chart.scales, judged),
    )


def _needed(row: _Row, place: Place) -> str:
    text = row.text(place)
    if not text:
        raise RowRefused(_("没有学号，找不到是谁的答卷。"))
    return text


def _name(row: _Row, place: Place | None, seed: str) -> str:
    if place is None:
        return ""
    return invented_name(seed, row.number) if place == GENERATE else row.text(place)


def _answers(row: _Row, scale: Scale) -> dict[str, Value]:
    return {
        item.id: _code(row.text(place), scale, item.id, item.codes)
        for item, place in zip(scale.definition.items, scale.items, strict=True)
    }


def _code(text: str, scale: Scale, item: str, codes: Iterable[Value]) -> Value:
    if not text:
        return None
    given: Value = scale.codes.get(text)
    if given is None:
        try:
            given = int(text)
        except ValueError:
            given = None
    if given is None or given not in codes:
        raise RowRefused(
            _(
                "%(key)s 第 %(item)s 题的“%(value)s”不是可选的答案。",
                key=scale.definition.key,
                item=item,
                value=text[:20],
            )
        )
    return given


def _judged(scale: Scale, answers: Mapping[str, Mapping[str, Value]], sex: str | None) -> Judged:
    asked = Asked(scale.definition, scale.cutset, scale.from_band)
    return taking_scoring.judge(asked, answers[scale.definition.key], sex)


def _crisis(
    scales: Sequence[Scale], answers: Mapping[str, Mapping[str, Value]]
) -> tuple[Finding, ...]:
    sheet = {scale.definition.key: scale.definition for scale in scales}
    given = [
        Given(key, item, value, None)
        for key, items in answers.items()
        for item, value in items.items()
    ]
    return crisis.findings(sheet, given)


def _disagreements(
    row: _Row, scales: Sequence[Scale], judged: Sequence[Judged]
) -> dict[str, tuple[str, ...]]:
    found = {
        scale.definition.key: tuple(_differences(row, scale, one))
        for scale, one in zip(scales, judged, strict=True)
    }
    return {key: what for key, what in found.items() if what}


def _differences(row: _Row, scale: Scale, judged: Judged) -> Iterator[str]:
    main = scale.definition.scales[0].key
    if scale.total is not None:
        ours = judged.scored.scores.get(main) if judged.scored else None
        if not _equal(row.text(scale.total), ours):
            yield "total"
    if scale.band is not None:
        band = judged.scored.bands.get(main) if judged.scored else None
        if scale.bands.get(row.text(scale.band)) != band:
            yield "band"


def _equal(published: str, ours: Value) -> bool:
    if ours is None:
        return not published
    try:
        return Decimal(published) == Decimal(str(ours))
    except InvalidOperation:
        return False
