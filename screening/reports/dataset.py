"""A campaign's sheets without names for statistics elsewhere: SPSS, CSV with a codebook, FHIR."""

import io
import json
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.policy import Actor
from foundation import clock, csv_safe
from foundation.i18n import _
from foundation.i18n import language as reader_language
from instruments.interchange.codebook import Column, Measure, codebook, columns_of, row_of
from instruments.interchange.fhir_bundle import Sheet, bundle
from instruments.interchange.spss import write_sav
from instruments.library import catalogue
from instruments.library.definition import Definition
from instruments.pages.language import Language, language
from instruments.scoring.single import Scored
from schools.models import Student
from screening.campaigns.wordings import LANGUAGES
from screening.models import Campaign, Export, Response, Score
from screening.reports import exports, words
from screening.reports.queries import scores_of

TYPES = {
    "sav": "application/x-spss-sav",
    "zip": "application/zip",
    "json": "application/fhir+json",
}
SEXES = ("f", "m")


@dataclass(frozen=True)
class Asked:
    """One scale as the campaign asked it."""

    definition: Definition
    cutset: str | None


@dataclass(frozen=True)
class Person:
    """One sheet and who answered it, as far as the file may say."""

    response: Response
    student: Student
    scores: Mapping[str, Score]


@dataclass(frozen=True)
class Dataset:
    """Columns and rows as they would leave; the rows stand in no order that tells who is who."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[float]]
    asked: Sequence[Asked]
    people: Sequence[Person]


def dataset_of(session: Session, campaign: Campaign) -> Dataset:
    """Every submitted sheet: grade, class and sex as codes, answers, scores, bands."""
    speaker = language(reader_language())
    asked = [
        Asked(catalogue.get(each["key"], each["version"]), each.get("cutset"))
        for each in campaign.instruments
    ]
    people = _people(session, campaign)
    grades = sorted({person.student.klass.grade.name for person in people})
    classes = _shuffled({person.student.klass_id for person in people})
    columns = [*_own_columns(grades, len(classes)), *_scale_columns(speaker, asked)]
    rows = [
        [float(number), *_own_row(person, grades, classes), *_scale_row(asked, person)]
        for number, person in enumerate(people, start=1)
    ]
    return Dataset(columns, rows, asked, people)


def _people(session: Session, campaign: Campaign) -> list[Person]:
    found = session.execute(
        select(Response, Student)
        .join(Student, Student.id == Response.student_id)
        .options(joinedload(Student.klass))
        .where(Response.campaign_id == campaign.id)
    ).all()
    scores = scores_of(session, select(Response.id).where(Response.campaign_id == campaign.id))
    people = [
        Person(response, student, {each.instrument: each for each in scores.get(response.id, [])})
        for response, student in found
    ]
    secrets.SystemRandom().shuffle(people)
    return people


def _shuffled(ids: set[int]) -> list[int]:
    return secrets.SystemRandom().sample(sorted(ids), len(ids))


def _own_columns(grades: Sequence[str], classes: int) -> list[Column]:
    sexes = {float(n): words.sex_word(sex) for n, sex in enumerate(SEXES, start=1)}
    named = {float(n): grade for n, grade in enumerate(grades, start=1)}
    numbered = {float(n): _("第 %(n)s 个班", n=n) for n in range(1, classes + 1)}
    return [
        Column("sheet", _("答卷（本文件内的序号）"), measure=Measure.NOMINAL),
        Column("grade", _("年级"), named, measure=Measure.ORDINAL),
        Column(
            "cluster",
            _("班级（打乱的序号，用于整群抽样的误差）"),
            numbered,
            measure=Measure.NOMINAL,
        ),
        Column("sex", _("性别"), sexes, measure=Measure.NOMINAL),
        Column("valid", _("作答有效"), {0: _("否"), 1: _("是")}, measure=Measure.NOMINAL),
    ]


def _scale_columns(speaker: Language, asked: Sequence[Asked]) -> list[Column]:
    """Labels are the shipped text; a text that the school holds a licence for stays here."""
    spoken = LANGUAGES[speaker.code]
    return [
        column
        for each in asked
        for column in columns_of(
            speaker,
            each.definition,
            catalogue.wording(each.definition.key, spoken, each.definition.version),
            each.cutset,
        )
    ]


def _own_row(person: Person, grades: Sequence[str], classes: Sequence[int]) -> list[float]:
    student = person.student
    sex = SEXES.index(student.sex) + 1 if student.sex in SEXES else np.nan
    grade = grades.index(student.klass.grade.name) + 1
    cluster = classes.index(student.klass_id) + 1
    return [grade, cluster, sex, float(not person.response.careless)]


def _scale_row(asked: Sequence[Asked], person: Person) -> list[float]:
    numbers: list[float] = []
    for each in asked:
        key = each.definition.key
        score = person.scores.get(key)
        result = score.result if score else {"scores": {}, "bands": {}}
        answers = person.response.answers.get(key, {})
        numbers += row_of(each.definition, answers, result["scores"], result["bands"], each.cutset)
    return numbers


def take(
    session: Session, *, by: Actor, campaign: Campaign, file_format: str, reason: str, base: str
) -> bytes:
    """The file; who took it and why is on record, and its number stands in the file."""
    found = dataset_of(session, campaign)
    taken = exports.record(
        session,
        by=by,
        organisation_id=campaign.school_id,
        kind="results",
        file_format=file_format,
        rows=len(found.rows),
        reason=reason,
        campaign_id=campaign.id,
    )
    if file_format == "json":
        return _fhir(found, taken, base)
    notes = [
        _("导出编号 %(mark)s", mark=taken.mark),
        f"{by.name} {clock.local(taken.taken_at):%Y-%m-%d %H:%M}",
        _("答卷不含姓名；仍可能认出个人，不得公开。"),
    ]
    return _sav(found, taken, notes) if file_format == "sav" else _zip(found, notes)


def _sav(found: Dataset, taken: Export, notes: Sequence[str]) -> bytes:
    out = io.BytesIO()
    data = np.array(found.rows, dtype=float).reshape(len(found.rows), len(found.columns))
    created = clock.local(taken.taken_at)
    write_sav(out, found.columns, data, title=f"Xinqiao {taken.mark}", created=created, notes=notes)
    return out.getvalue()


def _zip(found: Dataset, notes: Sequence[str]) -> bytes:
    out = io.BytesIO()
    gaps = [column.missing[0] if column.missing else None for column in found.columns]
    rows = [
        [gap if np.isnan(value) else f"{value:g}" for value, gap in zip(row, gaps, strict=True)]
        for row in found.rows
    ]
    header = [column.name for column in found.columns]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data.csv", csv_safe.write_csv(header, rows))
        packed.writestr("codebook.csv", codebook(found.columns, notes).encode())
    return out.getvalue()


def _fhir(found: Dataset, taken: Export, base: str) -> bytes:
    """Pseudonyms hold in this file only; the day stands for the time."""
    spoken = LANGUAGES[reader_language()]
    sheets = [
        Sheet(
            definition=each.definition,
            answers=person.response.answers.get(each.definition.key, {}),
            scored=_scored(score),
            authored=clock.local(person.response.answered_at).replace(hour=0, minute=0, second=0),
            identity=f"{taken.mark}-{number}",
            subject=f"{taken.mark}-{number}",
        )
        for number, person in enumerate(found.people, start=1)
        for each in found.asked
        if (score := person.scores.get(each.definition.key))
    ]
    made = bundle(base, sheets, language=spoken)
    made["identifier"] = {"value": taken.mark}
    return json.dumps(made, ensure_ascii=False).encode()


def _scored(score: Score) -> Scored:
    """What was stored, not what the engine of today would say."""
    return Scored(
        instrument=score.instrument,
        version=score.version,
        checksum=score.checksum,
        scores=score.result["scores"],
        bands=score.result["bands"],
        flags=tuple(score.result["flags"]),
        reasons=(),
        unanswered_critical=tuple(score.result["unanswered_critical"]),
        missing=(),
        cutset=score.cutset,
        engine_version=score.engine_version,
    )
