"""System, security and audit administrator are never the same person: the database says so."""

from itertools import permutations

import pytest
from sqlalchemy.exc import IntegrityError

from accounts.policy import EXCLUSIVE_ADMINS, Actor, Role
from foundation import database
from foundation.problems import Refused
from schools.actions import end_role, grant_role
from schools.queries import held_by
from tests import make

BY = Actor.system("tests")


@pytest.mark.parametrize(("first", "second"), list(permutations(EXCLUSIVE_ADMINS, 2)))
def test_one_person_cannot_be_two_administrators(db: str | None, first: Role, second: Role) -> None:
    with database.writing() as session:
        place = make.organisation(session, name="东江省", kind="province")
        user = make.user(session, name="某人")
        grant_role(session, by=BY, user=user, organisation=place, role=first)
        with pytest.raises(Refused):
            grant_role(session, by=BY, user=user, organisation=place, role=second)


@pytest.mark.parametrize(("first", "second"), list(permutations(EXCLUSIVE_ADMINS, 2)))
def test_the_database_refuses_it_by_itself(db: str | None, first: Role, second: Role) -> None:
    with database.writing() as session:
        place = make.organisation(session, name="东江省", kind="province")
        user = make.user(session, name="某人")
        make.role(session, of=user, role=first, at=place)
        with pytest.raises(IntegrityError):
            make.role(session, of=user, role=second, at=place)
        session.rollback()


def test_after_one_has_ended_another_may_begin(db: str | None) -> None:
    with database.writing() as session:
        place = make.organisation(session, name="东江省", kind="province")
        user = make.user(session, name="某人")
        held = grant_role(session, by=BY, user=user, organisation=place, role=Role.AUDIT_ADMIN)
        end_role(session, by=BY, held=held)
        grant_role(session, by=BY, user=user, organisation=place, role=Role.SYSTEM_ADMIN)
        now = {each.role for each in held_by(session, user.id)}
    assert now == {Role.SYSTEM_ADMIN}


def test_nobody_grants_himself_a_role(db: str | None) -> None:
    with database.writing() as session:
        place = make.organisation(session, name="东江省", kind="province")
        user = make.user(session, name="某人")
        himself = Actor.person(user.id, user.name, ())
        with pytest.raises(Refused):
            grant_role(session, by=himself, user=user, organisation=place, role=Role.COUNSELOR)
