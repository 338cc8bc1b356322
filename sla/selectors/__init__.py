"""Reads of promises, clocks and the ledger."""
