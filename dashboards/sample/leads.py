"""The sample's stories as rows of intake: judged by the definition in use at their instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.decision import decide
from pipeline.fields import NO_COMPANY, facts_of_row
from pipeline.rows import LeadRow, TouchEntry

if TYPE_CHECKING:
    from dashboards.sample.story import Story
    from definitions.content import Definitions, ScoreModel


def row_of(*, story: Story, definitions: Definitions, model: ScoreModel) -> LeadRow:
    """Return the lead as an integration would have sent it.

    `mql_at` is set if and only if the definition qualifies the lead at that instant, so that the
    sample has no MQL that the product itself would not have made one.
    """
    row = LeadRow(
        external_id=story.external_id,
        created_at=story.captured_at,
        channel=story.channel.key,
        campaign=story.campaign,
        email=story.person.email,
        first_name=story.person.first_name,
        last_name=story.person.last_name,
        title=story.person.title,
        seniority=story.person.seniority or None,
        company=story.person.company,
        company_domain=story.person.company_domain,
        company_size=story.person.company_size,
        industry=story.person.industry,
        country=story.person.country,
        technology=list(story.person.technology),
        form_text=story.person.form_text,
        hand_raiser=any(act.kind in {"demo_request", "contact_form"} for act in story.acts),
        touches=[
            TouchEntry(
                kind=act.kind,
                occurred_at=act.occurred_at,
                channel=story.channel.key,
                campaign=story.campaign,
                asset=act.asset,
                external_id=f"{story.external_id}-{number}",
            )
            for number, act in enumerate(story.acts)
        ],
    )
    if story.mql_at is None:
        return row
    facts = facts_of_row(
        row=row,
        company=NO_COMPANY,
        source_group=story.channel.source_group,
        at=story.mql_at,
    )
    decision = decide(definitions=definitions, model=model, facts=facts)
    return row.model_copy(update={"mql_at": story.mql_at}) if decision.is_mql else row
