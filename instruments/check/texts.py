"""Whether a text that ships fits its key and may be shipped at all."""

from collections.abc import Iterator

from instruments.library.definition import Definition
from instruments.library.fit import Complaint, fit_problems
from instruments.library.forms import ABSENT
from instruments.library.wording import Wording


def check_wording(
    wording: Wording, definition: Definition, *, pack: str = ""
) -> Iterator[Complaint]:
    """Everything against a text in the data folder, or in the pack of that name."""
    yield from fit_problems(wording, definition)
    licence = definition.licence
    if licence.code != ("B" if pack else "A"):
        problem = f"licence class {licence.code} does not ship here"
        yield ("licence",), problem, "remove the text; a school imports its own"
    elif pack and licence.pack != pack:
        problem = f"the definition names pack {licence.pack or '(none)'}, not {pack}"
        yield ("licence",), problem, "move the text, or name its pack in the definition"
    for place, text in (("instruction", wording.instruction), ("stem", wording.stem)):
        if text and bool(text.text) == (text.status == ABSENT):
            problem = f"{place} and {place}_status contradict each other"
            yield (
                (f"{place}_status",),
                problem,
                f"ship what was seen; else leave it empty, {ABSENT}",
            )
    if bool(wording.compared_by) != bool(wording.compared_on):
        yield ("compared_by",), "half a comparison", "give the name and the day"
