"""Fields whose meaning is a signed term: their descriptions name it and its short address."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from pipeline.words import TERMS, address_of

_STAGES: Final = ", ".join(f"{stage} {address_of(code)}" for stage, code in TERMS.items())
STAGE_SAID: Final = f"What each stage means is agreed, and shown at these addresses: {_STAGES}."
REASON_SAID: Final = (
    "A code of the agreed list, GET /api/v1/reasons/; what the move means is shown at the address "
    "named for `to`."
)

StageOut: TypeAlias = Annotated[str, Field(description=STAGE_SAID)]
MqlAt: TypeAlias = Annotated[
    datetime | None, Field(description=f"When it became an MQL: {address_of('mql')}.")
]
AcceptedAt: TypeAlias = Annotated[
    datetime | None, Field(description=f"When sales accepted it as a SAL: {address_of('sal')}.")
]
RejectedAt: TypeAlias = Annotated[
    datetime | None, Field(description=f"When sales turned it down, no SAL: {address_of('sal')}.")
]
SqlAt: TypeAlias = Annotated[
    datetime | None, Field(description=f"When it became an SQL: {address_of('sql')}.")
]
OpportunityAt: TypeAlias = Annotated[
    datetime | None,
    Field(description=f"When it became an opportunity: {address_of('opportunity')}."),
]
OutcomeOut: TypeAlias = Annotated[
    str,
    Field(
        description=f"won {address_of('closed_won')}, lost {address_of('closed_lost')}, or empty."
    ),
]
IsMql: TypeAlias = Annotated[
    bool, Field(description=f"Whether it is or was an MQL: {address_of('mql')}.")
]
