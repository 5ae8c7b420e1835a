"""Whether a text is the text of a key: the same items, a text for every code."""

from collections.abc import Iterator

from instruments.library.definition import Definition
from instruments.library.wording import Wording

Complaint = tuple[tuple[str | int, ...], str, str]


def fit_problems(wording: Wording, definition: Definition) -> Iterator[Complaint]:
    """Whether items and options of a text are those of the key."""
    texts = [item.item for item in wording.items]
    if texts != list(definition.item_ids):
        problem = f"items {', '.join(texts)} are not those of {definition.key}"
        yield (
            ("items",),
            problem,
            f"give items {definition.item_ids[0]} to {definition.item_ids[-1]}",
        )
    codes = sorted(option.code for option in wording.options)
    if codes != sorted(definition.items[0].codes):
        yield ("options",), f"options {codes} are not the codes", "give one text for every code"
