"""A rule and its inputs as a person reads them: the question, the chosen answer, score and cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foundation.i18n import _, language
from instruments.library.definition import Definition
from instruments.library.wording import Wording

BROKEN = ("rule-failed", "scoring-failed")


@dataclass(frozen=True)
class Spoken:
    """A scale with the text of its questions, where a text may be shown."""

    definition: Definition
    wording: Wording | None = None

    @property
    def title(self) -> str:
        return named(self.definition.title)

    def question(self, item: object) -> str:
        """The question in its own words; without a text its number, and what it is about."""
        texts = {each.item: each.text for each in self.wording.items} if self.wording else {}
        if str(item) in texts:
            return _("第 %(item)s 题：%(text)s", item=item, text=texts[str(item)])
        found = self.definition.by_id.get(str(item))
        if found is not None and found.critical is not None:
            about = named(found.critical.about)
            return _("第 %(item)s 题（%(about)s）", item=item, about=about)
        return _("第 %(item)s 题", item=item)

    def answer(self, value: object) -> str:
        """The chosen answer in its own words with its code; without a text the code."""
        if value is None:
            return _("没有回答")
        options = self.wording.options if self.wording else ()
        for option in options:
            if option.code == value:
                return _("%(text)s（%(code)s）", text=option.text, code=value)
        return plain(value)


def named(title: object) -> str:
    """A title in the reader's language."""
    chinese = str(getattr(title, "zh", title))
    return str(getattr(title, "en", "") or chinese) if language() == "en" else chinese


def plain(value: object) -> str:
    """A number without needless digits."""
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def band_word(definition: Definition, band: str) -> str:
    """A band's name; no band is never called "none" or "normal"."""
    if band not in definition.band_names:
        return _("无法判断")
    return named(definition.band_names[band])


def score_word(definition: Definition, key: str) -> str:
    """What a score is called: scales, derived scores, and what algorithms add."""
    titles = {each.key: each.title for each in definition.scales}
    titles |= {each.key: each.title for each in definition.derived}
    if key in titles:
        return named(titles[key])
    return {
        "n_symptoms": _("达到的症状题数"),
        "n_yes": _("回答“是”的题数"),
        "aux_yes": _("辅助题答“是”的题数"),
        "max_ideation": _("意念最重到第几题"),
        "unanswered": _("没有回答的题数"),
        "pst": _("阳性项目数"),
        "yes": _("回答“是”的题数"),
        "right_now": _("现在就有念头"),
        "class": _("分类"),
        "triage": _("分类"),
        "screen": _("筛查结果"),
        "total": _("总分"),
        "efficiency": _("睡眠效率百分比"),
        "C1": _("主观睡眠质量"),
        "C2": _("入睡时间"),
        "C3": _("睡眠时间"),
        "C4": _("睡眠效率"),
        "C5": _("睡眠障碍"),
        "C6": _("催眠药物"),
        "C7": _("日间功能障碍"),
    }.get(key) or _cutset_word(definition, key)


def _cutset_word(definition: Definition, name: str) -> str:
    """Bands beside a score's own are called after their cut-set."""
    for cutset in definition.cutsets:
        if any(rule.name == name for rule in cutset.bands):
            return named(cutset.title)
    return name


def compared(definition: Definition, inputs: Mapping[str, Any]) -> str:
    """A score with its cut and the side on which it lies."""
    words = {
        "scale": score_word(definition, str(inputs["scale"])),
        "value": plain(inputs["value"]),
    }
    if "below" in inputs:
        return _("%(scale)s %(value)s，低于 %(cut)s", cut=plain(inputs["below"]), **words)
    return _("%(scale)s %(value)s，达到 %(cut)s", cut=plain(inputs.get("at_least")), **words)


def told(spoken: Spoken, inputs: Mapping[str, Any]) -> str:
    """A finding as one sentence; empty where its inputs are of no known kind."""
    definition = spoken.definition
    if "error" in inputs:
        return _("系统没能判断这份答案，请当面了解。")
    if "item" in inputs:
        return _(
            "%(question)s，选了“%(answer)s”",
            question=spoken.question(inputs["item"]),
            answer=spoken.answer(inputs.get("value")),
        )
    if "scale" not in inputs:
        return ""
    parts = [compared(definition, inputs)] if "value" in inputs else []
    if inputs.get("band"):
        parts.append(_("属于“%(band)s”", band=band_word(definition, str(inputs["band"]))))
    return _("，").join(parts)


def facts(spoken: Spoken, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same as lines of (name, value), the scale first."""
    definition = spoken.definition
    found = [(_("量表"), spoken.title)]
    if "error" in inputs:
        if "item" in inputs:
            found.append((_("题目"), spoken.question(inputs["item"])))
        return [*found, (_("结果"), told(spoken, inputs)), (_("错误"), str(inputs["error"]))]
    if "item" in inputs:
        found.append((_("题目"), spoken.question(inputs["item"])))
        found.append((_("回答"), spoken.answer(inputs.get("value"))))
        if inputs.get("at_least") is not None:
            found.append((_("提示条件"), _edge(spoken, inputs)))
        return found
    if "scale" not in inputs:
        return found
    found.append((_("结果"), told(spoken, inputs)))
    titles = [named(each.title) for each in definition.cutsets if each.id == inputs.get("cutset")]
    return found + [(_("界值来源"), title) for title in titles]


def _edge(spoken: Spoken, inputs: Mapping[str, Any]) -> str:
    """From which answer on the question flags."""
    edge, item = inputs["at_least"], spoken.definition.by_id.get(str(inputs["item"]))
    if item is not None and item.codes and edge >= item.codes[-1]:
        return _("“%(answer)s”", answer=spoken.answer(edge))
    return _("“%(answer)s”或更重", answer=spoken.answer(edge))
