"""The demo is loaded once for all tests of this folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from foundation import crypto, database
from tests.support.databases import Fresh
from web import demo


@dataclass(frozen=True)
class Loaded:
    """The home that the demo filled."""

    home: Path


@pytest.fixture(scope="session")
def demo_home(
    fresh_databases: Fresh, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str | None, Loaded]]:
    """A database with the demo district in it."""
    home = tmp_path_factory.mktemp("demo")
    url = fresh_databases.make(home)
    database.configure(url, home)
    crypto.configure(home)
    demo.load(home)
    database.dispose()
    yield url, Loaded(home)
    fresh_databases.drop(url)


@pytest.fixture
def loaded(demo_home: tuple[str | None, Loaded]) -> Iterator[Loaded]:
    """The demo's database, configured for one test."""
    url, made = demo_home
    database.configure(url, made.home)
    crypto.configure(made.home)
    yield made
    database.dispose()
