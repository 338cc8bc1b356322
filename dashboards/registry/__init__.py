"""The one registry of metrics: what page, API, rows and files all answer from."""

from dashboards.registry.base import Registry
from dashboards.registry.clocks import Attainment, ResponseTime
from dashboards.registry.deals import PipelineBySource, PipelineCreated, SalesCycle, WinRate
from dashboards.registry.handoffs import ContextCompleteness, LeadAge
from dashboards.registry.joint import QuotaAttainment, SourcedPerRep
from dashboards.registry.rounds import Acceptance, Funnel, MqlToSql, Rejection, Volume

SOURCED_PER_REP = SourcedPerRep()
MQL_TO_SQL = MqlToSql()
PIPELINE_BY_SOURCE = PipelineBySource()
RESPONSE_TIME = ResponseTime()
WIN_RATE = WinRate()
ATTAINMENT = Attainment()
VOLUME = Volume()
QUOTA_ATTAINMENT = QuotaAttainment()
PIPELINE_CREATED = PipelineCreated()
SALES_CYCLE = SalesCycle()
ACCEPTANCE = Acceptance()
FUNNEL = Funnel()
REJECTION = Rejection()
LEAD_AGE = LeadAge()
CONTEXT_COMPLETENESS = ContextCompleteness()

REGISTRY = Registry(
    SOURCED_PER_REP,
    MQL_TO_SQL,
    PIPELINE_BY_SOURCE,
    RESPONSE_TIME,
    WIN_RATE,
    ATTAINMENT,
    VOLUME,
    LEAD_AGE,
    CONTEXT_COMPLETENESS,
    QUOTA_ATTAINMENT,
    ACCEPTANCE,
    REJECTION,
    PIPELINE_CREATED,
    SALES_CYCLE,
    FUNNEL,
)

__all__ = [
    "ACCEPTANCE",
    "ATTAINMENT",
    "CONTEXT_COMPLETENESS",
    "FUNNEL",
    "LEAD_AGE",
    "MQL_TO_SQL",
    "PIPELINE_BY_SOURCE",
    "PIPELINE_CREATED",
    "QUOTA_ATTAINMENT",
    "REGISTRY",
    "REJECTION",
    "RESPONSE_TIME",
    "SALES_CYCLE",
    "SOURCED_PER_REP",
    "VOLUME",
    "WIN_RATE",
    "Registry",
]
