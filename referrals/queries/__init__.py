"""What an actor may fetch of referrals, tickets and hospital services."""
