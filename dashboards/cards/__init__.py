"""The shared page's figures as components show them: words, links and pictures."""

from dashboards.cards.joint import hero
from dashboards.cards.metrics import cards
from dashboards.cards.shared import metric_url, rows_url

__all__ = ["cards", "hero", "metric_url", "rows_url"]
