"""The League side of a school: concerns, tasks of the contacts, pairings, coverage."""

from screening import concern_paging
from screening.views import league_care, league_pairings, league_tasks
from screening.views.league_concerns import bp

__all__ = ["bp", "concern_paging", "league_care", "league_pairings", "league_tasks"]
