"""A deterministic demo district, made only by calling the system's own actions."""

from datetime import datetime, timedelta
from pathlib import Path

from accounts.policy import Role
from foundation import clock, database
from web.demo import (
    care,
    district,
    hotline,
    league,
    preparations,
    referrals,
    rosters,
    screenings,
    staff,
)

ACCOUNTS = "demo-accounts.tsv"


def load(home: Path) -> int:
    """Fill an empty database; returns how many accounts there are to try."""
    morning = clock.local(clock.now()).replace(hour=8, minute=0, second=0, microsecond=0)
    with clock.frozen(morning - timedelta(days=60)):
        accounts = _people()
    _screenings(morning)
    preparations.build(morning)
    care.build(morning)
    league.build(morning)
    referrals.build(morning)
    hotline.build(morning)
    _list(home / ACCOUNTS, accounts)
    return len(accounts)


def _people() -> list[staff.Account]:
    with database.writing() as session:
        places = district.build(session)
        accounts = staff.hire(session, places)
    for school in district.SCHOOLS:
        with database.reading() as session:
            by = screenings.actor(session, Role.COUNSELOR, school.code)
        rosters.enrol(school, places[school.code], by)
    with database.writing() as session:
        return accounts + staff.appoint(session, places)


def _screenings(morning: datetime) -> None:
    for code in screenings.CLOSED:
        opens_at = morning - timedelta(days=30)
        number = screenings.run(code, "秋季心理测评", opens_at, morning - timedelta(days=20))
        moments = [opens_at + timedelta(days=day, hours=2) for day in range(3)]
        screenings.answer(number, 0.88, moments)
        screenings.close(number, code, morning - timedelta(days=20))
    for code in screenings.OPEN:
        opens_at = morning - timedelta(days=2)
        number = screenings.run(code, "本学期心理测评", opens_at, morning + timedelta(days=12))
        screenings.answer(number, 0.12, [opens_at + timedelta(hours=2)])


def _list(path: Path, accounts: list[staff.Account]) -> None:
    path.touch(mode=0o600)
    lines = [
        "\t".join(["demo", each.role.value, each.username, staff.PASSWORD, each.organisation])
        for each in accounts
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
