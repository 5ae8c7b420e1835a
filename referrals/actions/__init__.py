"""Everything that changes a referral, a ticket, a clock or a page: one function per verb."""
