"""The words of reports: parts, steps, indices of quality, rules."""

from collections.abc import Iterator, Mapping

from foundation.i18n import _
from instruments.library import catalogue
from instruments.quality.policy import Index
from screening.campaigns.rule_words import Spoken, band_word, named, plain, score_word, told
from screening.models import Score
from screening.reports.figures import Part

HIDDEN = "—"


def part_word(part: Part) -> str:
    """Where a student stands, in the words of a report."""
    return {
        Part.DECLINED: _("拒绝、未同意或免测"),
        Part.ABSENT: _("未到"),
        Part.UNFINISHED: _("未做完"),
        Part.INVALID: _("无效（作答不认真）"),
        Part.VALID: _("有效"),
    }[part]


def step_word(step: str) -> str:
    """A step of the funnel."""
    return {
        "invited": _("应测"),
        "consented": _("已同意、可以作答"),
        "answered": _("做完"),
        "valid": _("有效"),
        "flagged": _("达到分界"),
        "interviewed": _("已面谈"),
        "levelled": _("面谈后已评定"),
        "in_care": _("建立个案并干预"),
        "referred": _("已转介"),
        "returned": _("返校"),
    }[step]


def index_word(index: str) -> str:
    """Why a sheet looks careless."""
    words = {
        Index.LONGSTRING.value: _("连续选同一个选项"),
        Index.TIME_PER_ITEM.value: _("平均每题用时太短"),
        Index.TIME_PER_PAGE.value: _("每页用时太短"),
        Index.IRV.value: _("答案几乎没有变化"),
        Index.LIE.value: _("测谎题超过界值"),
        Index.INSTRUCTED.value: _("没有按要求作答"),
        Index.EVEN_ODD.value: _("同一分量表前后作答不一致"),
        Index.SYNONYMS.value: _("意思相近的题作答不一致"),
        Index.PERSON_TOTAL.value: _("作答走向与其他人相反"),
        Index.GUTTMAN.value: _("少见的答案多，常见的答案少"),
        Index.PERSON_FIT.value: _("作答方式与量表的测量模型不符"),
        Index.MAHALANOBIS.value: _("答案的组合很少见"),
    }
    return words.get(index, index)


def sex_word(sex: str) -> str:
    """How a group by sex is called."""
    return {"f": _("女"), "m": _("男")}.get(sex, _("未填写"))


def severity_word(severity: int) -> str:
    """A degree of urgency."""
    return {3: _("紧急"), 2: _("优先")}.get(severity, _("一般"))


def title_of(key: str, version: str | None = None) -> str:
    """The Chinese (or English) title of a scale."""
    return named(catalogue.get(key, version).title)


def scores_in_words(score: Score) -> list[tuple[str, str, str]]:
    """Scale, score and band of one scored instrument; then the classes that have no score."""
    definition = catalogue.get(score.instrument, score.version)
    scores, bands = score.result["scores"], score.result["bands"]

    def band(key: str) -> str:
        return band_word(definition, bands[key]) if bands.get(key) else HIDDEN

    return [
        *(
            (
                score_word(definition, key),
                _("无法计分") if value is None else plain(value),
                band(key),
            )
            for key, value in scores.items()
        ),
        *((score_word(definition, key), HIDDEN, band(key)) for key in bands if key not in scores),
    ]


def rules_in_words(score: Score, spoken: Spoken) -> list[tuple[str, str]]:
    """Every reason as a sentence, with the id of its rule."""
    return [
        (_why(spoken, each["rule"], each["inputs"]), each["rule"])
        for each in score.result.get("reasons", ())
        # a blank critical question has a sentence of its own
        if "critical_item_unanswered" not in each["rule"]
    ]


def _why(spoken: Spoken, rule: str, inputs: Mapping[str, object]) -> str:
    definition = spoken.definition
    if "item" in inputs:
        return _("%(told)s，需要尽快当面了解", told=told(spoken, inputs))
    lists = {key: value for key, value in inputs.items() if isinstance(value, list | Mapping)}
    items = [str(item) for value in lists.values() for item in value]
    if items and all(item in definition.by_id for item in items):
        return _("第 %(items)s 题的回答合起来达到这条规则", items="、".join(items))
    scores = _("，").join(
        _("%(scale)s %(value)s 分", scale=score_word(definition, key), value=plain(value))
        for key, value in _flat(inputs)
    )
    band = rule.rsplit(":", 1)[-1]
    if band in definition.band_names:
        return _("%(scores)s，属于“%(band)s”", scores=scores, band=band_word(definition, band))
    return scores or _("按量表自己的规则")


def _flat(inputs: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Scores by name; of a group of scores each by its own."""
    for key, value in inputs.items():
        if isinstance(value, Mapping):
            yield from value.items()
        elif not isinstance(value, list):
            yield key, value
