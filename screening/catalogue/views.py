"""The scales in the application: what each measures, how it is scored, whose text it is."""

import json
from collections.abc import Sequence

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from accounts.guard import current_actor, fetch, may, requires
from accounts.policy import Permission
from foundation import clock
from foundation.database import session
from foundation.forms import options
from foundation.i18n import _
from foundation.i18n import language as reader
from foundation.problems import Missing, Refused
from instruments.interchange.codebook import codebook as codebook_csv
from instruments.interchange.codebook import columns_of
from instruments.interchange.fhir_questionnaire import questionnaire as fhir_questionnaire
from instruments.library import catalogue as library
from instruments.library.definition import Definition
from instruments.library.wording import Wording
from instruments.library.wording_form import wording_form
from instruments.pages import listing
from instruments.pages.language import FOLDER, Language, language
from instruments.pages.scale import scale_page
from schools.models import Organisation
from schools.queries import schools_visible_to
from screening.campaigns.wordings import LANGUAGES
from screening.catalogue.actions import import_licensed, licences_visible_to
from screening.reports.forms import WordingForm

# The blocks of a scale's page are drawn by the template that draws the static pages.
bp = Blueprint("catalogue", __name__, template_folder=str(FOLDER / "templates"))


def _language() -> Language:
    return language(reader())


def _imported() -> dict[str, set[str]]:
    """The languages of texts that his schools hold under a licence that has not ended."""
    found: dict[str, set[str]] = {}
    for row, _school in session().execute(licences_visible_to(current_actor())):
        if row.expires_on >= clock.today():
            found.setdefault(row.key, set()).add(row.language)
    return found


@bp.get("/instruments")
@requires(Permission.CATALOGUE_VIEW)
def catalogue() -> ResponseReturnValue:
    """The scales, narrowed by words, use, language and whether a text is there."""
    asked = request.args
    wanted = listing.Wanted(
        words=asked.get("q", "")[:80].strip(),
        construct=asked.get("construct", ""),
        language=asked.get("text_language", ""),
        text=asked.get("text", ""),
    )
    words, own = _language(), _imported()
    entries = [
        listing.entry(words, each, own.get(each.key, ()))
        for each in listing.matching(library.all(), wanted)
    ]
    return render_template(
        "catalogue/list.html",
        entries=[each for each in entries if listing.kept(each, wanted)],
        total=len(library.keys()),
        wanted=wanted,
        words=words,
    )


def one(key: str) -> Definition:
    """A scale of the library, 404 otherwise."""
    known = library.keys()
    if key not in known:
        raise Missing
    return library.get(key)


@bp.get("/instruments/<key>")
@requires(Permission.CATALOGUE_VIEW)
def scale(key: str) -> ResponseReturnValue:
    """One scale: facts, scores, cut-offs with their sources, critical questions, licence."""
    definition = one(key)
    own = session().execute(licences_visible_to(current_actor())).all()
    return render_template(
        "catalogue/scale.html",
        scale=definition,
        page=scale_page(_language(), definition),
        words=_language(),
        licences=[row for row in own if row[0].key == key],
        today=clock.today(),
        may_import=may(Permission.WORDING_IMPORT),
    )


@bp.get("/instruments/<key>/questionnaire.json")
@requires(Permission.CATALOGUE_VIEW)
def questionnaire(key: str) -> ResponseReturnValue:
    """The scale as FHIR R4 for another system: with the text that ships, else the key alone."""
    definition = one(key)
    made = fhir_questionnaire(
        definition, str(current_app.config["PUBLIC_URL"]), _shipped(definition)
    )
    content = json.dumps(made, ensure_ascii=False, indent=2)
    return _saved(content, "application/fhir+json", f"{key}.json")


@bp.get("/instruments/<key>/codebook.csv")
@requires(Permission.CATALOGUE_VIEW)
def codebook(key: str) -> ResponseReturnValue:
    """What the columns of exported answers mean: labels, codes, missing code."""
    definition = one(key)
    columns = columns_of(_language(), definition, _shipped(definition))
    return _saved(codebook_csv(columns), "text/csv", f"{key}-codebook.csv")


def _shipped(definition: Definition) -> Wording | None:
    """The text that ships in the reader's language, else in another."""
    codes = [LANGUAGES[reader()], *library.languages(definition)]
    texts = (library.wording(definition.key, code, definition.version) for code in codes)
    return next((text for text in texts if text), None)


def _saved(content: str, kind: str, name: str) -> Response:
    file = Response(content, mimetype=kind)
    file.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return file


def _form() -> WordingForm:
    form = WordingForm()
    schools = session().scalars(schools_visible_to(current_actor(), Permission.WORDING_IMPORT))
    form.school_id.choices = options((school.id, school.name) for school in schools)
    return form


def _asked(definition: Definition, form: WordingForm, problems: Sequence[str]) -> str:
    return render_template(
        "catalogue/wording.html",
        scale=definition,
        name=_language().named(definition.title),
        form=form,
        problems=problems,
        blank=wording_form(definition, "zh-Hans"),
    )


@bp.get("/instruments/<key>/wording")
@requires(Permission.WORDING_IMPORT)
def wording(key: str) -> ResponseReturnValue:
    """Ask for the licensed text."""
    return _asked(one(key), _form(), ())


@bp.post("/instruments/<key>/wording")
@requires(Permission.WORDING_IMPORT)
def import_wording(key: str) -> ResponseReturnValue:
    """Check the text against the key and keep it; all reasons at once when it cannot be used."""
    definition, form = one(key), _form()
    problems: tuple[str, ...] = ()
    if form.validate_on_submit():
        schools = schools_visible_to(current_actor(), Permission.WORDING_IMPORT).where(
            Organisation.id == form.school_id.data
        )
        try:
            import_licensed(
                session(),
                by=current_actor(),
                school=fetch(schools),
                definition=definition,
                content=form.file.data.read(),
            )
        except Refused as refusal:
            problems = tuple(refusal.message.splitlines())
        else:
            flash(_("文本已导入。到期后不能用于新的测评活动，以前的结果不受影响。"), "success")
            return redirect(url_for("catalogue.scale", key=key), 303)
    return _asked(definition, form, problems), 422
