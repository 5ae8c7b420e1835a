"""Staff: who may invite whom, invitations and slips, staff files."""
