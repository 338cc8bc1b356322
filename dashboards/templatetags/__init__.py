"""Tags of the pages of numbers."""
