"""Pages of the pipeline."""

from pipeline.views.absences import (
    absence_add,
    absence_backups,
    absence_detail,
    absence_edit,
    absence_end,
    absence_give_back,
    absence_list,
)
from pipeline.views.backtests import (
    backtest_cancel,
    backtest_detail,
    backtest_leads,
    backtest_of_draft,
    backtest_of_version,
    backtest_start,
    backtest_take,
)
from pipeline.views.calendars import absence_import, absence_import_confirm
from pipeline.views.clocks import clock_detail
from pipeline.views.coverage import coverage, coverage_reassign
from pipeline.views.criteria import criteria_count, score_example
from pipeline.views.deals import (
    lead_opportunity,
    opportunity_accept,
    opportunity_detail,
    opportunity_list,
    opportunity_lose,
    opportunity_return,
    opportunity_win,
)
from pipeline.views.decisions import (
    lead_accept,
    lead_disqualify,
    lead_mql,
    lead_recycle,
    lead_reject,
    lead_sql,
    lead_void,
)
from pipeline.views.feedback import feedback_answer, feedback_give, feedback_withdraw
from pipeline.views.feeds import deadlines_feed
from pipeline.views.leads import lead_detail, lead_list
from pipeline.views.merging import lead_merge
from pipeline.views.pauses import lead_pause, lead_resume, paused
from pipeline.views.queue import queue, queue_panel
from pipeline.views.rescoring import rescoring_progress
from pipeline.views.signals import (
    proposal_apply,
    proposal_backtest,
    signal_add,
    signal_draft,
    signals,
)
from pipeline.views.undo import undo_assignment, undo_contact, undo_transition
from pipeline.views.uploads import import_confirm, import_errors, import_file
from pipeline.views.voids import contact_void
from pipeline.views.work import lead_assign, lead_contact, lead_working

__all__ = [
    "absence_add",
    "absence_backups",
    "absence_detail",
    "absence_edit",
    "absence_end",
    "absence_give_back",
    "absence_import",
    "absence_import_confirm",
    "absence_list",
    "backtest_cancel",
    "backtest_detail",
    "backtest_leads",
    "backtest_of_draft",
    "backtest_of_version",
    "backtest_start",
    "backtest_take",
    "clock_detail",
    "contact_void",
    "coverage",
    "coverage_reassign",
    "criteria_count",
    "deadlines_feed",
    "feedback_answer",
    "feedback_give",
    "feedback_withdraw",
    "import_confirm",
    "import_errors",
    "import_file",
    "lead_accept",
    "lead_assign",
    "lead_contact",
    "lead_detail",
    "lead_disqualify",
    "lead_list",
    "lead_merge",
    "lead_mql",
    "lead_opportunity",
    "lead_pause",
    "lead_recycle",
    "lead_reject",
    "lead_resume",
    "lead_sql",
    "lead_void",
    "lead_working",
    "opportunity_accept",
    "opportunity_detail",
    "opportunity_list",
    "opportunity_lose",
    "opportunity_return",
    "opportunity_win",
    "paused",
    "proposal_apply",
    "proposal_backtest",
    "queue",
    "queue_panel",
    "rescoring_progress",
    "score_example",
    "signal_add",
    "signal_draft",
    "signals",
    "undo_assignment",
    "undo_contact",
    "undo_transition",
]
