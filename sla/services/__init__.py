"""Every change of calendars, commitments, evidence, clocks and breaches."""
