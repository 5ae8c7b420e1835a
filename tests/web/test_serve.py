"""The program behind ./run: the port, the lines it prints, how it ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from accounts import setup_code
from instruments.library import catalogue
from tests.faults.running import free_port

SECONDS_TO_STOP = 10


def serve(home: Path, port: int, *options: str) -> "subprocess.Popen[str]":
    """The program on a home of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "web.serve", *options],
        env=os.environ | {"XINQIAO_HOME": str(home), "XINQIAO_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_empty_start_says_ready_with_a_set_up_code_and_ends_at_sigterm(home: Path) -> None:
    port = free_port()
    with serve(home, port, "--empty") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Ready: http://127.0.0.1:{port}\n"
        code = process.stdout.readline().rpartition(" ")[2].strip()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(SECONDS_TO_STOP) == 0
        assert time.monotonic() - began < SECONDS_TO_STOP
    assert setup_code.matches(home, code)


def test_a_busy_port_is_said_in_two_languages_before_anything_is_prepared(home: Path) -> None:
    port = free_port()
    with serve(home, port, "--empty") as first:
        assert first.stdout is not None
        first.stdout.readline()
        with serve(home / "second", port) as second:
            _out, said = second.communicate(timeout=120)
        first.terminate()
        first.communicate()
    assert second.returncode == 1
    assert str(port) in said
    assert "端口" in said
    assert "XINQIAO_PORT" in said
    assert not (home / "second").exists()


def test_plain_http_for_other_machines_is_refused_with_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINQIAO_HOST", "0.0.0.0")  # noqa: S104  refused is what is tested
    with serve(home, free_port()) as process:
        _out, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "XINQIAO_ALLOW_HTTP" in said


def test_a_set_up_code_opens_once(tmp_path: Path) -> None:
    assert not setup_code.matches(tmp_path, "")
    first = setup_code.issue(tmp_path)
    second = setup_code.issue(tmp_path)
    assert not setup_code.matches(tmp_path, first)
    assert setup_code.matches(tmp_path, f" {second.lower()} ")
    setup_code.spend(tmp_path)
    assert not setup_code.pending(tmp_path)
    assert not setup_code.matches(tmp_path, second)


def test_a_changed_instrument_starts_nothing_and_is_named_with_its_line(
    home: Path, tmp_path: Path
) -> None:
    library = tmp_path / "data"
    shutil.copytree(catalogue.DATA, library)
    broken = library / "phq-9" / "1.0.0" / "definition.toml"
    text = broken.read_text("utf-8").replace("mild = 5", "mild = 12", 1)
    broken.write_text(text, "utf-8")
    line = text[: text.index("mild = 12")].count("\n") + 1
    program = (
        "import sys, pathlib; from instruments.check import library; from web import serve;"
        "library.DATA = pathlib.Path(sys.argv[1]); sys.exit(serve.main([]))"
    )
    environment = os.environ | {"XINQIAO_HOME": str(home), "XINQIAO_PORT": str(free_port())}
    refused = subprocess.run(
        [sys.executable, "-c", program, str(library)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert refused.returncode == 1
    assert "程序没有启动" in refused.stderr
    assert f"{broken}:1: the file is not what was released; restore it" in refused.stderr
    assert f"{broken}:{line}: the lower bounds do not rise" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not home.exists()
