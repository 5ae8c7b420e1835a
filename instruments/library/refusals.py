"""Why a school's text is not taken, as a code with its values, said in the reader's language."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

_SENTENCES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)


@dataclass(frozen=True)
class Refusal:
    """One reason; `place` names a field, or rows and a number such as ("items", 3)."""

    code: str
    place: tuple[str, object] | str = ""
    values: dict[str, object] = field(default_factory=dict)

    def said(self, language: str = "en") -> str:
        """The sentence in "zh" or "en"."""
        sentences = _SENTENCES[language]
        return sentences[self.code].format(place=self._at(sentences), **self.values)

    def _at(self, sentences: dict[str, str]) -> str:
        if isinstance(self.place, str):
            return self.place
        rows, number = self.place
        return sentences[f"at_{rows}"].format(n=number)

    def __str__(self) -> str:
        """The English sentence, for a command and a log."""
        return self.said()
