"""Every scale is there under its names and stays there in every version."""

import subprocess
import sys
from pathlib import Path

import pytest

from instruments.library import catalogue
from instruments.scoring.single import AnswerRefused, score
from tests.instruments.examples import read

ROOT = Path(__file__).parents[2]


def test_every_scale_of_the_worked_examples_is_there_under_both_names() -> None:
    names = {each["instrument"] for each in read("scoring.jsonl")}
    assert len(names) == 33
    for name in names:
        assert catalogue.get(name).key == name.lower()
        assert name in catalogue.get(name).names
    assert {"pss-10", "pcl-5", "swls", "brcs"} <= set(catalogue.keys())


@pytest.mark.parametrize("name", ["phq10", "", "../.."])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(catalogue.UnknownInstrument, match="no instrument"):
        catalogue.get(name)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(catalogue.UnknownInstrument, match=r"no version 9\.9\.9 of phq-9"):
        catalogue.get("phq-9", "9.9.9")


def test_a_stored_version_is_the_same_definition() -> None:
    newest = catalogue.get("phq-9")
    assert catalogue.get("phq-9", newest.version) == newest
    assert len(newest.checksum) == 64


@pytest.mark.parametrize("key", list(catalogue.keys()))
def test_an_answer_out_of_range_is_an_error_that_names_the_item(key: str) -> None:
    definition = catalogue.get(key)
    for item in definition.items:
        with pytest.raises(AnswerRefused, match=f"item {item.id}:"):
            score(definition, {item.id: 99999})
        with pytest.raises(AnswerRefused):
            score(definition, {item.id: True})
    with pytest.raises(AnswerRefused, match="no such item"):
        score(definition, {"x": 1})


def test_a_cut_set_may_be_chosen_by_name() -> None:
    phq = catalogue.get("phq-9")
    answers = [2, 2, 2, 2, 2, 1, 0, 0, 0]
    assert score(phq, answers).bands == {"total": "moderate"}
    chosen = score(phq, answers, cutset="us-adolescent-11")
    assert (chosen.bands["total"], chosen.cutset) == ("positive", "us-adolescent-11")
    assert score(phq, answers, cutset="tw-adolescent-15").bands == {"total": "negative"}
    with pytest.raises(KeyError, match="no cut-set"):
        score(phq, answers, cutset="moon")


def test_a_result_says_what_it_was_made_with_and_why() -> None:
    phq = catalogue.get("phq-9")
    scored = score(phq, [3] * 9)
    assert (scored.instrument, scored.version, scored.checksum) == (
        "phq-9",
        phq.version,
        phq.checksum,
    )
    rules = {reason.rule: reason.inputs for reason in scored.reasons}
    assert rules["phq-9:total:severe"] == {"total": 27}
    assert rules["phq-9:item9_suicidal_ideation"] == {"item": "9", "value": 3}


def test_wrong_usage_ends_with_two() -> None:
    for arguments in ([], ["nothing"], ["score", "x"], ["wording"]):
        command = [sys.executable, "-m", "instruments", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 2
