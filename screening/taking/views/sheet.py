"""The one document of a sheet: every question is in it, a script shows one at a time."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Any

from flask import Response, render_template, url_for
from markupsafe import Markup

from foundation import i18n
from foundation.i18n import _
from instruments.library.definition import Item, Value
from instruments.library.wording import Wording
from screening.taking.drafts import Place, Stored
from screening.taking.neutral import Quiet
from screening.taking.queries import Part
from screening.taking.views.browser import Opened, page
from screening.tickets.queries import kept_back

SECONDS_PER_ITEM = 12


@dataclass(frozen=True)
class Choice:
    """One answer card."""

    value: str
    text: str


@dataclass(frozen=True)
class Question:
    """One screen; a measured one asks for a number between two bounds."""

    number: int
    label: str
    name: str
    text: str
    lead: str
    choices: tuple[Choice, ...]
    chosen: str | None
    bounds: tuple[float, float] | None = None


def sheet_page(
    it: Opened,
    parts: tuple[Part, ...],
    stored: Mapping[Place, Stored],
    lines: Any,
    *,
    status: int = 200,
    blank: tuple[Place, ...] = (),
) -> Response:
    """The questions of the ticket with what is saved; `blank` lists what a submit still missed."""
    hidden = kept_back(it.session, it.ticket) if stored else frozenset()
    seen = {place: each for place, each in stored.items() if place not in hidden}
    questions = _questions(parts, seen)
    missed = [each for each in questions if each.name in {f"{k}.{i}" for k, i in blank}]
    minutes = sum(part.asked.definition.minutes[1] for part in parts)
    saved: dict[str, dict[str, dict[str, Value]]] = {}
    for (key, item), each in stored.items():
        shown = {} if (key, item) in hidden else {"v": each.value}
        saved.setdefault(key, {})[item] = shown | {"seq": each.seq}
    return page(
        "sheet.html",
        status,
        address=it.address,
        questions=questions,
        minutes=ceil(minutes) or ceil(len(questions) * SECONDS_PER_ITEM / 60),
        question_cards=_cards(tuple(questions), quiet=False),
        missed=missed,
        page_has_errors=bool(missed),
        needs_pin=it.ticket.pin_hash is None,
        quiet=False,
        licences=tuple(dict.fromkeys(filter(None, (_credit(part.wording) for part in parts)))),
        key=secrets.token_hex(16),
        help_lines=lines,
        config=_config(it, saved, quiet=False),
    )


def quiet_page(it: Opened, quiet: tuple[Quiet, ...], lines: Any) -> Response:
    """The quiet sheet: the same look, and nothing is sent or kept."""
    label = _("第 %(n)s 题", n="{}")
    questions = [
        Question(
            number,
            label.format(number),
            f"quiet.{number}",
            str(each.text),
            "",
            tuple(Choice(str(n), str(text)) for n, text in enumerate(each.options)),
            None,
        )
        for number, each in enumerate(quiet, 1)
    ]
    return page(
        "sheet.html",
        address=it.address,
        questions=questions,
        minutes=ceil(len(questions) * SECONDS_PER_ITEM / 60),
        question_cards=_cards(tuple(questions), quiet=True),
        missed=[],
        needs_pin=it.ticket.pin_hash is None,
        quiet=True,
        licences=(),
        key=secrets.token_hex(16),
        help_lines=lines,
        config=_config(it, {}, quiet=True),
    )


def _questions(parts: tuple[Part, ...], stored: Mapping[Place, Stored]) -> list[Question]:
    found: list[Question] = []
    label = _("第 %(n)s 题", n="{}")
    for part in parts:
        lead = _lead(part)
        for item in part.asked.definition.items:
            number = len(found) + 1
            found.append(_question(number, label.format(number), part, item, lead, stored))
    return found


def _lead(part: Part) -> str:
    """What stands before the questions; where no instruction was seen, the time they ask about."""
    wording, window = part.wording, part.asked.definition.window
    stem = wording.stem.text if wording.stem else ""
    lead = f"{wording.instruction.text} {stem}".strip()
    if lead or not window.days:
        return lead
    return window.text.en if wording.language == "en" else window.text.zh


def _question(
    number: int, label: str, part: Part, item: Item, lead: str, stored: Mapping[Place, Stored]
) -> Question:
    key = part.asked.definition.key
    before = stored.get((key, item.id))
    chosen = None
    if before is not None:
        chosen = "" if before.value is None else f"{before.value:g}"
    bounds = None
    if item.minimum is not None and item.maximum is not None:
        bounds = (item.minimum, item.maximum)
    options = part.wording.options
    choices = tuple(Choice(str(o.code), o.text) for o in options if o.code in item.codes)
    text = part.wording.item(item.id).text
    name = f"{key}.{item.id}"
    return Question(number, label, name, text, lead, () if bounds else choices, chosen, bounds)


def _cards(questions: tuple[Question, ...], *, quiet: bool) -> Markup:
    """The cards; those of a sheet without answers are the same for everybody of a campaign."""
    if any(each.chosen is not None for each in questions):
        return _rendered(questions, quiet)
    return _kept(questions, quiet, i18n.language())


@lru_cache(maxsize=64)
def _kept(questions: tuple[Question, ...], quiet: bool, _language: str) -> Markup:  # noqa: FBT001
    return _rendered(questions, quiet)


def _rendered(questions: tuple[Question, ...], quiet: bool) -> Markup:  # noqa: FBT001
    text = render_template("taking/questions.html", questions=questions, quiet=quiet)
    return Markup(text)  # noqa: S704 - our own template has escaped what it holds


def _credit(wording: Wording) -> str:
    return wording.licence.credit


def _config(it: Opened, saved: object, *, quiet: bool) -> dict[str, object]:
    return {
        "answers": url_for("taking.save_answers", address=it.address),
        "submit": url_for("taking.submit_sheet", address=it.address),
        "lock": url_for("taking.lock_here", address=it.address),
        "page": url_for("taking.sheet", address=it.address),
        "worker": url_for("taking.service_worker"),
        "done": url_for("taking.done"),
        "id": it.address,
        "quiet": quiet,
        "idle": it.idle_lock_s,
        "pin": it.ticket.pin_hash is not None,
        "stored": saved,
        "words": _words(i18n.language()),
    }


@lru_cache(maxsize=4)
def _words(_language: str) -> dict[str, str]:
    """What the script says, in the language of the request."""
    return {
        "progress": _("第 {n} / {all} 题"),
        "saving": _("正在保存…"),
        "saved": _("已保存"),
        "local": _("网络不稳定，答案还在这台设备上，连上后会自动保存。"),
        "ended": _("提交时间已过，没有送出的答案不再保存。"),
        "signin": _("需要重新输入问卷码后继续，没有送出的答案还在这台设备上。"),
        "sending": _("正在提交…"),
        "retry": _("还没有送到，正在重试。请不要关掉这个页面。"),
        "blank": _("还有 {n} 题没有作答。可以回去补上，也可以就这样提交。"),
        "all": _("所有题目都已作答。"),
        "last": _("看一看再提交"),
        "next": _("下一题"),
        "choose": _("请先选一个回答，也可以选“不想回答”。"),
    }
