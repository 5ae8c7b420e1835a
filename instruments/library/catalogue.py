"""Finds definitions on disk: the newest version by default, every version for ever."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from instruments.library.definition import Definition
from instruments.library.reading import read_definition
from instruments.library.wording import Wording, read_wording

DATA = Path(__file__).parent.parent / "data"
PACKS = Path(__file__).parent.parent / "packs"


class UnknownInstrument(KeyError):
    """No such key or version in the library."""

    def __str__(self) -> str:
        """The sentence itself, without the quotes of KeyError."""
        return str(self.args[0])


@cache
def keys() -> tuple[str, ...]:
    """All keys of the library, in order."""
    return tuple(sorted(path.name for path in DATA.iterdir() if path.is_dir()))


@cache
def key_of(name: str) -> str:
    """The key for a key or a customary name ("PHQ-9", "phq9"); UnknownInstrument otherwise."""
    wanted = plain(name)
    for key in keys():
        if plain(key) == wanted:
            return key
    raise UnknownInstrument(f"no instrument {name}")


def plain(name: str) -> str:
    """A name without case and signs, as it is looked up."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


@cache
def versions(key: str) -> tuple[str, ...]:
    """The versions of a key, oldest first."""
    found = [path.name for path in (DATA / key).iterdir() if path.is_dir()]
    return tuple(sorted(found, key=ordinal))


def ordinal(version: str) -> tuple[int, ...]:
    """A version as it is sorted: 1.10.0 comes after 1.9.0."""
    return tuple(int(part) for part in version.split("."))


@cache
def get(key: str, version: str | None = None) -> Definition:
    """The definition of a key; the newest version unless one is named."""
    found = key_of(key)
    chosen = version or versions(found)[-1]
    if chosen not in versions(found):
        raise UnknownInstrument(f"no version {chosen} of {found}")
    return read_definition(DATA / found / chosen / "definition.toml")


def all() -> tuple[Definition, ...]:  # noqa: A001
    """The newest version of every scale."""
    return tuple(get(key) for key in keys())


@cache
def wording(key: str, language: str, version: str | None = None) -> Wording | None:
    """The text that ships for a scale and language ("zh-Hans", "en"), or None."""
    definition = get(key, version)
    for folder in _wording_folders(definition):
        path = folder / definition.key / definition.version / f"wording.{language}.toml"
        if path.is_file():
            return read_wording(path)
    return None


def _wording_folders(definition: Definition) -> Iterator[Path]:
    yield DATA
    if definition.licence.pack:
        yield PACKS / definition.licence.pack


def languages(definition: Definition) -> tuple[str, ...]:
    """The languages in which text ships for this version."""
    found = []
    for folder in _wording_folders(definition):
        place = folder / definition.key / definition.version
        found += [path.name.split(".")[1] for path in place.glob("wording.*.toml")]
    return tuple(sorted(found))
