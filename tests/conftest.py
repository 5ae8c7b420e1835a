"""Fixtures of every test: a fresh database, the application, a client that reads its pages."""

import os
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from foundation import clock, crypto, database
from tests.people import Cast, cast
from tests.support import chromium
from tests.support.databases import Fresh, fresh
from tests.support.pages import CheckedClient
from tests.support.serving import served

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=clock.SHANGHAI)
USES_DATABASE = {"db", "people", "app", "client", "live_server"}
USES_BROWSER = {"browser", "page"}

hypothesis.settings.register_profile("xinqiao", deadline=None, print_blob=True)
hypothesis.settings.load_profile("xinqiao")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks a test by the fixtures it asks for, and leaves long runs to ./test --long."""
    long = bool(os.environ.get("XINQIAO_LONG"))
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & USES_DATABASE:
            item.add_marker(pytest.mark.database)
        if names & USES_BROWSER:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("long") and not long:
            item.add_marker(pytest.mark.skip(reason="a long run: ./test --long"))
        if item.get_closest_marker("real_data") and shared_folder() is None:
            item.add_marker(pytest.mark.skip(reason="XINQIAO_SHARED is not set"))


def shared_folder() -> Path | None:
    """The reference folder with real data and vectors, if this machine has it."""
    named = os.environ.get("XINQIAO_SHARED") or Path(__file__).parents[2] / "shared"
    return Path(named) if Path(named).is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference folder, for tests marked real_data."""
    folder = shared_folder()
    assert folder is not None
    return folder


@pytest.fixture(scope="session")
def fresh_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """Copies of one original, which is made once per process."""
    made = fresh(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application per process: each test gives it another database."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("application")
        patch.setenv("XINQIAO_HOME", str(home))
        patch.delenv("XINQIAO_DATABASE_URL", raising=False)
        app: Flask = import_module("web").create_app()
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.test_client_class = CheckedClient
        yield app


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The XINQIAO_HOME of one test."""
    return tmp_path / "home"


@pytest.fixture
def db(fresh_databases: Fresh, home: Path) -> Iterator[str | None]:
    """A configured database with all tables and no rows; its URL, None on SQLite."""
    url = fresh_databases.make(home)
    database.configure(url, home)
    crypto.configure(home)
    yield url
    database.dispose()
    fresh_databases.drop(url)


@pytest.fixture
def people(db: str | None) -> Cast:
    """The cast, written and committed."""
    with database.writing() as session:
        return cast(session)


@pytest.fixture
def app(application: Flask, db: str | None) -> Flask:
    """The application on the database of this test."""
    return application


@pytest.fixture
def client(app: Flask) -> CheckedClient:
    """A browser without JavaScript that complains about every faulty page."""
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    return client


@pytest.fixture
def frozen() -> Iterator[datetime]:
    """It is nine o'clock on Monday, 23 November 2026, in Shanghai."""
    with clock.frozen(MONDAY_MORNING):
        yield MONDAY_MORNING


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The address of the application behind a real socket."""
    with served(app) as address:
        yield address


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The Chromium of this machine with Chinese fonts."""
    path = chromium.find()
    assert path is not None, chromium.REMEDY
    variables: dict[str, str | float | bool] = {
        **os.environ,
        **chromium.environment(path, tmp_path_factory.mktemp("chromium")),
    }
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=chromium.ARGUMENTS, env=variables
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desktop page in Chinese; a test that needs a phone sets the viewport."""
    with browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai") as context:
        context.set_default_timeout(15_000)
        yield context.new_page()
