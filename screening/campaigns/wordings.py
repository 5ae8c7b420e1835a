"""The text of a scale as a school may show it: what ships, else its own under its licence."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.i18n import language
from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.fit import fit_problems
from instruments.library.wording import Wording
from instruments.library.wording_import import kept_wording
from screening.campaigns.rule_words import Spoken
from screening.models import Campaign, WordingLicence

LANGUAGES = {"zh": "zh-Hans", "en": "en"}


def wording_for(
    session: Session, campaign: Campaign | None, definition: Definition, languages: Iterable[str]
) -> Wording | None:
    """The text in the first of these languages that has any."""
    for each in dict.fromkeys(languages):
        shipped = catalogue.wording(definition.key, each, definition.version)
        found = shipped or (_licensed(session, campaign, definition, each) if campaign else None)
        if found is not None:
            return found
    return None


def _licensed(
    session: Session, campaign: Campaign, definition: Definition, language: str
) -> Wording | None:
    """The school's own text: a licence that ends while a campaign runs does not stop it."""
    opened_on = min(clock.today(), clock.local(campaign.opens_at).date())
    for row, wording in own_texts(session, campaign.school_id, definition):
        if row.language == language and row.expires_on >= opened_on:
            return wording
    return None


def own_texts(
    session: Session, school_id: int, definition: Definition
) -> list[tuple[WordingLicence, Wording]]:
    """The school's texts that fit the scale, latest first.

    A text belongs to items and answers: a later version with the same form may use it.
    """
    rows = session.scalars(
        select(WordingLicence)
        .where(WordingLicence.organisation_id == school_id, WordingLicence.key == definition.key)
        .order_by(WordingLicence.imported_at.desc())
    )
    found = ((row, kept_wording(definition, row.document)) for row in rows)
    return [(row, text) for row, text in found if not any(fit_problems(text, definition))]


def spoken(session: Session, campaign: Campaign | None, key: str, version: Any) -> Spoken | None:
    """A scale in the reader's language, else as it was asked; None when there is no such scale."""
    try:
        definition = catalogue.get(key, version)
    except catalogue.UnknownInstrument:
        return None
    languages = [LANGUAGES.get(language(), "zh-Hans"), "zh-Hans", "en"]
    return Spoken(definition, wording_for(session, campaign, definition, languages))
