"""A school brings the licensed wording of a scale: checked against the key, dated, logged."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Permission
from foundation import audit, clock
from foundation.i18n import language
from foundation.problems import Refused
from instruments.library.definition import Definition
from instruments.library.wording_import import WordingRefused, import_wording
from schools.models import Organisation
from schools.queries import in_scope
from screening.models import WordingLicence


def licences_visible_to(actor: Actor) -> Select[WordingLicence, Organisation]:
    """The licences of his schools with the school, by scale."""
    return (
        select(WordingLicence, Organisation)
        .join(Organisation, Organisation.id == WordingLicence.organisation_id)
        .where(in_scope(actor, Permission.WORDING_IMPORT, school=WordingLicence.organisation_id))
        .order_by(WordingLicence.key, Organisation.name, WordingLicence.language)
    )


def import_licensed(
    session: Session, *, by: Actor, school: Organisation, definition: Definition, content: bytes
) -> WordingLicence:
    """Keep the text under the school's licence; a renewed licence replaces the former text.

    Raises:
        Refused: with every reason against the file.

    """
    try:
        found = import_wording(definition, content, today=clock.today())
    except WordingRefused as refusal:
        reasons = (each.said(language()) for each in refusal.problems)
        raise Refused("\n".join(reasons), "file") from None
    row = _row(session, school, definition, found.wording.language)
    row.holder, row.number = found.record.holder[:120], found.record.number[:80]
    row.expires_on = found.record.expires_on
    row.document = content.decode("utf-8-sig")
    row.imported_by, row.imported_at = by.ref, clock.now()
    session.add(row)
    session.flush()
    audit.record(
        session,
        "wording.imported",
        by=by.ref,
        organisation_id=school.id,
        subject=f"wording:{row.id}",
        details={"key": row.key, "version": row.version, "checksum": found.wording.checksum},
    )
    return row


def _row(
    session: Session, school: Organisation, definition: Definition, language: str
) -> WordingLicence:
    before = session.scalars(
        select(WordingLicence).where(
            WordingLicence.organisation_id == school.id,
            WordingLicence.key == definition.key,
            WordingLicence.version == definition.version,
            WordingLicence.language == language,
        )
    ).first()
    return before or WordingLicence(
        organisation_id=school.id,
        key=definition.key,
        version=definition.version,
        language=language,
    )
