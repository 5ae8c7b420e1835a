"""Chinese unless asked otherwise, and no message of WTForms left in its own words."""

import logging
import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import InputRequired

from foundation import i18n
from foundation.forms import MESSAGES, Form
from foundation.i18n import _

OWN = Path(__file__).parents[2] / "web" / "translations" / "en"
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
CHINESE = re.compile("[\u3400-\u9fff]")


class NameForm(Form):
    name = StringField("x", [InputRequired()])


def entry(sentence: str, english: str) -> str:
    return f'\nmsgid "{sentence}"\nmsgstr "{english}"\n'


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "a.po").write_text(HEAD + entry("请填写这一项。", "Please fill this in."))
    (tmp_path / "b.po").write_text(HEAD + entry("你好，%(name)s", "Hello, %(name)s"))
    return tmp_path


@pytest.fixture
def small(sources: Path, tmp_path: Path) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    i18n.init_app(app, sources, tmp_path / "cache", user_language=lambda: None)

    @app.route("/")
    def hello() -> list[str]:
        form = NameForm(formdata=MultiDict({}))
        form.validate()
        return [_("你好，%(name)s", name="a"), *(form.name.errors or [])]

    return app


def test_chinese_first(small: Flask) -> None:
    english_browser = {"Accept-Language": "en"}
    page = small.test_client().get("/", headers=english_browser).json
    assert page == ["你好，a", "请填写这一项。"]


def test_english_when_asked_and_from_then_on(small: Flask) -> None:
    client = small.test_client()
    english = ["Hello, a", "Please fill this in."]
    assert client.get("/?lang=en").json == english
    assert client.get("/").json == english
    assert client.get("/?lang=zh").json == ["你好，a", "请填写这一项。"]


def test_an_unknown_language_changes_nothing(small: Flask) -> None:
    answer = small.test_client().get("/?lang=xx")
    assert answer.json == ["你好，a", "请填写这一项。"]
    assert "Set-Cookie" not in answer.headers


def test_the_setting_of_the_person_counts(small: Flask) -> None:
    small.extensions["xinqiao_user_language"] = lambda: "en"
    assert small.test_client().get("/").json == ["Hello, a", "Please fill this in."]


def test_outside_a_request_it_is_chinese() -> None:
    assert _("你好，%(name)s", name="b") == "你好，b"


def test_two_translations_of_one_sentence_are_reported(
    sources: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (sources / "c.po").write_text(HEAD + entry("请填写这一项。", "Fill in."))
    assert i18n.conflicts(sources) == ["请填写这一项。"]
    with caplog.at_level(logging.WARNING):
        assert i18n.merged(sources).get("请填写这一项。").string == "Please fill this in."
    assert "c.po" in caplog.text


def test_every_message_of_wtforms_is_ours() -> None:
    with (files("wtforms") / "locale" / "wtforms.pot").open("rb") as file:
        theirs = {
            message.id if isinstance(message.id, str) else message.id[0]
            for message in read_po(file)
            if message.id
        }
    assert theirs - set(MESSAGES) == set()


def test_every_sentence_of_the_forms_has_english_without_chinese() -> None:
    catalogue = i18n.merged(OWN)
    for sentence in map(str, MESSAGES.values()):
        message = catalogue.get(sentence)
        assert message is not None, sentence
        assert message.string, sentence
        assert not CHINESE.search(str(message.string))
