"""Stand-in texts ("item n") for scales whose text does not ship: numbers without a question."""

import tomllib
from pathlib import Path

from instruments.library.definition import Definition
from instruments.library.wording import ItemText, Option, Text, TextLicence, Wording

_PATTERNS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)
STATUS = "PLACEHOLDER"


def placeholder(definition: Definition, language: str) -> Wording:
    """A Wording without any question in it; `origin` is "placeholder". KeyError: unknown language."""
    pattern = _PATTERNS[language]
    chinese = language.startswith("zh")
    codes = definition.items[-1].codes
    options = (Option(code, pattern["option"].format(code=code), STATUS) for code in codes)
    items = (ItemText(i, pattern["item"].format(n=i), STATUS) for i in definition.item_ids)
    licence = definition.licence
    return Wording(
        key=definition.key,
        version=definition.version,
        language=language,
        title=definition.title.zh if chinese else definition.title.en,
        instruction=Text(pattern["instruction"], STATUS),
        stem=None,
        window=definition.window.text.zh if chinese else definition.window.text.en,
        options=tuple(options),
        items=tuple(items),
        extras=(),
        licence=TextLicence(licence.text, "", licence.evidence, licence.holder, ""),
        sources=(),
        doubts=(),
        origin="placeholder",
    )
