"""Append-only tables, their seals, and the audit journal."""
