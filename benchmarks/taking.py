"""Whole sheets per second over HTTP: page, all answers, submit, a new connection for each student.

The peer is LimeSurvey 6.14 on the same kind of machine (reference/campaigns.md section 6): 64.6
sheets/s with 4 clients, 53.1 with 50, 57.3 with 200; two devices on one token made two sheets 30
times of 30. Run on an idle machine: python -m benchmarks.taking
"""

import argparse
import http.client
import json
import os
import random
import re
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlencode

from sqlalchemy import func, select

from benchmarks.taking_server import (
    COUNSELOR,
    KEYS,
    PASSWORD,
    Mailbox,
    children,
    cpu_s,
    rows,
    server,
)
from foundation import crypto, database
from foundation.database import reading
from instruments.library import catalogue
from screening.models import Response, Score

PEER = {4: 64.6, 50: 53.1, 200: 57.3}
ITEMS = {key: len(catalogue.get(key).items) for key in KEYS}
TOKEN = re.compile(r'csrf-token" content="([^"]+)"')
ALERTS = 20
POLL_S = 1.5  # as web/static/alerts.js


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


class Screen:
    """The alerts page of a counselor who waits: it asks as web/static/alerts.js does."""

    def __init__(self, port: int) -> None:
        """Sign in."""
        _status, headers, text = ask(port, "GET", "/sign-in")
        cookies = _cookies(headers)
        fields = {"csrf_token": _token(text), "username": COUNSELOR, "password": PASSWORD}
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
        _status, headers, _text = ask(port, "POST", "/sign-in", urlencode(fields), form)
        self.headers = {"Cookie": f"{cookies}; {_cookies(headers)}", "Accept": "application/json"}
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.newest = self.asked()
        self.seen_at, self.news = 0.0, threading.Semaphore(0)
        threading.Thread(target=self.watch, daemon=True).start()

    def asked(self) -> int:
        """The newest alert that the server tells of."""
        self.line.request("GET", "/alerts/poll", headers=self.headers)
        return int(json.loads(self.line.getresponse().read())["newest"] or 0)

    def watch(self) -> None:
        """Ask for ever."""
        while True:
            time.sleep(POLL_S)
            newest = self.asked()
            if newest != self.newest:
                self.newest, self.seen_at = newest, time.perf_counter()
                self.news.release()


def until_known(
    port: int, student: Browser, screen: Screen, mailbox: Mailbox
) -> tuple[float, float]:
    """Seconds from sending a critical answer until the screen shows it, and until the mail came."""
    body = json.dumps({"answers": {"phq-9": {"9": {"v": 2, "seq": 1}}}})
    headers = {
        "Cookie": student.cookies,
        "Content-Type": "application/json",
        "X-CSRFToken": student.token,
    }
    time.sleep(random.uniform(0, POLL_S))
    begun = time.perf_counter()
    ask(port, "PUT", f"{student.page}/answers", body, headers)
    mailbox.came.acquire(timeout=60)
    mailed = time.perf_counter() - begun
    screen.news.acquire(timeout=60)
    return screen.seen_at - begun, mailed


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
    print(f"load of the machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        home, mailbox = Path(folder), Mailbox()
        with server(home, mailbox.port) as (port, pid):
            database.configure(os.environ.get("XINQIAO_DATABASE_URL"), home)
            crypto.configure(home)
            tickets = rows(wish.students * len(wish.clients) + ALERTS)
            print(f"{len(children(pid)) - 1} web processes and a worker")
            for number, clients in enumerate(wish.clients):
                mine = tickets[number * wish.students : (number + 1) * wish.students]
                students = [opened(port, *each) for each in mine]
                before = cpu_s(pid)
                seconds, times = crowd(port, students, clients)
                report(clients, seconds, times, cpu_s(pid) - before)
            report_alerts(port, tickets[-ALERTS:], mailbox)
        with reading() as session:
            sheets = session.scalar(select(func.count(Response.id)))
            tickets_done = session.scalar(select(func.count(Response.ticket_id.distinct())))
            scores = session.scalar(select(func.count(Score.id)))
        print(f"{sheets} sheets of {tickets_done} tickets, {scores} scores; duplicates 0 expected")
        database.dispose()


def report_alerts(port: int, tickets: list[tuple[str, str]], mailbox: Mailbox) -> None:
    """How soon people know of a critical answer."""
    screen = Screen(port)
    known = [until_known(port, opened(port, *each), screen, mailbox) for each in tickets]
    for name, limit, seconds in zip(
        ("on the screen", "by mail"), (2, 5), zip(*known, strict=True), strict=True
    ):
        middle, most = statistics.median(seconds), max(seconds)
        print(f"alert {name}: median {middle:.2f} s, at most {most:.2f} s (aim {limit} s)")


if __name__ == "__main__":
    main()
