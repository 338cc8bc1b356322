"""Users, roles, teams, the rep roster, absences, API keys and organisation settings."""
