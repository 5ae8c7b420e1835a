"""`python -m instruments pages OUTDIR`: one static page a scale, written from the data."""

import html
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from instruments.library import catalogue
from instruments.library.definition import BandRule, Definition, Method, Scale, Value
from instruments.scoring.single import Scored, score

_TABLES = tomllib.loads(Path(__file__).with_name("site.zh.toml").read_text("utf-8"))
_SENTENCES = tomllib.loads(Path(__file__).with_name("sentences.zh.toml").read_text("utf-8"))
WORDS: dict[str, str] = _TABLES["words"]
CONSTRUCTS: dict[str, str] = _TABLES["constructs"]
STYLE = (
    "body{font:16px/1.7 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;max-width:60rem;"
    "margin:2rem auto;padding:0 1rem;color:#1d2733}table{border-collapse:collapse;width:100%;"
    "margin:.5rem 0 1.5rem}th,td{border:1px solid #c5ced8;padding:.35rem .6rem;text-align:left;"
    "vertical-align:top}th{background:#eef2f6}code{overflow-wrap:anywhere}.wide{overflow-x:auto}"
    ".wide th{white-space:nowrap}.wide td{min-width:5rem}"
)


def chinese(sentence: str) -> str:
    """What a definition says in English, for a Chinese reader; a citation stays as it is."""
    found: str = _SENTENCES["sentences"].get(sentence, sentence)
    return found


def sentences(definition: Definition) -> tuple[str, ...]:
    """Everything a definition says to a reader in words of its own (not titles, not citations)."""
    return (
        *definition.notes,
        *definition.unverified,
        definition.licence.text,
        *(scale.missing.source for scale in definition.scales),
        *(cutset.note for cutset in definition.cutsets if cutset.note),
    )


def page(title: str, *parts: str) -> str:
    """A whole HTML document with one heading."""
    head = (
        f'<!doctype html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    body = "\n".join(part for part in parts if part)
    return f"{head}<h1>{html.escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with escaped cells."""
    top = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in heads)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    rows_ = f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    return f'<div class="wide" tabindex="0">\n{rows_}\n</div>'


class Link(str):
    """Text that is already HTML."""

    __slots__ = ()


def _cell(value: object) -> str:
    shown = value if isinstance(value, Link) else html.escape(str(value))
    return f"<td>{shown}</td>"


def section(title: str, *parts: str) -> str:
    """A part of a page under its heading; nothing when it is empty."""
    inner = "\n".join(part for part in parts if part)
    return f"<h2>{html.escape(title)}</h2>\n{inner}" if inner else ""


def numbers(ids: Sequence[str]) -> str:
    """Item numbers, runs of three and more as a range."""
    shown: list[str] = []
    run: list[str] = []
    for each in [*ids, ""]:
        if run and each.isdigit() and run[-1].isdigit() and int(each) == int(run[-1]) + 1:
            run.append(each)
            continue
        shown += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else run
        run = [each]
    return "、".join(shown)


def listed(lines: Iterable[str]) -> str:
    """A bulleted list, empty for no lines."""
    rows = "\n".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<ul>\n{rows}\n</ul>" if rows else ""


def index_page() -> str:
    """The list of all scales."""
    w = WORDS
    heads = [w[k] for k in ("scale", "use", "items", "minutes", "age", "licence", "languages")]
    rows = [_index_row(each) for each in catalogue.all()]
    return page(w["library"], f"<p>{html.escape(w['intro'])}</p>", table(heads, rows))


def _index_row(definition: Definition) -> list[object]:
    return [
        Link(f'<a href="{definition.key}.html">{html.escape(definition.title.zh)}</a>'),
        CONSTRUCTS[definition.construct],
        len(definition.items),
        _minutes(definition),
        _age(definition),
        WORDS[f"class_{definition.licence.code}"],
        "、".join(catalogue.languages(definition)) or WORDS["none"],
    ]


def _minutes(definition: Definition) -> str:
    low, high = definition.minutes
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _age(definition: Definition) -> str:
    if definition.maximum_age is None:
        return f"{definition.minimum_age} {WORDS['from_age']}"
    return f"{definition.minimum_age}–{definition.maximum_age} {WORDS['years']}"


def scale_page(definition: Definition) -> str:
    """Everything the data says about one scale."""
    back = f'<p><a href="index.html">{html.escape(WORDS["back"])}</a></p>'
    return page(
        definition.title.zh,
        back,
        f"<p>{html.escape(WORDS['intro'])}</p>",
        section(WORDS["facts"], _facts(definition)),
        section(WORDS["key"], _scores(definition), _algorithm(definition)),
        section(WORDS["cutsets"], _cutsets(definition)),
        section(WORDS["critical"], _criticals(definition)),
        section(WORDS["gate"], _gate(definition)),
        section(WORDS["validity"], _validity(definition)),
        section(WORDS["example"], _example(definition)),
        section(WORDS["licence"], _licence(definition)),
        section(WORDS["texts"], _texts(definition)),
        section(WORDS["unverified"], listed(map(chinese, definition.unverified))),
        section(WORDS["notes"], listed(map(chinese, definition.notes))),
        section(WORDS["sources"], listed(definition.provenance.sources)),
        section(WORDS["provenance"], _provenance(definition)),
    )


def _pairs(rows: Iterable[tuple[str, object]]) -> str:
    cells = "\n".join(
        f'<tr><th scope="row">{html.escape(head)}</th>{_cell(value)}</tr>' for head, value in rows
    )
    return f"<table>\n<tbody>\n{cells}\n</tbody>\n</table>"


def _facts(definition: Definition) -> str:
    reverse = [item.id for item in definition.items if item.reverse]
    return _pairs(
        [
            (WORDS["use"], CONSTRUCTS[definition.construct]),
            (WORDS["version"], f"{definition.key} {definition.version}"),
            (WORDS["checksum"], Link(f"<code>{definition.checksum}</code>")),
            (WORDS["items"], len(definition.items)),
            (WORDS["codes"], "、".join(map(str, definition.items[-1].codes))),
            (WORDS["reverse"], "、".join(reverse) or "–"),
            (WORDS["window"], definition.window.text.zh),
            (WORDS["minutes"], _minutes(definition)),
            (WORDS["age"], _age(definition)),
            (WORDS["informants"], "、".join(WORDS[each] for each in definition.informants)),
            (WORDS["administration"], WORDS[definition.administration]),
        ]
    )


def _scores(definition: Definition) -> str:
    rows: list[list[object]] = [_scale_row(scale) for scale in definition.scales]
    for derived in definition.derived:
        terms = " + ".join(f"{factor} × {key}" for key, factor in derived.terms)
        formula = f"({terms} + {derived.constant}) × {derived.multiply}"
        formula += f" ÷ {derived.divisor}" if derived.divisor else ""
        rows.append([f"{derived.title.zh} {derived.key}", WORDS["derived"], formula, ""])
    if not rows:
        return ""
    return table([WORDS[k] for k in ("score", "members", "operation", "missing")], rows)


def _scale_row(scale: Scale) -> list[object]:
    operation = WORDS[scale.operation.value]
    if scale.at_least is not None:
        operation += f" ≥ {scale.at_least}"
    if scale.multiply != 1:
        operation += f" × {scale.multiply}"
    missing = scale.missing
    rule = WORDS[missing.method.value].format(n=missing.allowed)
    if missing.method is not Method.STRICT:
        rule += f"；{chinese(missing.source)}"
    return [f"{scale.title.zh} {scale.key}", numbers(scale.items), operation, rule]


def _algorithm(definition: Definition) -> str:
    algorithm = definition.algorithm
    if algorithm is None:
        return ""
    numbers = list(algorithm.parameters.items())
    title = f"{WORDS['algorithm']} {algorithm.name}（{algorithm.source}）"
    return f"<h3>{html.escape(title)}</h3>\n{_pairs(numbers)}"


def _cutsets(definition: Definition) -> str:
    rows = [
        [
            f"{cutset.title.zh} {cutset.id}",
            rule.name,
            _band_text(definition, rule),
            cutset.population.zh,
            cutset.source,
            WORDS["verified" if definition.is_verified(cutset.id) else "unverified"],
        ]
        for cutset in definition.cutsets
        for rule in cutset.bands
    ]
    if not rows:
        bands = definition.algorithm.bands if definition.algorithm else {}
        return "" if bands else f"<p>{html.escape(WORDS['no_cut'])}</p>"
    heads = [WORDS[k] for k in ("cutset", "score", "bands", "population", "source", "verified")]
    return table(heads, rows)


def _band_text(definition: Definition, rule: BandRule) -> str:
    lines = []
    for choice, cuts in rule.tables.items():
        names = (f"{float(cut.start):g} {definition.band_names[cut.band].zh}" for cut in cuts)
        lines.append((f"{WORDS[choice]}：" if choice else "") + "；".join(names))
    return "。".join(lines)


def _criticals(definition: Definition) -> str:
    rows = [
        [f"{WORDS['item']} {rule.item}", rule.at_least, rule.severity, rule.about.zh, rule.source]
        for rule in definition.criticals
    ]
    if not rows:
        return ""
    heads = [WORDS[k] for k in ("item", "at_least", "severity", "about", "source")]
    return f"<p>{html.escape(WORDS['critical_intro'])}</p>\n{table(heads, rows)}"


def _gate(definition: Definition) -> str:
    gate = definition.sensitive
    if gate is None:
        return ""
    text = WORDS["gate_text"].format(items="、".join(gate.items), age=gate.minimum_age)
    return f"<p>{html.escape(text)}{html.escape(gate.reason.zh)}</p>"


def _validity(definition: Definition) -> str:
    return listed(
        WORDS["validity_text"].format(scale=each.scale, n=each.at_least, flag=each.flag)
        for each in definition.validity
    )


def example_answers(definition: Definition) -> dict[str, Value]:
    """A sheet for the worked example: the second code everywhere, a usual night for the PSQI."""
    night = {"bed": 1380, "wake": 420, "latency_min": 20, "hours": 6.5}
    return {
        item.id: night.get(item.id, item.codes[1] if len(item.codes) > 1 else item.codes[0])
        for item in definition.items
    }


def worked_example(definition: Definition) -> tuple[dict[str, Value], Scored]:
    """A filled-in sheet and what this version of the engine makes of it."""
    answers = example_answers(definition)
    return answers, score(definition, answers, {"sex": "female"})


def _example(definition: Definition) -> str:
    answers, scored = worked_example(definition)
    shown = "、".join(f"{item}={value}" for item, value in answers.items())
    values = [(key, _shown(value)) for key, value in scored.scores.items()]
    bands = [(name, _band_name(definition, band)) for name, band in scored.bands.items()]
    rows: list[tuple[str, object]] = [(WORDS["answers"], shown)]
    rows += [(f"{WORDS['score']} {key}", value) for key, value in values]
    rows += [(f"{WORDS['bands']} {name}", band) for name, band in bands]
    rows += [(WORDS["flags"], "、".join(scored.flags) or "–")]
    return f"<p>{html.escape(WORDS['example_intro'])}</p>\n{_pairs(rows)}"


def _shown(value: Value) -> str:
    return WORDS["null"] if value is None else f"{round(value, 4):g}"


def _band_name(definition: Definition, band: str | None) -> str:
    return WORDS["null"] if band is None else definition.band_names[band].zh


def _licence(definition: Definition) -> str:
    licence = definition.licence
    return _pairs(
        [
            (WORDS["licence"], WORDS[f"class_{licence.code}"]),
            (WORDS["holder"], licence.holder),
            (WORDS["text_terms"], chinese(licence.text)),
            (WORDS["evidence"], licence.evidence),
        ]
    )


def _texts(definition: Definition) -> str:
    rows = []
    for language in catalogue.languages(definition):
        text = catalogue.wording(definition.key, language)
        if text is not None:
            compared = WORDS["compared"].format(by=text.compared_by, on=text.compared_on)
            state = compared if text.compared else WORDS["not_compared"]
            status = "、".join(f"{item.item} {item.status}" for item in text.items)
            terms = text.licence.credit
            rows.append([language, state, status, terms])
    if not rows:
        return f"<p>{html.escape(WORDS['none'])}</p>"
    return table([WORDS[k] for k in ("languages", "texts", "status", "text_terms")], rows)


def _provenance(definition: Definition) -> str:
    made = definition.provenance
    checked = f"{made.checked_by} {made.checked_on}" if made.checked_by else WORDS["not_checked"]
    authored = f"{made.authored_by} {made.authored_on}"
    return _pairs([(WORDS["authored"], authored), (WORDS["checked"], checked)])


def write_pages(folder: Path) -> int:
    """Write all pages into the folder; the number of scales."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(index_page(), "utf-8")
    for definition in catalogue.all():
        (folder / f"{definition.key}.html").write_text(scale_page(definition), "utf-8")
    return len(catalogue.keys())


def main(arguments: list[str]) -> int:
    """Write the pages; 2 for wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m instruments pages OUTDIR\n")
        return 2
    count = write_pages(Path(arguments[0]))
    sys.stdout.write(f"ok {count} scales in {arguments[0]}\n")
    return 0
