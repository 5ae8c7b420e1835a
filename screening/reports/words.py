"""The words of reports: parts, steps, indices of quality, rules."""

from collections.abc import Mapping

from foundation.i18n import _, language
from instruments import catalogue
from instruments.definition import Definition
from instruments.quality import Index
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
    definition = catalogue.get(key, version)
    return _named(definition.title)


def band_word(definition: Definition, band: str) -> str:
    """A band's name; no band is never called "none" or "normal"."""
    if band not in definition.band_names:
        return _("无法判断")
    return _named(definition.band_names[band])


def _named(title: object) -> str:
    chinese = str(getattr(title, "zh", title))
    return str(getattr(title, "en", "") or chinese) if language() == "en" else chinese


def scores_in_words(score: Score) -> list[tuple[str, str, str]]:
    """Scale, score and band of one scored instrument."""
    definition = catalogue.get(score.instrument, score.version)
    titles = _titles(definition)
    return [
        (
            _named(titles.get(key, key)),
            _("无法计分") if value is None else f"{value:g}",
            band_word(definition, score.result["bands"][key])
            if score.result["bands"].get(key)
            else HIDDEN,
        )
        for key, value in score.result["scores"].items()
    ]


def rules_in_words(score: Score) -> list[str]:
    """Every reason as a sentence, with the id of its rule at the end."""
    definition = catalogue.get(score.instrument, score.version)
    return [
        _(
            "%(why)s（规则 %(rule)s）",
            why=_why(definition, each["rule"], each["inputs"]),
            rule=each["rule"],
        )
        for each in score.result.get("reasons", ())
        # a blank critical question has a sentence of its own
        if "critical_item_unanswered" not in each["rule"]
    ]


def _why(definition: Definition, rule: str, inputs: Mapping[str, object]) -> str:
    if "item" in inputs:
        return _(
            "第 %(item)s 题选了 %(value)s 分的回答，需要尽快当面了解",
            item=inputs["item"],
            value=inputs.get("value", HIDDEN),
        )
    titles = _titles(definition)
    scores = "，".join(
        _("%(scale)s %(value)s 分", scale=_named(titles.get(key, key)), value=_plain(value))
        for key, value in inputs.items()
        if not isinstance(value, list)
    )
    items = [str(item) for value in inputs.values() if isinstance(value, list) for item in value]
    if items:
        return _("第 %(items)s 题的回答合起来达到这条规则", items="、".join(items))
    band = rule.rsplit(":", 1)[-1]
    if band in definition.band_names:
        return _("%(scores)s，属于“%(band)s”", scores=scores, band=band_word(definition, band))
    return scores or _("按量表自己的规则")


def _titles(definition: Definition) -> dict[str, object]:
    """What a score is called: scales, derived scores, and counts that algorithms add."""
    found: dict[str, object] = {each.key: each.title for each in definition.scales}
    found |= {each.key: each.title for each in definition.derived}
    return {"n_symptoms": _("达到的症状题数"), **found}


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
