"""The project as files: what the sweeps walk over."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "foundation",
    "accounts",
    "instruments",
    "schools",
    "screening",
    "referrals",
    "web",
)


def modules(*packages: str) -> Iterator[tuple[Path, str]]:
    """Path and dotted name of every module of the packages."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def templates() -> Iterator[Path]:
    """Every Jinja template."""
    yield from sorted((ROOT / "templates").rglob("*.html"))
