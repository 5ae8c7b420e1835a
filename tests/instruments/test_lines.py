"""The command answers every line: a bad one by its number and a sentence, the rest as ever."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from instruments.scoring.lines import score_stream

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "instruments", "score"]
GOOD = b'{"instrument": "gad-2", "answers": [1, 2]}'
SCORED = {"expected": {"total": 3}, "band": {"total": "positive"}, "flags": []}


def answered(*lines: bytes) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    code = score_stream(lines, out)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def sheet(answers: str, **others: object) -> bytes:
    start = json.dumps({"instrument": "gad-2", **others})[:-1]
    return f'{start}, "answers": {answers}}}'.encode()


BAD = {
    "no JSON": (b"PHQ-9;0;1", "not JSON"),
    "half a line": (GOOD[:-3], "not JSON"),
    "two objects": (GOOD + GOOD, "not JSON: Extra data"),
    "a list": (b"[1, 2]", "must be a JSON object"),
    "a number": (b"7", "must be a JSON object"),
    "null": (b"null", "must be a JSON object"),
    "nested a hundred thousand deep": (b"[" * 100_000, "nested too deeply"),
    "another encoding": ("名".encode("gb18030"), "not UTF-8 at byte 1"),
    "half a character": (b'{"note": "' + "名".encode()[:2] + b'"}', "not UTF-8 at byte 11"),
    "two byte characters": (GOOD.decode().encode("utf-16-le"), "not JSON"),
    "a number of 5,000 digits": (sheet("[1, 1" + "0" * 5000 + "]"), "5001 digits"),
    "no instrument": (b'{"answers": [1, 2]}', "instrument must be a name"),
    "an instrument in a list": (b'{"instrument": ["gad-2"], "answers": [1]}', "instrument must"),
    "an unknown instrument": (b'{"instrument": "gad-3", "answers": [1]}', "no instrument gad-3"),
    "an unknown letter": (rb'{"instrument": "\ud800", "answers": [1]}', "no instrument \ud800"),
    "an unknown version": (sheet("[1, 2]", version="9.9"), "no version 9.9 of gad-2"),
    "a version in numbers": (sheet("[1, 2]", version=1), "version must be a text"),
    "an unknown cut-set": (sheet("[1, 2]", cutset="mine"), "gad-2 has no cut-set mine"),
    "a cut-set in a list": (sheet("[1, 2]", cutset=[]), "cutset must be a text"),
    "a context that is none": (sheet("[1, 2]", context=["male"]), "context must be an object"),
    "an empty list as context": (sheet("[1, 2]", context=[]), "context must be an object"),
    "no answers": (b'{"instrument": "gad-2"}', "answers must be a list or an object"),
    "answers as a text": (sheet('"12"'), "answers must be a list or an object"),
    "an answer too few": (sheet("[1]"), "item *: 1 is not allowed (2 answers expected)"),
    "an answer too many": (sheet("[1, 2, 0]"), "item *: 3 is not allowed (2 answers expected)"),
    "a code above": (sheet("[1, 4]"), "item 2: 4 is not allowed (0, 1, 2, 3)"),
    "a code below": (sheet("[-1, 2]"), "item 1: -1 is not allowed"),
    "half a code": (sheet("[1, 1.5]"), "item 2: 1.5 is not allowed"),
    "true": (sheet("[1, true]"), "item 2: True is not allowed"),
    "a code as a text": (sheet('["2", 1]'), "item 1: '2' is not allowed"),
    "an empty text": (sheet('["", 1]'), "item 1: '' is not allowed"),
    "a list in a list": (sheet("[[1], 1]"), "item 1: [1] is not allowed"),
    "an object in a list": (sheet("[{}, 1]"), "item 1: {} is not allowed"),
    "NaN": (sheet("[NaN, 1]"), "NaN is no number"),
    "Infinity": (sheet("[1, Infinity]"), "Infinity is no number"),
    "minus Infinity": (sheet("[1, -Infinity]"), "-Infinity is no number"),
    "a number beyond all": (sheet("[1, 1e999]"), "item 2: inf is not allowed"),
    "a number of forty digits": (sheet("[1, 1" + "0" * 40 + "]"), "item 2: 1000"),
    "an unknown item": (sheet('{"3": 1}'), "item 3: 1 is not allowed (no such item)"),
    "a number with a nought before": (sheet('{"01": 1}'), "item 01: 1 is not allowed"),
    "two answers to one item": (sheet('{"1": 0, "1": 3}'), "'1' stands twice"),
    "two instruments": (b'{"instrument": "phq-2", ' + GOOD[1:], "'instrument' stands twice"),
    "an empty line": (b"", "not JSON: Expecting value at column 1"),
    "a line of blanks": (b" \t\r\n", "not JSON: Expecting value"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_line_gets_its_number_and_a_sentence_and_the_rest_is_scored(what: str) -> None:
    line, sentence = BAD[what]
    code, results = answered(GOOD, line, GOOD)
    assert code == 1
    first, second, third = results
    assert first == third == SCORED
    assert set(second) == {"error", "line"}
    assert second["line"] == 2
    assert sentence in second["error"]
    assert len(second["error"]) < 200


def test_all_bad_lines_at_once_are_answered_in_their_order() -> None:
    lines = [line for line, _ in BAD.values()]
    code, results = answered(*lines, GOOD)
    assert code == 1
    assert [each.get("line") for each in results] == [*range(1, len(lines) + 1), None]


def test_no_lines_and_empty_lines_at_the_end_are_no_sheets() -> None:
    assert answered() == (0, [])
    assert answered(b"\n", b"  \n") == (0, [])
    assert answered(GOOD, b"\n", b"\r\n") == (0, [SCORED])


def test_lines_as_windows_writes_them_are_scored() -> None:
    assert answered(b"\xef\xbb\xbf" + GOOD + b"\r\n", GOOD + b"\r\n") == (0, [SCORED] * 2)


def test_a_whole_number_is_a_code_however_it_is_spelled() -> None:
    assert answered(sheet("[1.0, 2e0]")) == (0, [SCORED])


def test_what_the_sheet_says_beside_is_left_alone() -> None:
    line = sheet("[1, 2]", note="名", context={"sex": "unknown", "age": 14}, version=None)
    assert answered(line) == (0, [SCORED])


@pytest.mark.parametrize("sex", ["male", "female", "unknown", "M", "", 1, None, []])
def test_a_sex_that_no_table_knows_leaves_the_band_null(sex: object) -> None:
    line = {"instrument": "sas-sv", "answers": [4] * 10, "context": {"sex": sex}}
    code, [result] = answered(json.dumps(line).encode())
    assert code == 0
    assert result["expected"] == {"total": 40}
    assert result["band"] == {"total": "at_risk" if sex in ("male", "female") else None}


@pytest.mark.parametrize("given", ['"23:00"', "true", "1440", "1439.5", "-1", "[1]", "1e400"])
def test_a_field_that_is_measured_takes_a_number_in_its_range_and_nothing_else(given: str) -> None:
    line = f'{{"instrument": "psqi", "answers": {{"wake": 420, "bed": {given}}}}}'
    code, [result] = answered(line.encode())
    assert code == 1
    assert "psqi item bed:" in result["error"]
    assert "(0-1439)" in result["error"]


def test_the_last_of_four_decimals_is_half_up() -> None:
    # SCL-90: 31 items at 2 and one at 3: PST 32, PSDI (31 x 2 + 3) / 32 = 2.03125
    answers = [2] * 31 + [3] + [1] * 58
    code, [result] = answered(json.dumps({"instrument": "scl-90", "answers": answers}).encode())
    assert code == 0
    assert result["expected"]["psdi"] == 2.0313


def test_every_line_is_answered_before_the_next_is_asked() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as command:
        assert command.stdin
        assert command.stdout
        for _ in range(3):
            command.stdin.write(GOOD + b"\n")
            command.stdin.flush()
            assert json.loads(command.stdout.readline()) == SCORED
        command.stdin.close()
        assert command.wait(10) == 0


def test_whoever_stops_reading_hears_no_complaint() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as command:
        assert command.stdin
        assert command.stdout
        assert command.stderr
        command.stdin.write(GOOD + b"\n")
        command.stdin.flush()
        assert command.stdout.readline()
        command.stdout.close()
        command.stdin.write(GOOD + b"\n")
        command.stdin.close()
        assert command.stderr.read() == b""
        assert command.wait(10) != 0
