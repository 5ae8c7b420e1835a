"""The pages of docs/ that are written from the code say what the code says."""

import pytest

from tests.support.databases import all_models
from web import documents

all_models()


@pytest.mark.parametrize("name", sorted(documents.pages()))
def test_a_generated_page_is_current(name: str) -> None:
    written = (documents.DOCS / name).read_text(encoding="utf-8")
    assert written == documents.pages()[name], "run: flask --app wsgi docs write"


def test_every_state_table_of_the_system_is_on_the_page() -> None:
    known = {
        "screening.triage.alert_workflow",
        "screening.triage.case_workflow",
        "screening.campaigns.workflow",
        "screening.tickets.rules",
        "screening.league.concern_workflow",
        "screening.league.care_task_rules",
        "referrals.workflow",
        "referrals.hotline_workflow",
    }
    assert known <= set(documents.tables())
