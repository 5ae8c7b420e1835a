"""A campaign: instruments, cohorts, window, consent, approval, what still keeps it from opening."""
