"""The fields of definition.toml and of a wording file, with the kind of each."""

from instruments.library.parts import DefinitionError, Method, Operation, Rounding
from instruments.library.shape import (
    Place,
    Shape,
    by_name,
    count,
    day,
    each,
    factor,
    flag,
    item,
    line,
    names_of,
    number,
    one_of,
    rows,
    text,
    version,
    whole,
)

CONSTRUCTS = (
    "anxiety", "anxiety and depression", "depression", "distress", "general", "internet use",
    "loneliness", "resilience", "self-esteem", "sleep", "smartphone use", "stress",
    "suicide risk", "trauma", "well-being",
)  # fmt: skip
STATUSES = ("OFFICIAL", "CONSENSUS", "SINGLE", "INFERRED")
ABSENT = "NOT_FOUND"

NAMED = Shape({"zh": text, "en": text})
PAIR = each(number, least=2, most=2)


def status(value: object, place: Place) -> None:
    """How well a text is attested; what was recalled or not found has no place here."""
    if value not in STATUSES:
        remedy = f"ship only text that was seen: {', '.join(STATUSES)}"
        raise DefinitionError(place, f"a text of status {value!r} does not ship", remedy)


def status_or_absent(value: object, place: Place) -> None:
    """The same, where the text may be left out."""
    if value != ABSENT:
        status(value, place)


def cut(value: object, place: Place) -> None:
    """A lower bound, or the bounds of one group of the context."""
    if isinstance(value, dict):
        by_name(number)(value, place)
    else:
        number(value, place)


CRITICAL = Shape(
    {"item": item, "at_least": whole, "severity": one_of(1, 2, 3), "about": NAMED, "source": text},
    {"flag": text},
)
MISSING = Shape(
    {"method": names_of(Method), "source": text},
    {"allowed": count, "over_form": flag, "flags": flag},
)
SCALE = Shape(
    {"key": text, "title": NAMED, "items": each(item, least=1), "missing": MISSING},
    {
        "operation": names_of(Operation),
        "rounding": names_of(Rounding),
        "multiply": factor,
        "at_least": whole,
    },
)
DERIVED = Shape(
    {"key": text, "title": NAMED, "terms": by_name(whole)},
    {"constant": whole, "divisor": text, "multiply": factor, "rounding": names_of(Rounding)},
)
BANDS = Shape(
    {"name": text, "scale": text, "cuts": by_name(cut)},
    {"by": text, "worse": one_of("high", "low")},
)
CUTSET = Shape(
    {"id": text, "title": NAMED, "population": NAMED, "source": text, "verified": flag},
    {"bands": rows(BANDS), "includes": each(text), "requires": each(text), "note": text},
)


def parameter(value: object, place: Place) -> None:
    """A number of an algorithm, or a list or table of them; the algorithm knows which."""
    if isinstance(value, list):
        each(one_parameter)(value, place)
    elif isinstance(value, dict):
        by_name(number)(value, place)
    else:
        number(value, place)


def one_parameter(value: object, place: Place) -> None:
    """A number, or the name of an item or score."""
    if isinstance(value, str):
        text(value, place)
    else:
        number(value, place)


DEFINITION = Shape(
    {
        "key": text,
        "version": version,
        "names": each(text, least=1),
        "title": NAMED,
        "construct": one_of(*CONSTRUCTS),
        "minutes": PAIR,
        "informants": each(one_of("self", "parent", "teacher", "interviewer"), least=1),
        "age": Shape({"min": count}, {"max": count}),
        "window": Shape({"days": count, "zh": text, "en": text}),
        "items": Shape(
            {"ids": each(item, least=1), "codes": each(count, least=2)},
            {"reverse": each(item), "measured": by_name(PAIR)},
        ),
        "licence": Shape(
            {"class": one_of("A", "B", "C", "D"), "holder": text, "text": text, "evidence": text},
            {"record_required": flag, "pack": text},
        ),
        "provenance": Shape(
            {
                "sources": each(text, least=1),
                "authored_by": text,
                "authored_on": day,
                "checked_by": line,
                "checked_on": day,
            },
            {"reason": text},
        ),
    },
    {
        "administration": one_of("self", "interviewer"),
        "key_verified": flag,
        "unverified": each(text),
        "notes": each(text),
        "critical": rows(CRITICAL),
        "scales": rows(SCALE),
        "derived": rows(DERIVED),
        "cutsets": rows(CUTSET),
        "band_names": by_name(NAMED),
        "validity": rows(
            Shape({"scale": text, "at_least": count, "flag": text, "action": text}),
        ),
        "item_flags": rows(Shape({"flag": text, "items": each(item, least=1), "at_most": count})),
        "algorithm": Shape(
            {"name": text, "source": text, "parameters": by_name(parameter)},
            {"scores": each(text), "flags": each(text), "bands": by_name(each(text, least=1))},
        ),
        "sensitive": Shape({"items": each(item, least=1), "minimum_age": count, "reason": NAMED}),
    },
)

OPTION = Shape({"code": count, "text": text, "status": status}, {"printed": count})
WORDING = Shape(
    {
        "key": text,
        "version": version,
        "language": text,
        "title": text,
        "instruction": line,
        "instruction_status": status_or_absent,
        "time_window": text,
        "options": rows(OPTION, least=2),
        "items": rows(Shape({"n": item, "text": text, "status": status}, {"note": text}), least=1),
        "licence": Shape(
            {"short": text, "statement": text, "evidence": text},
            {"attribution": line, "cite": line},
        ),
        "sources": rows(Shape({"where": text, "covers": text}), least=1),
    },
    {
        "stem": line,
        "stem_status": status_or_absent,
        "compared_by": line,
        "compared_on": day,
        "doubts": each(text),
        "extra_items": rows(
            Shape(
                {"id": text, "text": text, "status": status},
                {"options": rows(OPTION)},
            )
        ),
    },
)
