"""Reading what a browser sends as answers, and merging it with what is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from instruments.library.definition import Definition, Item, Value

Place = tuple[str, str]  # (instrument key, item id)
HIGHEST_SEQ = 2**53 - 1  # what a browser's number can hold exactly


class Problem(StrEnum):
    """Why one answer of a request is not accepted; the value is what the API says."""

    UNKNOWN_INSTRUMENT = "unknown instrument"
    UNKNOWN_ITEM = "unknown item"
    UNKNOWN_CODE = "unknown code"
    BAD_SEQ = "seq must be a whole number from 1"
    BAD_SHAPE = "not an object with v and seq"


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of a request; seq None = a plain form field, newer than any draft."""

    instrument: str
    item: str
    value: Value
    seq: int | None

    @property
    def place(self) -> Place:
        """Where it belongs."""
        return self.instrument, self.item


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that cannot be accepted."""

    instrument: str
    item: str
    problem: Problem

    def shown(self) -> dict[str, str]:
        """The fault as the API lists it."""
        return {"instrument": self.instrument, "item": self.item, "problem": str(self.problem)}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request holds: the answers that are valid, and every fault of the others."""

    answers: tuple[Given, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A saved answer with its sequence number."""

    value: Value
    seq: int


def read(document: object, sheet: Mapping[str, Definition], *, seq_needed: bool = True) -> Sent:
    """Read `{"phq-9": {"1": {"v": 0, "seq": 1}}}`; never raises, whatever was sent.

    With `seq_needed` False an answer may also stand alone (`{"1": 0}`), as in a final request.
    """
    found = list(_read(document, sheet, seq_needed))
    answers = tuple(each for each in found if isinstance(each, Given))
    return Sent(answers, tuple(each for each in found if isinstance(each, Fault)))


def _read(
    document: object,
    sheet: Mapping[str, Definition],
    seq_needed: bool,  # noqa: FBT001
) -> Iterator[Given | Fault]:
    if not isinstance(document, Mapping):
        yield Fault("", "", Problem.BAD_SHAPE)
        return
    for key, items in document.items():
        definition = sheet.get(str(key))
        if definition is None:
            yield Fault(str(key)[:40], "", Problem.UNKNOWN_INSTRUMENT)
        elif not isinstance(items, Mapping):
            yield Fault(definition.key, "", Problem.BAD_SHAPE)
        else:
            for item, answer in items.items():
                yield _answer(definition, str(item)[:20], answer, seq_needed)


def _answer(
    definition: Definition,
    item: str,
    answer: object,
    seq_needed: bool,  # noqa: FBT001
) -> Given | Fault:
    found = definition.by_id.get(item)
    if found is None:
        return Fault(definition.key, item, Problem.UNKNOWN_ITEM)
    if not isinstance(answer, Mapping):
        answer = answer if seq_needed else {"v": answer}
    if not isinstance(answer, Mapping) or "v" not in answer:
        return Fault(definition.key, item, Problem.BAD_SHAPE)
    seq = answer.get("seq")
    if not _is_seq(seq) and (seq_needed or seq is not None):
        return Fault(definition.key, item, Problem.BAD_SEQ)
    return _valued(definition, found, answer["v"], seq)


def _is_seq(seq: object) -> bool:
    return isinstance(seq, int) and not isinstance(seq, bool) and 1 <= seq <= HIGHEST_SEQ


def _valued(definition: Definition, item: Item, value: object, seq: int | None) -> Given | Fault:
    if value is None:
        return Given(definition.key, item.id, None, seq)
    if not (is_number(value) and item.accepts(value)):
        return Fault(definition.key, item.id, Problem.UNKNOWN_CODE)
    whole = isinstance(value, float) and value.is_integer()
    return Given(definition.key, item.id, int(value) if whole else value, seq)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_form(fields: Mapping[str, str], sheet: Mapping[str, Definition]) -> Sent:
    """Read form fields such as `phq-9.1=0`; an empty field is a blank."""
    document: dict[str, dict[str, object]] = {}
    for name, text in fields.items():
        key, dot, item = name.rpartition(".")
        if dot and key in sheet:
            document.setdefault(key, {})[item] = _number(text)
    return read(document, sheet, seq_needed=False)


def _number(text: str) -> object:
    plain = text.strip()
    if not plain:
        return None
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return plain  # refused as an unknown code


def newer(stored: Mapping[Place, Stored], answers: tuple[Given, ...]) -> dict[Place, Stored]:
    """The answers that replace what is stored: a higher seq wins, an equal one changes nothing."""
    fresh: dict[Place, Stored] = {}
    for each in answers:
        before = fresh.get(each.place) or stored.get(each.place)
        if each.seq is not None and (before is None or each.seq > before.seq):
            fresh[each.place] = Stored(each.value, each.seq)
    return fresh


def merged(stored: Mapping[Place, Stored], answers: tuple[Given, ...]) -> dict[Place, Value]:
    """The final answers: higher seq wins item by item, and a posted blank never erases."""
    final = {place: each.value for place, each in stored.items()}
    for each in answers:
        before = stored.get(each.place)
        beats = before is None or each.seq is None or each.seq > before.seq
        if beats and (each.value is not None or before is None):
            final[each.place] = each.value
    return final


def unanswered(sheet: Mapping[str, Definition], answers: Mapping[Place, Value]) -> list[Place]:
    """Items without an answer, in the order of the form."""
    places = [(key, item) for key, each in sheet.items() for item in each.item_ids]
    return [place for place in places if answers.get(place) is None]


def document_of(answers: Mapping[Place, Value]) -> dict[str, dict[str, Value]]:
    """Answers as they are stored: {"phq-9": {"1": 0}}."""
    nested: dict[str, dict[str, Value]] = {}
    for (key, item), value in answers.items():
        nested.setdefault(key, {})[item] = value
    return nested
