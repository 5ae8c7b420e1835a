"""The codebook of an export: every column with its label, codes and missing code, also as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from instruments.library.definition import Definition
from instruments.library.wording import Wording

UNANSWERED = -9.0
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """One numeric column; `missing` lists the codes that are no answers."""

    name: str
    label: str
    values: Mapping[float, str] = field(default_factory=dict)
    missing: tuple[float, ...] = ()
    decimals: int = 0


def columns_of(definition: Definition, wording: Wording | None = None) -> list[Column]:
    """One column an item (raw codes, unanswered = -9) and one a score."""
    prefix = "".join(letter for letter in definition.key if letter.isalnum())
    words = {float(option.code): option.text for option in wording.options} if wording else {}
    items = [
        Column(
            name=f"{prefix}_{item.id}",
            label=wording.item(item.id).text if wording else f"第 {item.id} 题",
            values={
                **(
                    {}
                    if item.measured
                    else {c: words.get(c, str(c)) for c in map(float, item.codes)}
                ),
                UNANSWERED: "未作答",
            },
            missing=(UNANSWERED,),
            decimals=2 if item.measured else 0,
        )
        for item in definition.items
    ]
    titles = [(scale.key, scale.title.zh) for scale in definition.scales]
    titles += [(derived.key, derived.title.zh) for derived in definition.derived]
    scores = [Column(f"{prefix}_{key}", title, decimals=2) for key, title in titles]
    return [*items, *scores]


def codebook(columns: Sequence[Column]) -> str:
    """CSV with a byte order mark, one line a value: column, label, value, meaning, missing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["column", "label", "value", "meaning", "missing"])
    for column in columns:
        label = _safe(column.label)
        if not column.values:
            writer.writerow([column.name, label, "", "", ""])
        for value, meaning in column.values.items():
            kind = "yes" if value in column.missing else ""
            writer.writerow([column.name, label, f"{value:g}", _safe(meaning), kind])
    return "\ufeff" + out.getvalue()


def _safe(text: str) -> str:
    """A cell that a spreadsheet would compute is turned into text."""
    return f"'{text}" if text.startswith(FORMULA) else text
