"""The page on which staff keep what guardians decided, and the link they send them."""

from foundation import database
from tests import make
from tests.people import Cast, sign_in
from tests.support.pages import CheckedClient


def test_the_link_for_a_parents_group_is_a_whole_address(
    client: CheckedClient, people: Cast
) -> None:
    with database.writing() as session:
        campaign = make.campaign(session, school=people.school, klasses=[people.klass_1])
    page = sign_in(client, people.counselor).get(f"/campaigns/{campaign.id}/consents").text
    assert f">{client.application.config['PUBLIC_URL']}/consent/class/" in page
