"""Answers of the shared page, its metrics and their rows."""
