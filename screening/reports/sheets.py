"""One sheet as its counselor reads it: consent, and each scale with its text, reasons and answers."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from foundation.i18n import _
from instruments.library import catalogue
from screening.campaigns.consent_basis import basis_of
from screening.campaigns.rule_words import Spoken
from screening.campaigns.wordings import spoken
from screening.models import Campaign, Response, Score
from screening.reports.queries import scores_of
from screening.reports.words import rules_in_words


@dataclass(frozen=True)
class ScoredPart:
    """One scored scale of a sheet, with the text that may be shown."""

    score: Score
    spoken: Spoken
    given: dict[str, object]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Every reason as a sentence, with the id of its rule."""
        return rules_in_words(self.score, self.spoken)

    @property
    def blanks(self) -> list[str]:
        """Critical questions left open."""
        return [
            _("%(question)s：没有回答，不等于没有风险。", question=self.spoken.question(item))
            for item in self.score.result.get("unanswered_critical", ())
        ]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Every question with the chosen answer, both in words."""
        return [
            (self.spoken.question(item), self.spoken.answer(value))
            for item, value in self.given.items()
        ]


@dataclass(frozen=True)
class Sheet:
    """A sheet with its scored scales and the consent it was taken on."""

    response: Response
    campaign: Campaign
    consent: list[str]
    parts: list[ScoredPart]


def sheet_of(session: Session, response: Response) -> Sheet:
    """All that the summary of one sheet shows."""
    campaign = session.get_one(Campaign, response.campaign_id)
    parts = []
    for score in scores_of(session, [response.id]).get(response.id, []):
        told = spoken(session, campaign, score.instrument, score.version)
        told = told or Spoken(catalogue.get(score.instrument, score.version))
        parts.append(ScoredPart(score, told, response.answers.get(score.instrument, {})))
    return Sheet(response, campaign, basis_of(session, response), parts)
