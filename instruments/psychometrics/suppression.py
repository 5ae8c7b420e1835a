"""Small-cell and complementary suppression of published counts."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import optimize

SMALLEST = 10
UNBOUNDED = 3  # linprog's status
ROUNDING = 1e-6
Key = TypeVar("Key", bound=Hashable)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line(Generic[Key]):
    """A sum that a reader can check: the parts add up to the total, all of them published."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True)
class Suppressed(Generic[Key]):
    """What may be printed (None = hidden) and why the rest is not."""

    shown: dict[Key, int | None]
    primary: frozenset[Key]
    complementary: frozenset[Key]

    @property
    def hidden(self) -> frozenset[Key]:
        """Every cell that is not printed."""
        return self.primary | self.complementary


def is_small(count: int, k: int = SMALLEST) -> bool:
    """1..k-1 people could be recognised; an empty cell names nobody."""
    return 0 < count < k


def suppress(
    counts: Mapping[Key, int], lines: Sequence[Line[Key]], k: int = SMALLEST
) -> Suppressed[Key]:
    """Hide small cells, then as many more as keep them from being worked out.

    A reader knows every line, every printed count and that counts are not negative. After this
    no hidden cell follows from the linear equations together, the people hidden in one line are
    at least k, and what a reader can work out of a small cell is a range k wide at least. The
    smallest suitable cell is added each time. Source: complementary suppression as in NCES
    2011-603; exactness by the null space of the equations, ranges by linear programming
    (Fischetti and Salazar 2000, the attacker's problem).
    Raises ValueError where a line does not add up or a count is negative.
    """
    _check(counts, lines)
    primary = {key for key, count in counts.items() if is_small(count, k)}
    hidden = set(primary)
    _close(counts, lines, hidden, k)
    for key in sorted(primary, key=repr):  # hiding more only ever widens a range
        while _width(counts, lines, hidden, key) < k - ROUNDING:
            hidden.add(_neighbour(counts, key, lines, hidden))
            _close(counts, lines, hidden, k)
    return Suppressed(
        shown={key: None if key in hidden else count for key, count in counts.items()},
        primary=frozenset(primary),
        complementary=frozenset(hidden - primary),
    )


def _close(counts: Mapping[Key, int], lines: Sequence[Line[Key]], hidden: set[Key], k: int) -> None:
    """Hide more until no line gives a cell away."""
    while (more := _next_to_hide(counts, lines, hidden, k)) is not None:
        hidden.add(more)


def _width(
    counts: Mapping[Key, int], lines: Sequence[Line[Key]], hidden: set[Key], key: Key
) -> float:
    """How far apart the least and the most are that a reader can take a hidden cell for."""
    keys = sorted(hidden, key=repr)
    matrix = equations(lines, keys)
    known = matrix @ np.array([counts[each] for each in keys])
    aim = np.eye(1, len(keys), keys.index(key))[0]
    least, most = (optimize.linprog(sign * aim, A_eq=matrix, b_eq=known) for sign in (1, -1))
    return np.inf if most.status == UNBOUNDED else -(most.fun or 0.0) - (least.fun or 0.0)


def _neighbour(
    counts: Mapping[Key, int], key: Key, lines: Sequence[Line[Key]], hidden: set[Key]
) -> Key:
    """The cheapest printed cell beside a hidden one that is known too well, near lines first."""
    near = sorted(lines, key=lambda line: key not in (line.total, *line.parts))
    for line in near:
        printed = [each for each in (*line.parts, line.total) if each not in hidden]
        if printed:
            return min(printed, key=lambda each: _cost(counts, each, line, lines, hidden))
    raise AssertionError("with every cell hidden nothing is known")


def _check(counts: Mapping[Key, int], lines: Sequence[Line[Key]]) -> None:
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count is never negative")
    for line in lines:
        if sum(counts[part] for part in line.parts) != counts[line.total]:
            raise ValueError(f"the parts do not add up to {line.total!r}")


def _next_to_hide(
    counts: Mapping[Key, int], lines: Sequence[Line[Key]], hidden: set[Key], k: int
) -> Key | None:
    exposed = set(deducible(lines, hidden))
    for line in lines:
        here = hidden.intersection((line.total, *line.parts))
        if here and (here & exposed or _too_few(counts, line, hidden, k)):
            candidates = [key for key in (*line.parts, line.total) if key not in hidden]
            if candidates:
                return min(candidates, key=lambda key: _cost(counts, key, line, lines, hidden))
    return None


def _too_few(counts: Mapping[Key, int], line: Line[Key], hidden: set[Key], k: int) -> bool:
    """With the total printed, total minus printed parts is itself a published count."""
    if line.total in hidden:
        return False
    return sum(counts[part] for part in line.parts if part in hidden) < k


def _cost(
    counts: Mapping[Key, int],
    key: Key,
    line: Line[Key],
    lines: Sequence[Line[Key]],
    hidden: set[Key],
) -> tuple[bool, bool, bool, int]:
    """Parts before totals, real people before empty cells, lines already open before new ones."""
    crossing = [
        other for other in lines if other is not line and (key == other.total or key in other.parts)
    ]
    opens_new = any(not hidden.intersection((o.total, *o.parts)) for o in crossing)
    return (key == line.total, counts[key] == 0, opens_new, counts[key])


def deducible(lines: Sequence[Line[Key]], hidden: set[Key]) -> list[Key]:
    """Hidden cells that the equations alone determine: no solution of A x = 0 moves them."""
    keys = sorted(hidden, key=repr)
    if not keys:
        return []
    free = _null_space(equations(lines, keys))
    still = np.abs(free).max(axis=0, initial=0.0) < ROUNDING
    return [key for key, fixed in zip(keys, still, strict=True) if fixed]


def equations(lines: Sequence[Line[Key]], keys: Sequence[Key]) -> Floats:
    """Lines x hidden keys: +1 for a part, -1 for the total."""
    place = {key: index for index, key in enumerate(keys)}
    matrix = np.zeros((len(lines), len(keys)))
    for row, line in enumerate(lines):
        for key, weight in ((line.total, -1.0), *((part, 1.0) for part in line.parts)):
            if key in place:
                matrix[row, place[key]] += weight
    return matrix


def _null_space(matrix: Floats) -> Floats:
    """Orthonormal rows v with matrix @ v = 0, shape (nullity, columns).

    By the products of the columns: entries are 0 and 1, so their spectrum has a clear gap at 0.
    """
    values, vectors = np.linalg.eigh(matrix.T @ matrix)
    return np.asarray(vectors[:, values < ROUNDING].T, dtype=np.float64)


class Table(NamedTuple):
    """A two-way table ready to print; None = hidden."""

    cells: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None


def suppress_parts(
    counts: Mapping[str, int], k: int = SMALLEST, total: str = "total"
) -> dict[str, int | None]:
    """One list of counts with its total under the key `total` (which the list must not hold)."""
    if total in counts:
        raise ValueError(f"{total!r} is kept for the sum")
    whole = {**counts, total: sum(counts.values())}
    return suppress(whole, [Line(total, tuple(counts))], k).shown


def suppress_table(rows: Sequence[Sequence[int]], k: int = SMALLEST) -> Table:
    """A table of counts with both margins and the grand total, e.g. schools by attention level.

    For a rate print it as two columns, positive and not positive: then a nearly full cell
    is protected like a nearly empty one.
    """
    height, width = len(rows), len(rows[0]) if rows else 0
    counts = {(r, c): rows[r][c] for r in range(height) for c in range(width)}
    counts |= {(r, width): sum(rows[r]) for r in range(height)}
    counts |= {(height, c): sum(row[c] for row in rows) for c in range(width)}
    counts[height, width] = sum(sum(row) for row in rows)
    across = [Line((r, width), tuple((r, c) for c in range(width))) for r in range(height + 1)]
    down = [Line((height, c), tuple((r, c) for r in range(height))) for c in range(width + 1)]
    shown = suppress(counts, [*across, *down], k).shown
    return Table(
        cells=tuple(tuple(shown[r, c] for c in range(width)) for r in range(height)),
        row_totals=tuple(shown[r, width] for r in range(height)),
        column_totals=tuple(shown[height, c] for c in range(width)),
        total=shown[height, width],
    )
