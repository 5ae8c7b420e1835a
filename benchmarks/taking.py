"""Whole sheets per second over HTTP: page, all answers, submit, a new connection for each student.

The peer is LimeSurvey 6.14 on the same kind of machine (reference/campaigns.md section 6): 64.6
sheets/s with 4 clients, 53.1 with 50, 57.3 with 200; two devices on one token made two sheets 30
times of 30. Run on an idle machine: python -m benchmarks.taking
"""

import argparse
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlencode

from sqlalchemy import func, select

from accounts.policy import Actor
from foundation import audit, clock, crypto, database, outbox
from foundation.database import Model, reading, writing
from instruments import catalogue
from schools.models import Grade, Klass, Organisation, Student
from screening.models import Alert, Campaign, Consent, Response, Score
from screening.tickets_actions import issue

PEER = {4: 64.6, 50: 53.1, 200: 57.3}
KEYS = ("phq-9", "gad-7")
ITEMS = {key: len(catalogue.get(key).items) for key in KEYS}
TOKEN = re.compile(r'csrf-token" content="([^"]+)"')
SERVER = """
import sys
from waitress import create_server
from web import create_app
create_server(create_app(), host="127.0.0.1", port=int(sys.argv[1]), threads=8).run()
"""
NEEDED = (audit.AuditRow, outbox.OutboxMessage)


@dataclass
class Browser:
    """One browser with its ticket opened: cookies, page and token are known."""

    cookies: str
    page: str
    token: str


@dataclass
class Times:
    """Milliseconds of each request, and what went wrong."""

    page: list[float] = field(default_factory=list)
    save: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def rows(count: int) -> list[tuple[str, str]]:
    """A school with one campaign; code and check of each student."""
    now = clock.now()
    with writing() as session:
        school = Organisation(kind="school", path="/1/", code="B1", name="学校", stage="junior")
        session.add(school)
        session.flush()
        grade = Grade(school_id=school.id, name="七年级")
        session.add(grade)
        session.flush()
        klass = Klass(school_id=school.id, grade_id=grade.id, name="1班")
        session.add(klass)
        session.flush()
        campaign = Campaign(
            school_id=school.id,
            name="测量",
            state="approved",
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(hours=8),
            instruments=[_chosen(key) for key in KEYS],
            created_by="system:benchmark",
            created_at=now,
        )
        session.add(campaign)
        people = [_student(klass, number) for number in range(count)]
        session.add_all(people)
        session.flush()
        session.add_all(_consent(campaign, person) for person in people)
        tickets = issue(session, by=Actor.system("benchmark"), campaign=campaign, students=people)
        checks = {person.id: str(person.student_number)[-4:] for person in people}
        return [(ticket.code, checks[ticket.student_id]) for ticket in tickets]


def _chosen(key: str) -> dict[str, object]:
    found = catalogue.get(key)
    return {
        "key": key,
        "version": found.version,
        "checksum": found.checksum,
        "cutset": None,
        "from_band": "moderate",
        "language": "zh",
    }


def _student(klass: Klass, number: int) -> Student:
    born = clock.today().replace(year=clock.today().year - 13, month=1, day=1)
    return Student(
        school_id=klass.school_id,
        klass_id=klass.id,
        name=f"学生{number}",
        birth_date=born,
        student_number=f"2026{number:06}",
        created_at=clock.now(),
    )


def _consent(campaign: Campaign, student: Student) -> Consent:
    return Consent(
        campaign_id=campaign.id,
        student_id=student.id,
        party="guardian",
        decision="granted",
        method="paper",
        text_version="1",
        recorded_by="system:benchmark",
        recorded_at=clock.now(),
    )


@contextmanager
def server(home: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of the application, as ./run serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    names = {"XINQIAO_HOME": str(home), "XINQIAO_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)],
        env=os.environ | names,
        cwd=Path(__file__).parents[1],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _try in range(300):
            try:
                ask(port, "GET", "/take")
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def ask(
    port: int,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    *,
    over: http.client.HTTPConnection | None = None,
) -> tuple[int, http.client.HTTPMessage, str]:
    """One request; over its own connection unless one is given."""
    line = over or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request(method, path, body, headers or {})
    answer = line.getresponse()
    text = answer.read().decode()
    if over is None:
        line.close()
    return answer.status, answer.headers, text


def opened(port: int, code: str, check: str) -> Browser:
    """Open a ticket; not part of the measured time, as the peer's link needs no PIN."""
    _status, headers, text = ask(port, "GET", "/take")
    cookies = _cookies(headers)
    fields = {"csrf_token": _token(text), "code": code, "check": check}
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    _status, headers, _text = ask(port, "POST", "/take", urlencode(fields), form)
    cookies = f"{cookies}; {_cookies(headers)}"
    _status, _headers, text = ask(port, "GET", headers["Location"], None, {"Cookie": cookies})
    return Browser(cookies, headers["Location"], _token(text))


def _cookies(headers: http.client.HTTPMessage) -> str:
    return "; ".join(each.split(";")[0] for each in headers.get_all("Set-Cookie") or [])


def _token(text: str) -> str:
    found = TOKEN.search(text)
    return found[1] if found else ""


def answer(port: int, student: Browser, times: Times) -> None:
    """One student: a connection, the page, every answer, the submit."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": student.cookies, "Accept-Encoding": "identity"}
    sending = headers | {"Content-Type": "application/json", "X-CSRFToken": student.token}
    sheet = {
        key: {str(n): {"v": n % 3, "seq": 1} for n in range(1, count + 1)}
        for key, count in ITEMS.items()
    }
    steps = (
        (times.page, "GET", student.page, None, headers, 200),
        (times.save, "PUT", f"{student.page}/answers", {"answers": sheet}, sending, 200),
        (times.submit, "POST", f"{student.page}/submit", {"answers": sheet}, sending, 200),
    )
    for kept, method, path, body, with_, wanted in steps:
        begun = time.perf_counter()
        text = json.dumps(body) if body else None
        status, _headers, said = ask(port, method, path, text, with_, over=line)
        kept.append((time.perf_counter() - begun) * 1000)
        if status != wanted:
            times.failed.append(f"{method} {status}: {said[:80]}")
    line.close()


def crowd(port: int, students: list[Browser], clients: int) -> tuple[float, Times]:
    """Let so many clients work through the students; seconds and times."""
    waiting: Queue[Browser] = Queue()
    for student in students:
        waiting.put(student)
    times = Times()

    def work() -> None:
        while True:
            try:
                answer(port, waiting.get_nowait(), times)
            except Empty:
                return

    threads = [threading.Thread(target=work) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun, times


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def until_visible(port: int, student: Browser) -> float:
    """Seconds from sending a critical answer to a reader elsewhere seeing its alert."""
    before = _alerts()
    body = json.dumps({"answers": {"phq-9": {"9": {"v": 2, "seq": 1}}}})
    headers = {
        "Cookie": student.cookies,
        "Content-Type": "application/json",
        "X-CSRFToken": student.token,
    }
    begun = time.perf_counter()
    ask(port, "PUT", f"{student.page}/answers", body, headers)
    while _alerts() == before:
        time.sleep(0.001)
    return time.perf_counter() - begun


def _alerts() -> int:
    with reading() as session:
        return session.scalar(select(func.count(Alert.id))) or 0


def report(clients: int, seconds: float, times: Times, cpu: float) -> None:
    """One line with the peer's figure beside ours."""
    done = len(times.submit)
    parts = [
        f"{name} p50/p95 {statistics.median(kept):.0f}/{sorted(kept)[int(len(kept) * 0.95)]:.0f} ms"
        for name, kept in (("page", times.page), ("save", times.save), ("submit", times.submit))
    ]
    peer = PEER.get(clients)
    print(
        f"{clients:4} clients: {done / seconds:6.1f} sheets/s (peer {peer}), {', '.join(parts)}, "
        f"CPU {cpu / done * 1000:.0f} ms a sheet (peer 57), failed {len(times.failed)}"
    )
    for sentence in times.failed[:3]:
        print(f"      {sentence}")


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--students", type=int, default=400, help="sheets for each line")
    reader.add_argument("--clients", type=int, nargs="+", default=[4, 50, 200])
    wish = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database.configure(os.environ.get("XINQIAO_DATABASE_URL"), home)
        crypto.configure(home)
        Model.metadata.create_all(database.engine())
        tickets = rows(wish.students * len(wish.clients) + 10)
        print(
            f"load of the machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors"
        )
        with server(home) as (port, pid):
            for number, clients in enumerate(wish.clients):
                mine = tickets[number * wish.students : (number + 1) * wish.students]
                students = [opened(port, *each) for each in mine]
                before = cpu_s(pid)
                seconds, times = crowd(port, students, clients)
                report(clients, seconds, times, cpu_s(pid) - before)
            seen = [until_visible(port, opened(port, *each)) for each in tickets[-10:]]
            print(f"alert visible after {statistics.median(seen):.3f} s, at most {max(seen):.3f} s")
        with reading() as session:
            sheets = session.scalar(select(func.count(Response.id)))
            tickets_done = session.scalar(select(func.count(Response.ticket_id.distinct())))
            scores = session.scalar(select(func.count(Score.id)))
        print(f"{sheets} sheets of {tickets_done} tickets, {scores} scores; duplicates 0 expected")
        database.dispose()


if __name__ == "__main__":
    main()
