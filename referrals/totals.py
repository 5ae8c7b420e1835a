"""Totals and bands of a scored sheet as lines of a letter; answers are not read at all."""

from typing import Any

from foundation import clock
from instruments.library import catalogue
from screening.models import Score

TOTAL = "total"


def lines(row: Score) -> list[dict[str, Any]]:
    """One line for the total, or for each banded scale of a form without one.

    Each has id ("score:scale"), title, date (ISO), total and band in the words of the instrument.
    """
    scores, bands = row.result.get("scores") or {}, row.result.get("bands") or {}
    chosen = [TOTAL] if TOTAL in scores else [scale for scale in scores if bands.get(scale)]
    definition = catalogue.get(row.instrument, row.version)
    titles = {scale.key: scale.title.zh for scale in definition.scales}
    titles |= {derived.key: derived.title.zh for derived in definition.derived}
    return [
        {
            "id": f"{row.id}:{scale}",
            "title": definition.title.zh
            if scale == TOTAL
            else f"{definition.title.zh} · {titles.get(scale, scale)}",
            "date": clock.local(row.scored_at).date().isoformat(),
            "total": scores[scale],
            "band": definition.band_names[bands[scale]].zh if bands.get(scale) else None,
        }
        for scale in chosen
    ]
