"""Hospital green channel, 12355 tickets, consent to refer, clocks, duty ladder, letters."""
