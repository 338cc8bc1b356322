"""What the documents of several endpoints share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from revops.rest.schema import Mistake, Out

if TYPE_CHECKING:
    from pipeline.models import Company
    from revops.people.models import Rep

DEFAULT_SYSTEM = "api"
MAX_ROWS = 1000


class BatchRow(Out):
    """What became of one row of a batch."""

    index: int
    external_id: str
    status: Literal["created", "updated", "unchanged", "error"]
    id: int | None = None
    kept: list[str] = Field(default_factory=list)
    errors: list[Mistake] = Field(default_factory=list)


class BatchAnswer(Out):
    """What became of a batch, row by row."""

    created: int
    updated: int
    unchanged: int
    errors: int
    data: list[BatchRow]


class RepOut(Out):
    """A person on the roster."""

    id: int
    external_id: str
    name: str


class CompanyOut(Out):
    """A company."""

    id: int
    name: str
    domain: str
    size: int | None
    industry: str
    country: str
    technology: list[str]


def rep_out(rep: Rep | None) -> RepOut | None:
    """Return a rep as the API shows one."""
    return None if rep is None else RepOut(id=rep.pk, external_id=rep.external_id, name=rep.name)


def company_out(company: Company | None) -> CompanyOut | None:
    """Return a company as the API shows one."""
    if company is None:
        return None
    return CompanyOut(
        id=company.pk,
        name=company.name,
        domain=company.domain,
        size=company.size,
        industry=company.industry,
        country=company.country,
        technology=company.technology,
    )
