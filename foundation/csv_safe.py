"""CSV files that open as text, never as formulas, in Excel and WPS."""

import csv
import io
from collections.abc import Iterable

# Full-width forms count too: Chinese Excel turns them into operators.
_FORMULA_STARTS = frozenset("=+-@\t\r\n\0＝＋－＠")
_LEADING = " \t\r\n\u3000\ufeff\0"


def safe_cell(value: object) -> str:
    """One cell as text; what a spreadsheet would calculate gets a leading apostrophe.

    Source: OWASP "CSV Injection", with the full-width operators of Chinese Excel added. Plain
    numbers, negative ones too, are no formulas and stay as they are.
    """
    if value is None:
        return ""
    text = str(value).replace("\0", "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return text
    start = text.lstrip(_LEADING)[:1] or text[:1]
    if start in _FORMULA_STARTS or text[:1] in _FORMULA_STARTS:
        return "'" + text if text else ""
    return text


def write_csv(
    header: Iterable[object], rows: Iterable[Iterable[object]], *, encoding: str = "utf-8-sig"
) -> bytes:
    """A CSV file; `encoding` is "utf-8-sig" (opens right in Excel and WPS) or "gb18030"."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([safe_cell(value) for value in header])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return stream.getvalue().encode(encoding)
