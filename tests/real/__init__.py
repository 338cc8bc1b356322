"""Figures of real data, imported and read through the API."""
