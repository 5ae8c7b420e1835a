"""Totals and bands of a scored sheet as lines of a letter; answers are not read at all."""

from collections.abc import Callable
from typing import Any

from foundation import clock
from instruments.library import catalogue
from instruments.library.definition import Named
from screening.models import Score

TOTAL = "total"


def chinese(words: Named) -> str:
    """The language of the letter, whoever writes it."""
    return words.zh


def lines(row: Score, word: Callable[[Named], str] = chinese) -> list[dict[str, Any]]:
    """One line for the total, or for each banded scale of a form without one.

    Each has id ("score:scale"), title, date (ISO), total and band in the words of the instrument.
    """
    scores, bands = row.result.get("scores") or {}, row.result.get("bands") or {}
    chosen = [TOTAL] if TOTAL in scores else [scale for scale in scores if bands.get(scale)]
    definition = catalogue.get(row.instrument, row.version)
    title = word(definition.title)
    titles = {scale.key: word(scale.title) for scale in definition.scales}
    titles |= {derived.key: word(derived.title) for derived in definition.derived}
    return [
        {
            "id": f"{row.id}:{scale}",
            "title": title if scale == TOTAL else f"{title} · {titles.get(scale, scale)}",
            "date": clock.local(row.scored_at).date().isoformat(),
            "total": scores[scale],
            "band": word(definition.band_names[bands[scale]]) if bands.get(scale) else None,
        }
        for scale in chosen
    ]
