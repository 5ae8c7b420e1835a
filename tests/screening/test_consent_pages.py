"""The pages on which staff keep what guardians decided, and the link they send them."""

import pytest
from sqlalchemy import select

from foundation import database
from schools.models import Student
from screening.campaigns.consent_queries import may_answer_ids, verdicts
from screening.models import Campaign, Consent
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient


@pytest.fixture
def campaign(people: Cast) -> Campaign:
    with database.writing() as session:
        return make.campaign(session, school=people.school, klasses=[people.klass_1])


def status(campaign: Campaign, student: Student) -> str:
    """Where his consent stands; both ways of asking must agree."""
    with database.reading() as session:
        found = session.get_one(Campaign, campaign.id)
        verdict = verdicts(session, found, [session.get_one(Student, student.id)])[student.id]
        assert (student.id in may_answer_ids(session, found)) is verdict.may_answer
        return verdict.status.value


def rows(campaign: Campaign) -> list[tuple[int, str, str, str]]:
    with database.reading() as session:
        found = session.scalars(select(Consent).where(Consent.campaign_id == campaign.id))
        return [(c.student_id, c.decision, c.method, c.recorded_by) for c in found]


def pile(people: Cast, step: str, **said: str) -> dict[str, str | int]:
    """The form of class 1: Lin and Zhou agree unless something else is said."""
    named = {"lin": people.lin, "zhou": people.zhou}
    choices = {f"student-{s.id}": said.get(name, "granted") for name, s in named.items()}
    return {"klass": people.klass_1.id, "party": "guardian", "step": step, **choices}


def test_the_link_for_a_parents_group_is_a_whole_address(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    page = sign_in(client, people.counselor).get(f"/campaigns/{campaign.id}/consents").text
    assert f">{client.application.config['PUBLIC_URL']}/consent/class/" in page


def test_a_pile_is_shown_before_anything_is_recorded(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    sign_in(client, people.counselor)
    url = f"/campaigns/{campaign.id}/consents"
    shown = client.post(url, data=pile(people, "preview", zhou="declined"))
    assert shown.status_code == 200
    assert people.zhou.name in shown.text
    assert rows(campaign) == []
    back = client.post(url, data=pile(people, "back", zhou="declined")).text
    assert f'name="student-{people.zhou.id}" value="declined" checked' in back
    client.post(url, data=pile(people, "confirm", zhou="declined"))
    by = f"user:{people.counselor.id}"
    assert rows(campaign) == [
        (people.lin.id, "granted", "paper", by),
        (people.zhou.id, "declined", "paper", by),
    ]


def test_a_slip_that_did_not_come_back_is_not_recorded(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    sign_in(client, people.counselor)
    url = f"/campaigns/{campaign.id}/consents"
    client.post(url, data=pile(people, "confirm", zhou="none"))
    assert status(campaign, people.lin) == "granted"
    assert status(campaign, people.zhou) == "missing_guardian"
    nobody = client.post(url, data=pile(people, "preview", zhou="none", lin="none"))
    assert nobody.status_code == 422
    assert "没有要登记的回执" in nobody.text


def test_a_pile_never_turns_a_no_into_a_yes_and_always_keeps_a_no(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    with database.writing() as session:
        make.consent(session, to=campaign, by=people.lin, decision="declined", method="phone")
        make.consent(session, to=campaign, by=people.zhou)
    sign_in(client, people.school_admin)  # who records, and does not see what was decided
    url = f"/campaigns/{campaign.id}/consents"
    page = client.get(url).text
    assert f'name="student-{people.lin.id}"' in page
    assert "已经答复的" not in page
    client.post(url, data=pile(people, "confirm", zhou="declined"))
    assert status(campaign, people.lin) == "declined"
    assert status(campaign, people.zhou) == "declined"


def test_the_counselor_sees_who_answered_how_and_the_pile_leaves_them_out(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    with database.writing() as session:
        make.consent(session, to=campaign, by=people.lin, method="phone")
    page = sign_in(client, people.counselor).get(f"/campaigns/{campaign.id}/consents").text
    assert f'name="student-{people.lin.id}"' not in page
    assert f'name="student-{people.zhou.id}"' in page
    assert "监护人同意（电话，" in page


def test_a_recorded_pile_can_be_taken_back(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    with database.writing() as session:
        make.consent(session, to=campaign, by=people.zhou)
    sign_in(client, people.counselor)
    url = f"/campaigns/{campaign.id}/consents"
    client.post(url, data=pile(people, "confirm", zhou="declined"))
    with database.reading() as session:
        recorded = session.scalars(select(Consent.id).order_by(Consent.id)).all()
    form = {"klass": people.klass_1.id, "party": "guardian", "pile": recorded[1]}
    assert f'name="pile" value="{recorded[1]}"' in client.get(url).text
    done = client.post(f"{url}/undo", data=form, follow_redirects=True)
    assert "已撤销 2 人的登记" in done.text
    assert status(campaign, people.lin) == "missing_guardian"
    assert status(campaign, people.zhou) == "granted"  # as it was before the pile
    again = client.post(f"{url}/undo", data=form, follow_redirects=True)
    assert "另有 2 人后来又登记过" in again.text
    assert status(campaign, people.zhou) == "granted"


def test_nobody_takes_back_what_he_may_not_see(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    with database.writing() as session:
        slip = make.consent(session, to=campaign, by=people.lin)
    form = {"klass": people.klass_1.id, "pile": slip.id}
    url = f"/campaigns/{campaign.id}/consents/undo"
    assert sign_in(client, people.school_admin).post(url, data=form).status_code == 404
    assert sign_in(client, people.homeroom).post(url, data=form).status_code == 404


def test_one_student_is_put_right_later(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    sign_in(client, people.counselor)
    url = f"/campaigns/{campaign.id}/consents"
    client.post(url, data=pile(people, "confirm"))
    form = {"klass": people.klass_1.id, "party": "guardian", "student": people.lin.id}
    client.post(f"{url}/correct", data=form | {"decision": "declined", "method": "phone"})
    assert status(campaign, people.lin) == "declined"
    client.post(f"{url}/correct", data=form | {"decision": "retracted"})
    assert status(campaign, people.lin) == "missing_guardian"
    refused = client.post(f"{url}/correct", data=form | {"decision": "retracted"})
    assert refused.status_code == 422
    assert "没有可以作废的" in refused.text
    assert client.post(f"{url}/correct", data=form | {"decision": ""}).status_code == 422


def test_what_a_guardian_said_himself_is_not_void_by_a_click(
    client: CheckedClient, people: Cast, campaign: Campaign
) -> None:
    with database.writing() as session:
        mother = make.guardian(session, of=people.lin)
        make.consent(
            session, to=campaign, by=people.lin, decision="declined", guardian_id=mother.id
        )
        make.consent(session, to=campaign, by=people.zhou, decision="declined", method="link")
    sign_in(client, people.counselor)
    for student in (people.lin, people.zhou):
        form = {"klass": people.klass_1.id, "student": student.id, "decision": "retracted"}
        refused = client.post(f"/campaigns/{campaign.id}/consents/correct", data=form)
        assert refused.status_code == 422
        assert status(campaign, student) == "declined"
