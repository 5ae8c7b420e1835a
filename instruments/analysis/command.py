"""`python -m instruments analyse`: the statistics of one table of answers as JSON."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instruments.analysis.answers import BadTable, Shape, read_answers
from instruments.analysis.criterion import Plan
from instruments.analysis.report import Questions, analyse
from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.psychometrics.norms import Population
from instruments.quality.campaign import subscales

WHOLE_FORM = ("total", "raw", "mean_total")
MOST_CODE = 126  # an answer is kept in a byte


@dataclass(frozen=True)
class Form:
    """Shape of the table and the item numbers that make one scale."""

    shape: Shape
    columns: tuple[int, ...]
    scales: tuple[tuple[int, ...], ...] = ()


def spans(text: str) -> tuple[int, ...]:
    """Parse "0-3", "1,2,5" or "1-3,7" into numbers."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        found.extend(range(int(low), int(high or low) + 1))
    if not found:
        raise ValueError(text)
    return tuple(found)


def number(text: str) -> float:
    """Parse a number that is one: neither nan nor inf."""
    if not np.isfinite(found := float(text)):
        raise ValueError(text)
    return found


def numbers(text: str) -> tuple[float, ...]:
    """Parse "2,5,9" into rising bounds."""
    found = tuple(number(part) for part in text.split(","))
    if list(found) != sorted(set(found)):
        raise ValueError(text)
    return found


def parser() -> argparse.ArgumentParser:
    """The options of the sub-command."""
    options = argparse.ArgumentParser(prog="python -m instruments analyse")
    form = options.add_mutually_exclusive_group(required=True)
    form.add_argument("--instrument", help="a key of the library, e.g. phq-9")
    form.add_argument("--items", type=int, help="number of item columns, with --codes")
    options.add_argument("--codes", type=spans, help="answer codes, e.g. 0-3")
    options.add_argument("--reverse", type=spans, default=(), help="reversed items, e.g. 4,8")
    options.add_argument("--scale", help="scale of the instrument to analyse")
    options.add_argument("--positive", type=number, help="totals from here on are positive")
    options.add_argument("--dif-item", type=int, help="item number of the DIF analyses")
    options.add_argument(
        "--dif-cut", type=number, help="the item counts as passed from this code on"
    )
    options.add_argument("--strata", type=numbers, default=(), help="upper ends, e.g. 2,5,9")
    options.add_argument("--compare", type=spans, default=(), help="items of a second score")
    options.add_argument(
        "--prevalence", type=numbers, help="of the load, default 0.02,0.04,0.08,0.15"
    )
    options.add_argument("--students", type=int, default=Plan.students, help="of the load")
    options.add_argument("--minutes", type=number, default=Plan.minutes, help="of one interview")
    options.add_argument("--population", help="whose norms these answers are, with --year")
    options.add_argument("--region", default="", help="where the population lives")
    options.add_argument("--year", type=int, help="when the population answered")
    options.add_argument("--irt", action="store_true", help="also fit a graded response model")
    return options


def form_of(options: argparse.Namespace) -> Form:
    """The form that the options describe; ValueError or KeyError with a sentence."""
    if options.instrument:
        if options.codes or options.reverse:
            raise ValueError("--codes and --reverse go with --items: the instrument has its own")
        return library_form(catalogue.get(options.instrument), options.scale)
    if options.scale:
        raise ValueError("--scale goes with --instrument")
    if not options.codes or len(options.codes) < 2 or options.items < 2:
        raise ValueError("--items (2 or more) goes with --codes, e.g. --items 8 --codes 0-3")
    if max(options.codes) > MOST_CODE:
        raise ValueError(f"--codes go from 0 to {MOST_CODE}")
    shape = Shape(options.items, tuple(sorted(set(options.codes))), frozenset(options.reverse))
    return Form(shape, tuple(range(1, options.items + 1)))


def library_form(definition: Definition, scale: str | None) -> Form:
    """Columns and codes of one scale of a library instrument."""
    items = _scale_items(definition, scale)
    wanted = [definition.by_id[item] for item in items]
    codes = {item.codes for item in wanted}
    if len(codes) != 1 or any(item.measured for item in wanted):
        raise ValueError(f"the items of {definition.key} do not share one set of codes")
    place = {item.id: number for number, item in enumerate(definition.items, start=1)}
    reverse = frozenset(place[item.id] for item in definition.items if item.reverse)
    shape = Shape(len(definition.items), codes.pop(), reverse)
    parts = subscales(definition, list(place))
    return Form(
        shape,
        tuple(sorted(place[item] for item in items)),
        tuple(tuple(column + 1 for column in part) for part in parts) if len(parts) > 2 else (),
    )


def _scale_items(definition: Definition, name: str | None) -> tuple[str, ...]:
    scales = {scale.key: scale.items for scale in definition.scales}
    if not scales:
        raise ValueError(f"{definition.key} is judged by rules and has no scale that adds items up")
    wanted = (name,) if name else (*WHOLE_FORM, *(scales if len(scales) == 1 else ()))
    for key in wanted:
        if key in scales:
            return scales[key]
    raise ValueError(f"choose --scale of {definition.key}: {', '.join(scales)}")


def questions_of(options: argparse.Namespace, form: Form) -> Questions:
    """What was asked; ValueError for an item the form does not have."""
    asked = {*options.compare, *options.reverse, *([options.dif_item] if options.dif_item else ())}
    if strange := sorted(asked - set(range(1, form.shape.items + 1))):
        raise ValueError(f"the form has no item {strange[0]}")
    return Questions(
        columns=form.columns,
        positive=options.positive,
        dif_item=options.dif_item,
        dif_cut=options.dif_cut,
        strata=options.strata,
        compare=options.compare,
        scales=form.scales,
        plan=plan_of(options),
        population=population_of(options),
        irt=options.irt,
    )


def plan_of(options: argparse.Namespace) -> Plan:
    """The campaign that the load is worked out for."""
    prevalences = options.prevalence or Plan.prevalences
    if options.students < 1 or options.minutes < 0 or not all(0 <= p <= 1 for p in prevalences):
        raise ValueError("--prevalence lies between 0 and 1, --students and --minutes are positive")
    return Plan(prevalences, options.students, options.minutes)


def population_of(options: argparse.Namespace) -> Population | None:
    """Who the norms are of; a norm without its year is none."""
    if (options.population is None) != (options.year is None):
        raise ValueError("--population goes with --year")
    if options.population is None:
        return None
    return Population(options.population, options.region, options.year)


def plain(value: object) -> object:
    """JSON values: arrays become lists, NaN becomes null."""
    if isinstance(value, np.ndarray):
        found = value.astype(object)
        if value.dtype.kind == "f":
            found[~np.isfinite(value)] = None
        return found.tolist()
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def main(argv: Sequence[str]) -> int:
    """Read CSV from standard input, print JSON; 0, 1 for a bad table, 2 for bad options."""
    options = parser().parse_args(list(argv))
    try:
        form = form_of(options)
        questions = questions_of(options, form)
    except (ValueError, KeyError) as error:
        sys.stderr.write(f"python -m instruments analyse: {error}\n")
        return 2
    try:
        answers = read_answers(sys.stdin.buffer.read(), form.shape)
    except BadTable as error:
        sys.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False) + "\n")
        return 1
    found = plain(analyse(answers, form.shape, questions))
    sys.stdout.write(json.dumps(found, ensure_ascii=False, allow_nan=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
