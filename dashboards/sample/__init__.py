"""The sample company: a deterministic generator and its loader."""

from dashboards.sample.loading import load

__all__ = ["load"]
