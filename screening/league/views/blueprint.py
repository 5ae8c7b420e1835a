"""The League side of a school: concerns, tasks of the contacts, pairings, coverage."""

from screening.league import concern_paging
from screening.league.views import care as league_care
from screening.league.views import pairings as league_pairings
from screening.league.views import tasks as league_tasks
from screening.league.views.concerns import bp

__all__ = ["bp", "concern_paging", "league_care", "league_pairings", "league_tasks"]
