"""Pages of referrals: the school's, the hospital's, the paper letter's, the 12355 desk's."""

from referrals.views import desk, hospital, letters, preparing, referrals, tickets

blueprints = (referrals.bp, hospital.bp, letters.bp, tickets.bp)
__all__ = ["blueprints", "desk", "preparing"]
