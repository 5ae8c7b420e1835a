"""Chinese sentences as message ids; the English catalogue is merged and compiled at start-up."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import Babel, get_translations, gettext, lazy_gettext

LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}
CHINESE = "zh"
COOKIE = "lang"
YEAR = 365 * 24 * 3600
log = logging.getLogger(__name__)


def _(sentence: str, **values: Any) -> str:
    """Return the sentence in the language of the request, `%(name)s` filled in."""
    return str(gettext(sentence, **values))


def _l(sentence: str, **values: Any) -> Any:
    """Return the sentence as a lazy string, for labels made at import time."""
    return lazy_gettext(sentence, **values)


def init_app(
    app: Flask, source: Path, cache: Path, user_language: Callable[[], str | None] | None = None
) -> None:
    """Compile `source`/*.po into `cache` and choose a language for every request.

    The address (`?lang=en`) wins, then the cookie it left, then the person's own setting, else
    Chinese. The browser's wish is not asked: a school computer says whatever it was installed with.
    """
    compile_catalogue(source, cache)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(cache.absolute())
    app.extensions["xinqiao_user_language"] = user_language
    Babel(
        app,
        default_locale=LANGUAGES[CHINESE],
        default_timezone="Asia/Shanghai",
        locale_selector=lambda: LANGUAGES[language()],
    )
    app.jinja_env.install_gettext_callables(_of_template, _plural_of_template, newstyle=True)  # type: ignore[attr-defined]
    app.after_request(_remember)


def _of_template(sentence: str) -> str:
    return str(_catalogue().ugettext(sentence))


def _plural_of_template(one: str, many: str, count: int) -> str:
    return str(_catalogue().ungettext(one, many, count))


def _catalogue() -> Any:
    # A page asks for sixty sentences; Flask-Babel would find out its language for each of them.
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def language() -> str:
    """Return the language of the request: "zh" or "en"."""
    if not has_request_context():
        return CHINESE
    asked = request.args.get("lang"), request.cookies.get(COOKIE)
    for wish in asked:
        if wish in LANGUAGES:
            return wish
    own = current_app.extensions.get("xinqiao_user_language")
    wish = own() if own else None
    return wish if wish in LANGUAGES else CHINESE


def merged(source: Path) -> Catalog:
    """Return one catalogue of every .po file in a folder; the first translation counts."""
    catalogue = Catalog(locale="en")
    for path, sentence, english in _translations(source):
        known = catalogue.get(sentence)
        if known is None:
            catalogue.add(sentence, english)
        elif known.string != english:
            log.warning("%s translates a sentence differently from another file", path.name)
    return catalogue


def conflicts(source: Path) -> list[str]:
    """Return the sentences that two files translate differently."""
    first: dict[str, str] = {}
    return [
        sentence
        for _path, sentence, english in _translations(source)
        if first.setdefault(sentence, english) != english
    ]


def compile_catalogue(source: Path, cache: Path) -> Path:
    """Write the merged catalogue where gettext looks for it; several processes may do so at once."""
    target = cache / "en" / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".messages.{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, merged(source))
    return draft.replace(target)


def _translations(source: Path) -> Iterator[tuple[Path, str, str]]:
    for path in sorted(source.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                if message.id and message.string and not message.fuzzy:
                    yield path, str(message.id), str(message.string)


def _remember(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish in LANGUAGES:
        secure = bool(current_app.config.get("SESSION_COOKIE_SECURE"))
        response.set_cookie(
            COOKIE, wish, max_age=YEAR, secure=secure, httponly=True, samesite="Lax"
        )
    return response
