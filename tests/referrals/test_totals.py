"""What of a scored sheet may stand in a letter."""

import json
from datetime import timedelta
from typing import Any

from foundation import clock, database
from instruments.library import catalogue
from instruments.scoring import single
from referrals.actions import preparing
from referrals.models import Referral
from screening.models import Response, Score
from tests import make
from tests.people import sign_in
from tests.referrals.test_hospital_referral import agreed, drafted
from tests.support.pages import CheckedClient


def scored(world: Any, key: str, answers: dict[str, int]) -> int:
    """A sheet of Lin's, scored by the real engine."""
    definition = catalogue.get(key)
    found = single.score(definition, answers)
    with database.writing() as session:
        campaign = make.campaign(session, school=world.people.school, instruments=[key])
        ticket = make.ticket(session, of=campaign, student=world.people.lin)
        response = make.added(
            session,
            Response(
                ticket_id=ticket.id,
                campaign_id=campaign.id,
                student_id=world.people.lin.id,
                answers={key: answers},
                instruments=[],
                origin="online",
                answered_at=clock.now(),
                submitted_at=clock.now(),
                receipt="r",
                recorded_by="system:tests",
            ),
        )
        row = Score(
            response_id=response.id,
            campaign_id=campaign.id,
            student_id=world.people.lin.id,
            instrument=key,
            version=found.version,
            checksum=found.checksum,
            engine_version=found.engine_version,
            cutset=found.cutset,
            result={"scores": dict(found.scores), "bands": dict(found.bands)},
            valid=True,
            scored_at=clock.now() - timedelta(days=3),
        )
        return make.added(session, row).id


def test_the_letter_carries_total_and_band_in_words_and_no_answer(world):
    score_id = scored(world, "phq-9", {str(n): 2 for n in range(1, 10)})
    referral_id = drafted(world, scores=[f"{score_id}:total"])
    agreed(world, referral_id)
    with database.reading() as session:
        content = preparing.content_of(session, session.get_one(Referral, referral_id))
    (line,) = content["instruments"]
    assert line["total"] == 18
    assert line["band"]
    assert line["band"] not in catalogue.get("phq-9").band_names
    assert set(line) == {"title", "date", "total", "band"}
    assert "answers" not in json.dumps(content)


def test_a_form_without_a_total_gives_one_line_for_each_scale(world):
    items = catalogue.get("dass-21").items
    score_id = scored(world, "dass-21", {item.id: 1 for item in items})
    with database.reading() as session:
        lines = preparing.totals_of(session, world.case)
    assert len([line for line in lines if line["id"].startswith(f"{score_id}:")]) >= 3


def test_what_is_not_ticked_is_not_sent(world):
    scored(world, "phq-9", {str(n): 2 for n in range(1, 10)})
    referral_id = drafted(world)
    with database.reading() as session:
        content = preparing.content_of(session, session.get_one(Referral, referral_id))
    assert content["instruments"] == []


def test_the_form_speaks_the_readers_language_and_the_letter_the_hospitals(
    world: Any, client: CheckedClient
) -> None:
    score_id = scored(world, "phq-9", {str(n): 2 for n in range(1, 10)})
    page = sign_in(client, world.people.counselor).get(f"/cases/{world.case.id}/refer?lang=en").text
    definition = catalogue.get("phq-9")
    assert definition.title.en in page
    assert definition.title.zh not in page
    referral_id = drafted(world, scores=[f"{score_id}:total"])
    agreed(world, referral_id)
    with database.reading() as session:
        content = preparing.content_of(session, session.get_one(Referral, referral_id))
    assert content["instruments"][0]["title"] == definition.title.zh
