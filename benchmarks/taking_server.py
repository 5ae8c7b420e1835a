"""The school, the served application and the mailbox that benchmarks.taking measures with."""

import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from accounts.actions import add_user
from accounts.policy import Actor, Role
from foundation import clock, push
from foundation.database import writing
from instruments.library import catalogue
from schools.actions import grant_role
from schools.models import Grade, Klass, Organisation, Student
from screening.models import Campaign, Consent
from screening.tickets.actions import issue

KEYS = ("phq-9", "gad-7")
COUNSELOR, PASSWORD = "benchmark", "measured-every-week"
BY = Actor.system("benchmark")


def rows(count: int) -> list[tuple[str, str]]:
    """A school with one counselor and one campaign; code and check of each student."""
    now = clock.now()
    with writing() as session:
        school = Organisation(kind="school", path="/1/", code="B1", name="学校", stage="junior")
        session.add(school)
        session.flush()
        user = add_user(
            session, by=BY, username=COUNSELOR, name="老师", password=PASSWORD, demo=True
        )
        grant_role(session, by=BY, user=user, organisation=school, role=Role.COUNSELOR)
        push.add_channel(
            session, by=BY.ref, user_id=user.id, kind=push.EMAIL, address="teacher@example.org"
        )
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
        tickets = issue(session, by=BY, campaign=campaign, students=people)
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
def server(home: Path, mailbox: int) -> Iterator[tuple[int, int]]:
    """Port and process id of the application, served by the program behind ./run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    names = {
        "XINQIAO_HOME": str(home),
        "XINQIAO_PORT": str(port),
        "XINQIAO_SMTP_URL": f"smtp://127.0.0.1:{mailbox}?from=xinqiao@example.org",
        "OPENBLAS_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "web.serve", "--empty"],
        env=os.environ | names,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None or not process.stdout.readline().startswith("Ready"):
            raise SystemExit("the server did not start")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def cpu_s(pid: int) -> float:
    """Processor seconds that a process and those below it have used."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    own = (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_s(int(child)) for child in children(pid))


def children(pid: int) -> list[str]:
    """The processes that a process has forked."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


class Mailbox(socketserver.ThreadingTCPServer):
    """An SMTP server that takes every message and rings a bell."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Letter)
        self.came = threading.Semaphore(0)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Letter(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        """As much of SMTP as one message needs."""
        self.wfile.write(b"220 benchmark\r\n")
        in_text = False
        for line in self.rfile:
            if in_text:
                if line == b".\r\n":
                    in_text = False
                    self.server.came.release()
                    self.wfile.write(b"250 kept\r\n")
                continue
            in_text = line.upper().startswith(b"DATA")
            self.wfile.write(b"354 go on\r\n" if in_text else b"250 ok\r\n")
