"""Rows of the pipeline: who the lead is, what happened to it, what deal came of it."""

from pipeline.models.deals import Opportunity, OpportunityChange
from pipeline.models.facts import Activity, Assignment, LeadNote, Round, Touch, Transition
from pipeline.models.jobs import (
    Backtest,
    BacktestResult,
    BacktestSignature,
    Rescoring,
)
from pipeline.models.leads import Channel, Company, Lead
from pipeline.models.records import IdempotentAnswer, ImportEffect, ImportProblem, ImportRun

__all__ = [
    "Activity",
    "Assignment",
    "Backtest",
    "BacktestResult",
    "BacktestSignature",
    "Channel",
    "Company",
    "IdempotentAnswer",
    "ImportEffect",
    "ImportProblem",
    "ImportRun",
    "Lead",
    "LeadNote",
    "Opportunity",
    "OpportunityChange",
    "Rescoring",
    "Round",
    "Touch",
    "Transition",
]
