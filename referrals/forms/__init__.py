"""The forms of referrals and of the 12355 desk."""
