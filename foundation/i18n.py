"""Chinese sentences as message ids; the English catalogue is merged and compiled at start-up."""

from typing import Any

from flask_babel import gettext, lazy_gettext


def _(sentence: str, **values: Any) -> str:
    """Return the sentence in the language of the request, `%(name)s` filled in."""
    return str(gettext(sentence, **values))


def _l(sentence: str, **values: Any) -> Any:
    """Return the sentence as a lazy string, for labels made at import time."""
    return lazy_gettext(sentence, **values)
