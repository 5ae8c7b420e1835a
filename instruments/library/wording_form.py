"""The file that a school fills in for a text it may use: numbers and codes stand, words do not."""

import json

from instruments.library.definition import Definition
from instruments.library.placeholders import placeholder


def wording_form(definition: Definition, language: str) -> str:
    """The TOML that `import_wording` reads; KeyError for an unknown language."""
    stand_in = placeholder(definition, language)
    head = {
        "key": definition.key,
        "language": language,
        "title": stand_in.title,
        "instruction": "",
        "time_window": stand_in.window,
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in head.items()]
    lines += ["", "[licence]", *(f'{name} = ""' for name in ("holder", "number", "granted_to"))]
    lines += ["expires_on = 1970-01-01  # the last day of the licence"]
    for option in stand_in.options:
        lines += ["", "[[options]]", f"code = {option.code}", f"text = {_quoted(option.text)}"]
    for item in stand_in.items:
        number = item.item if item.item.isdigit() else _quoted(item.item)
        lines += ["", "[[items]]", f"n = {number}", f"text = {_quoted(item.text)}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML string: the escapes of JSON are among those of TOML."""
    return json.dumps(text, ensure_ascii=False)
