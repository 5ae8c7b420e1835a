"""Pages of referrals: the school's, the hospital's, the paper letter's, the 12355 desk's."""

from referrals import jobs
from referrals.views import (
    agreements,
    desk,
    hospital,
    letters,
    preparing,
    referrals,
    tickets,
    workdays,
)

blueprints = (
    referrals.bp,
    hospital.bp,
    letters.bp,
    tickets.bp,
    agreements.bp,
    workdays.bp,
)
# desk and preparing add routes, jobs its periodic work, by being imported.
__all__ = ["blueprints", "desk", "jobs", "preparing"]
