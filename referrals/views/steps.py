"""How a page offers the steps of a state table and takes one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from foundation.database import session
from foundation.forms import Form
from foundation.problems import Refused


@dataclass(frozen=True)
class Offer:
    """One possible step: its event, its words, its form, where it is posted, how it looks."""

    event: str
    label: Any
    form: Form
    url: str
    kind: str = ""


def seen_version() -> int | None:
    """The version that the person had before his eyes."""
    value = request.form.get("version", "")
    return int(value) if value.isdecimal() else None


def attempt(form: Form, act: Callable[[], object]) -> bool:
    """Do it; a refusal becomes an error of the form and leaves nothing behind."""
    try:
        act()
    except Refused as refusal:
        session().rollback()
        name = refusal.field if refusal.field and refusal.field in form else None
        if name is None:
            form.form_errors = [*form.form_errors, refusal.message]
        else:
            form[name].errors = [*form[name].errors, refusal.message]
        return False
    return True
