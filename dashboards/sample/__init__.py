"""The sample company: a deterministic generator and its loader."""
