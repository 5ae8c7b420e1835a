"""The columns of an export: names, labels, codes and missing codes, and the codebook as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from instruments.library.definition import Definition, Item, Value
from instruments.library.wording import Wording
from instruments.pages.key import titles
from instruments.pages.language import Language

UNANSWERED = -9.0
# What Excel and WPS would compute, full-width operators of the Chinese Excel included.
FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
HEADER = ("column", "label", "value", "meaning", "missing", "measure")


class Measure(IntEnum):
    """What may be done with the numbers of a column; the codes are those of SPSS."""

    NOMINAL = 1
    ORDINAL = 2
    SCALE = 3


@dataclass(frozen=True)
class Column:
    """One numeric column; `missing` lists the codes that are no answers."""

    name: str
    label: str
    values: Mapping[float, str] = field(default_factory=dict)
    missing: tuple[float, ...] = ()
    decimals: int = 0
    measure: Measure = Measure.SCALE


def columns_of(
    reader: Language,
    definition: Definition,
    wording: Wording | None = None,
    cutset: str | None = None,
) -> list[Column]:
    """Raw codes by item (unanswered = -9), then every score, then every band in rising order."""
    prefix = _prefix(definition)
    named = titles(reader, definition)
    items = [_item_column(reader, prefix, item, wording) for item in definition.items]
    scores = [
        Column(f"{prefix}_{key}", _score_label(definition, named, key), decimals=4)
        for key in definition.score_keys
    ]
    bands = [
        Column(
            name=f"{prefix}_{name}_band",
            label=f"{_score_label(definition, named, name)} ({reader.word('bands')})",
            values={
                float(place): reader.named(definition.band_names[band])
                for place, band in enumerate(order)
            },
            measure=Measure.ORDINAL,
        )
        for name, order in band_orders(definition, cutset).items()
    ]
    return [*items, *scores, *bands]


def _prefix(definition: Definition) -> str:
    return "".join(letter for letter in definition.key if letter.isalnum())


def _score_label(definition: Definition, named: Mapping[str, str], key: str) -> str:
    return f"{definition.names[0]} {named.get(key, key)}"


def _item_column(reader: Language, prefix: str, item: Item, wording: Wording | None) -> Column:
    words = {option.code: option.text for option in wording.options} if wording else {}
    codes = () if item.measured else item.codes
    values = {float(code): words.get(code, str(code)) for code in codes}
    return Column(
        name=f"{prefix}_{item.id}",
        label=wording.item(item.id).text if wording else reader.word("item_number", n=item.id),
        values={**values, UNANSWERED: reader.word("unanswered")},
        missing=(UNANSWERED,),
        decimals=2 if item.measured else 0,
        measure=Measure.SCALE if item.measured else Measure.ORDINAL,
    )


def band_orders(definition: Definition, cutset: str | None = None) -> dict[str, tuple[str, ...]]:
    """The bands of every rule from the lowest score to the highest, and the scale's own classes."""
    own = definition.algorithm.bands if definition.algorithm else {}
    orders = {name: tuple(bands) for name, bands in own.items()}
    for rule in definition.band_rules(cutset):
        tables = list(rule.tables.values())
        orders[rule.name] = tuple(cut.band for cut in tables[0])
    return orders


def row_of(
    definition: Definition,
    answers: Mapping[str, Value],
    scores: Mapping[str, Value],
    bands: Mapping[str, str | None],
    cutset: str | None = None,
) -> list[float]:
    """The numbers of one sheet in the order of `columns_of`; NaN where nothing is known."""
    given = [answers.get(item.id) for item in definition.items]
    numbers = [*given, *(scores.get(key) for key in definition.score_keys)]
    for name, order in band_orders(definition, cutset).items():
        band = bands.get(name)
        numbers.append(order.index(band) if band in order else None)
    return [float("nan") if number is None else float(number) for number in numbers]


def codebook(columns: Sequence[Column], notes: Sequence[str] = ()) -> str:
    """CSV with a byte order mark, one line a value; notes stand at the end, one a line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for column in columns:
        head, measure = [column.name, _safe(column.label)], column.measure.name.lower()
        if not column.values:
            writer.writerow([*head, "", "", "", measure])
        for value, meaning in column.values.items():
            kind = "yes" if value in column.missing else ""
            writer.writerow([*head, f"{value:g}", _safe(meaning), kind, measure])
    writer.writerows([_safe(note)] for note in notes)
    return "\ufeff" + out.getvalue()


def _safe(text: str) -> str:
    """A cell that a spreadsheet would compute is turned into text."""
    return f"'{text}" if text.lstrip(" \u3000").startswith(FORMULA) else text
