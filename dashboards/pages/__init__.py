"""What each page's template needs beyond the figures: words, links, charts and tables."""

from dashboards.pages.excuses import excuses
from dashboards.pages.home import home
from dashboards.pages.lists import breaches, rows
from dashboards.pages.metric import metric
from dashboards.pages.rejects import rejects
from dashboards.pages.revision import revision
from dashboards.pages.sla import hours, response, sla
from dashboards.pages.start import steps
from dashboards.pages.what_if import hindsight, what_if

__all__ = [
    "breaches", "excuses", "hindsight", "home", "hours", "metric", "rejects", "response",
    "revision", "rows", "sla", "steps", "what_if",
]  # fmt: skip
