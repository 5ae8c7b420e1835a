"""What a taking request needs to know of a ticket: its standing, its sheet, its drafts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from foundation import clock
from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.library.wording import Wording
from schools import settings
from schools.models import Setting
from screening.campaigns import consent
from screening.campaigns.wordings import LANGUAGES, wording_for
from screening.models import (
    Alert,
    AlertReach,
    Consent,
    Draft,
    Response,
    Ticket,
)
from screening.taking.drafts import Place, Stored
from screening.taking.rules import Standing, window_of
from screening.taking.scoring import Asked

# How long a request may wait to write after its ticket was looked at.
QUEUE = timedelta(minutes=1)
KEYS = (
    "taking.grace_min",
    "taking.idle_lock_s",
    "consent.guardian_below",
    "consent.student_alone_from",
    "help.numbers",
)

# Built once: putting a statement together takes longer than SQLite needs to answer it.
_CONSENTS = (
    select(Consent.party, Consent.decision, Consent.guardian_id)
    .where(Consent.campaign_id == bindparam("campaign"), Consent.student_id == bindparam("student"))
    .order_by(Consent.id)
)
_SETTINGS = (
    select(Setting.organisation_id, Setting.key, Setting.value)
    .where(Setting.organisation_id.in_(bindparam("ids", expanding=True)), Setting.key.in_(KEYS))
    .order_by(Setting.version)
)
_DRAFTS = select(Draft.instrument, Draft.item, Draft.value, Draft.seq).where(
    Draft.ticket_id == bindparam("ticket")
)


@dataclass(frozen=True)
class Part:
    """One instrument of a sheet in the words of one language."""

    asked: Asked
    wording: Wording


def standing_of(session: Session, ticket: Ticket) -> Standing:
    """Everything that decides whether the ticket may be answered."""
    campaign = ticket.campaign
    opens, closes = window_of(campaign.opens_at, campaign.closes_at, retest_from(ticket))
    if campaign.closed_at is not None and ticket.purpose == "first":
        closes = min(closes, campaign.closed_at)
    verdict = consent_of(session, ticket)
    over = clock.now() + QUEUE > closes
    grace = setting(session, ticket, "taking.grace_min") if over else 0  # asked for when it matters
    return Standing(
        state=ticket.state,
        excused=ticket.excused is not None,
        may_answer=verdict.may_answer,
        asks_student=verdict.status is consent.Status.MISSING_STUDENT,
        running=campaign.state in {"approved", "closed"},
        opens_at=opens,
        closes_at=closes,
        grace=timedelta(minutes=int(grace)),
        on_paper=ticket.entered_by is not None or campaign.origin == "paper",
    )


def retest_from(ticket: Ticket) -> datetime | None:
    """When a retest opens; None for a first sheet."""
    return (ticket.opens_at or ticket.created_at) if ticket.purpose == "retest" else None


def consent_of(session: Session, ticket: Ticket) -> consent.Verdict:
    """Where the student's consent to this campaign stands."""
    wanted = {"campaign": ticket.campaign_id, "student": ticket.student_id}
    rows = session.execute(_CONSENTS, wanted).all()
    decisions = [
        consent.Decision(row.party, row.decision, str(row.guardian_id or "")) for row in rows
    ]
    return consent.assess(consent_rule_of(session, ticket), age_of(ticket), decisions)


def age_of(ticket: Ticket) -> int | None:
    """The student's age today."""
    return consent.age_on(ticket.student.birth_date, clock.today())


def consent_rule_of(session: Session, ticket: Ticket) -> consent.Rule:
    kept = ticket.campaign.consent_rule or {}
    return consent.Rule(
        kept.get("guardian_below") or setting(session, ticket, "consent.guardian_below"),
        kept.get("alone_from") or setting(session, ticket, "consent.student_alone_from"),
    )


def setting(session: Session, ticket: Ticket, key: str) -> Any:
    """A setting of the ticket's school, read once per unit of work."""
    kept: dict[str, Any] = session.info.setdefault(f"settings:{ticket.campaign.school_id}", {})
    if not kept:
        kept.update(_settings(session, ticket))
    return kept[key]


def _settings(session: Session, ticket: Ticket) -> dict[str, Any]:
    """All settings of taking at once: a page asks for five of them."""
    ids = [int(part) for part in ticket.campaign.school.path.strip("/").split("/")]
    rows = session.execute(_SETTINGS, {"ids": ids}).all()
    found = {key: settings.DEFAULTS[key].value for key in KEYS}
    for organisation in ids:  # from the nation down: the nearest ancestor has the last word
        found |= {row.key: row.value for row in rows if row.organisation_id == organisation}
    return found


def asked_of(ticket: Ticket) -> tuple[Asked, ...]:
    """The instruments of the ticket's campaign, in order."""
    return tuple(
        Asked(
            catalogue.get(each["key"], each.get("version")),
            each.get("cutset"),
            each.get("from_band"),
        )
        for each in ticket.campaign.instruments
    )


def definitions_of(ticket: Ticket) -> dict[str, Definition]:
    """The definitions of the ticket's sheet by key, in order."""
    return {asked.definition.key: asked.definition for asked in asked_of(ticket)}


def parts_of(session: Session, ticket: Ticket, locale: str) -> tuple[Part, ...]:
    """The sheet in words: the reader's language where the text exists, else the campaign's.

    An instrument without permitted text cannot be shown; it takes entered paper sheets only.
    """
    found = []
    for asked, each in zip(asked_of(ticket), ticket.campaign.instruments, strict=True):
        own = each.get("language") or "zh"
        wanted = [LANGUAGES.get(locale, "zh-Hans"), LANGUAGES.get(own, own), "en"]
        words = wording_for(session, ticket.campaign, asked.definition, wanted)
        if words is not None:
            found.append(Part(asked, words))
    return tuple(found)


def drafts_of(session: Session, ticket: Ticket) -> dict[Place, Stored]:
    """The saved answers of a ticket."""
    rows = session.execute(_DRAFTS, {"ticket": ticket.id}).all()
    return {(row.instrument, row.item): Stored(_number(row.value), row.seq) for row in rows}


def has_drafts(session: Session, ticket: Ticket) -> bool:
    """Whether anything was saved under the ticket."""
    return (
        session.scalar(select(Draft.seq).where(Draft.ticket_id == ticket.id).limit(1)) is not None
    )


def _number(text: str | None) -> int | float | None:
    if text is None:
        return None
    return float(text) if "." in text or "e" in text else int(text)


def response_of(session: Session, ticket: Ticket) -> Response | None:
    """The submitted sheet of a ticket."""
    return session.scalars(select(Response).where(Response.ticket_id == ticket.id)).first()


def wording_languages(parts: tuple[Part, ...]) -> Mapping[str, str]:
    """In which language each instrument is shown, for the record."""
    return {part.asked.definition.key: part.wording.language for part in parts}


def calls_to(user_id: int | None) -> Select[Alert]:
    """Open calls for a teacher that their students let the person in the room know about."""
    return (
        select(Alert)
        .join(AlertReach, AlertReach.alert_id == Alert.id)
        .options(joinedload(Alert.student))
        .where(
            AlertReach.user_id == user_id,
            AlertReach.as_role == "invigilator",
            Alert.origin == "request",
            Alert.ended_at.is_(None),
        )
        .order_by(Alert.created_at)
    )
