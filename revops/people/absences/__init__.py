"""Who is out, from when to when, and who stands in: entered by people or read from a calendar."""
