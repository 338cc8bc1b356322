"""The sample's blind audit: the rounds, the gaps, and the session that decided them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from definitions import selectors, services
from definitions.choices import DocumentKind, GapKind, GapPriority
from definitions.defaults import audit_questions
from revops.people.choices import Side

if TYPE_CHECKING:
    from datetime import datetime

    from dashboards.sample.staff import Staff


def _compare(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": name, "operator": operator, "value": value}


def _acts(*acts: str, at_least: int, within_days: int) -> dict[str, Any]:
    return {"acts": list(acts), "at_least": at_least, "within_days": within_days}


@dataclass(frozen=True)
class Told:
    """What one team said about a term."""

    text: str
    criteria: list[dict[str, Any]]
    examples: list[str] = field(default_factory=list)

    def written(self) -> services.Written:
        """Return it as a team hands it in."""
        criteria = {"all": self.criteria} if self.criteria else None
        return services.Written(self.text, criteria, tuple(self.examples))


ANSWERS: Final = {
    "mql": {
        Side.MARKETING: Told(
            "An MQL is somebody who has engaged with us: an intent score of 60 or more, from "
            "webinars, downloads and pricing visits. A demo request is an MQL at once, whoever "
            "asks. The company should have 20 employees or more.",
            [
                _compare("company_size", "at_least", 20),
                _compare("intent_score", "at_least", 60),
                _acts("pricing_view", at_least=1, within_days=90),
            ],
            ["A product manager who came to two webinars and read the pricing page."],
        ),
        Side.SALES: Told(
            "A lead is worth a call when the company has 100 employees or more, the person has "
            "a say in the purchase, and they looked at pricing in the last month. A download "
            "is curiosity. Half of the demo requests are students or vendors.",
            [
                _compare("company_size", "at_least", 100),
                _compare("seniority", "one_of", ["owner", "c_level", "vp", "director", "head"]),
                _acts("pricing_view", at_least=2, within_days=30),
                {"not": _compare("seniority", "equals", "student")},
            ],
            ["A head of operations at a company of 300 who came back to pricing twice."],
        ),
    },
    "sql": {
        Side.MARKETING: Told(
            "Sales has spoken to them and did not send them back. What is not rejected within a "
            "week counts as accepted.",
            [_compare("fit_score", "at_least", 50)],
        ),
        Side.SALES: Told(
            "We have spoken to them, there is a need, somebody who can decide, and a date. "
            "Without all three it is a conversation and not an SQL.",
            [_compare("fit_score", "at_least", 60), _compare("has_phone", "equals", value=True)],
            ["A buyer with a budget for this quarter who asked for a proposal."],
        ),
    },
}  # fmt: skip

GAPS: Final = (
    (
        "mql",
        services.Difference(
            "Engagement alone makes an MQL for marketing, fit for sales",
            GapKind.SCORE_AGAINST_FIT,
            GapPriority.HIGH,
            "An intent score of 60 is enough.",
            "The company and the role decide; acts only say when to call.",
        ),
        "Both: fit and intent each have a threshold, and a lead has to reach both.",
    ),
    (
        "mql",
        services.Difference(
            "Demo requests from outside the profile are counted",
            GapKind.HAND_RAISERS,
            GapPriority.HIGH,
            "A demo request is an MQL at once, whoever asks.",
            "Half of them are students or vendors.",
        ),
        "A demo request stands in for the intent threshold, never for fit.",
    ),
    (
        "mql",
        services.Difference(
            "Company size: not the same for both",
            GapKind.THRESHOLD,
            GapPriority.MEDIUM,
            "20 employees or more.",
            "100 employees or more.",
        ),
        "50 employees or more, looked at again with the first quarter's win rate.",
    ),
    (
        "sql",
        services.Difference(
            "Silence counts as acceptance",
            GapKind.SILENT_REJECTS,
            GapPriority.HIGH,
            "What is not rejected within a week is accepted.",
            "We turn leads down without writing it anywhere.",
        ),
        "Silence never accepts. Every reject has a reason from the agreed list.",
    ),
    (
        "sql",
        services.Difference(
            "Need, authority and timeline",
            GapKind.CRITERION,
            GapPriority.MEDIUM,
            "A conversation took place.",
            "All three are known.",
        ),
        "The discovery checklist has four points, and all four are ticked.",
    ),
)


def hold(*, staff: Staff, signed_at: datetime, at: datetime) -> None:
    """Ask, answer, list the gaps, decide them in a session, and confirm the list.

    Args:
        staff: Who asks and who answers.
        signed_at: When the definitions are signed; all of it is over two days before.
        at: The sample's instant; a last round is under way then, with one answer still sealed.
    """
    opened_at = signed_at - timedelta(days=21)
    for term, told in ANSWERS.items():
        _round(term=term, told=told, staff=staff, at=opened_at)
    recorded_at = signed_at - timedelta(days=12)
    for place, (term, difference, decision) in enumerate(GAPS):
        moment = recorded_at + timedelta(minutes=6 * place)
        gap = services.record_gap(term=term, difference=difference, by=staff.revops, at=moment)
        services.decide_gap(
            gap=gap, decision=decision, by=staff.revops, at=moment + timedelta(days=3)
        )
    _session(staff=staff, at=recorded_at + timedelta(days=3))
    services.confirm_gaps(
        note="Both leaders were asked whether anything is left out.",
        by=staff.revops,
        at=signed_at - timedelta(days=8),
    )
    opportunity = Told("A deal is pipeline once sales has opened it after our lead.", [])
    told = {Side.MARKETING: opportunity}
    _round(term="opportunity", told=told, staff=staff, at=at - timedelta(days=3))


def _round(*, term: str, told: dict[Side, Told], staff: Staff, at: datetime) -> None:
    questions = audit_questions(term=term, name=term)
    asked = services.open_round(
        term=term,
        marketing_question=questions[Side.MARKETING],
        sales_question=questions[Side.SALES],
        by=staff.revops,
        at=at,
    )
    leaders = {Side.MARKETING: staff.marketing_leader, Side.SALES: staff.sales_leader}
    for hours, (side, words) in enumerate(told.items(), start=20):
        services.submit_answer(
            round_id=asked.pk,
            side=side,
            written=words.written(),
            revision=0,
            by=leaders[side],
            at=at + timedelta(hours=hours),
        )


def _session(*, staff: Staff, at: datetime) -> None:
    held = at.date()
    services.record_session(
        minutes=services.Minutes(
            held_on=held,
            facilitator="Rita Lind, revenue operations",
            notes="Two hours. Every gap of high priority was decided; the rest in the week after.",
            has_written_sla=True,
            has_dashboard=True,
            changed_metric="Acceptance rate counts decided leads only; pending ones stand apart.",
        ),
        attendees=[staff.revops, staff.marketing_leader, staff.sales_leader],
        by=staff.revops,
        at=at + timedelta(hours=3),
        today=held,
    )


def resolve(*, staff: Staff, at: datetime) -> None:
    """Name the signed definitions as what settled every gap."""
    version = selectors.version_in_use(kind=DocumentKind.DEFINITIONS, at=at).version
    for gap in selectors.gap_list():
        services.resolve_gap(gap=gap, version=version, by=staff.revops, at=at)
