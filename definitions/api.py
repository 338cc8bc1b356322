"""The endpoints of the signed words: definitions, the agreement, and the reason lists."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema
from pydantic import BeforeValidator
from rest_framework.response import Response

from definitions.choices import DocumentKind, Purpose
from definitions.models import Signature
from definitions.selectors import (
    NoVersionError,
    definitions_of,
    document_of,
    head_sha256,
    in_use_all,
    reasons,
    timeline,
    version_in_use,
)
from revops.rest.problems import unavailable
from revops.rest.schema import PROBLEMS, Out, query_parameters
from revops.rest.strict import Row, one_of
from revops.rest.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request

    from definitions.selectors import Milestone, VersionInUse


class SignatureOut(Out):
    """One signature of a version."""

    slot: str
    typed_name: str
    signed_at: datetime
    record_sha256: str


class VersionOut(Out):
    """A version of a document; `is_signed` false means provisional: not agreed."""

    kind: str
    number: int
    sha256: str
    is_signed: bool
    effective_from: datetime


class HistoryOut(Out):
    """A version in the history of a document."""

    number: int
    sha256: str
    standing: str
    effective_from: datetime | None
    effective_to: datetime | None
    signatures: list[SignatureOut]


class DocumentOut(Out):
    """A document: the version in use and every version before it."""

    in_use: VersionOut
    history: list[HistoryOut]


class DefinitionsOut(Out):
    """The definitions in use: its terms by code, and its history."""

    in_use: VersionOut
    terms: dict[str, Any]
    mql: dict[str, Any]
    history: list[HistoryOut]


class TermOut(Out):
    """One term as the version in use has it."""

    term: str
    address: str
    version: VersionOut
    signatures: list[SignatureOut]
    content: dict[str, Any]


class AgreedDocument(Out):
    """One of the four documents, whole."""

    version: VersionOut
    content: dict[str, Any]
    history: list[HistoryOut]


class AgreementOut(Out):
    """All four documents, and the hash of the newest signature."""

    head_sha256: str
    documents: dict[str, AgreedDocument]


class ReasonQuery(Row):
    """Filters of the reason lists."""

    purpose: Annotated[str, BeforeValidator(one_of(Purpose.values))] | None = None


class ReasonOut(Out):
    """A reason a decision may carry."""

    purpose: str
    code: str
    label: str
    meaning: str
    example: str
    needs_note: bool
    needs_date: bool
    needs_competitor: bool
    minimum_attempts: int


class ReasonsOut(Out):
    """The reason lists in use."""

    version: VersionOut
    signatures: list[SignatureOut]
    data: list[ReasonOut]


class AgreementApiView(ApiView):
    """What the endpoints of the signed words share."""

    scopes = {"GET": "metrics:read leads:read dispositions:write stages:write"}
    rights = {"GET": "definitions.view_agreement"}

    def in_use(self, kind: DocumentKind) -> VersionInUse:
        """Return the version of `kind` in use now, 503 before any is installed."""
        try:
            return version_in_use(kind=kind, at=self.at)
        except NoVersionError:
            raise unavailable() from None


class DefinitionListView(AgreementApiView):
    """GET the definitions."""

    @extend_schema(
        operation_id="definitions_list",
        summary="Show the definitions in use and their history",
        responses={200: DefinitionsOut, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Return every term, the MQL rule, and the versions with their hashes."""
        found = self.in_use(DocumentKind.DEFINITIONS)
        content = definitions_of(found.version).model_dump(mode="json")
        shown = DefinitionsOut(
            in_use=version_out(DocumentKind.DEFINITIONS, found),
            terms=content["terms"],
            mql=content["mql"],
            history=history_out(DocumentKind.DEFINITIONS, at=self.at),
        )
        return Response(shown.model_dump(mode="json"))


class DefinitionTermView(AgreementApiView):
    """GET one term."""

    @extend_schema(summary="Show a term", responses={200: TermOut, **PROBLEMS})
    def get(self, request: Request, term: str) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the term as the version in use has it; `closed-lost` is `closed_lost`."""
        found = self.in_use(DocumentKind.DEFINITIONS)
        code = term.replace("-", "_")
        held = definitions_of(found.version).terms.get(code)
        if held is None:
            raise Http404
        shown = TermOut(
            term=code,
            address=f"/definitions/{code.replace('_', '-')}/",
            version=version_out(DocumentKind.DEFINITIONS, found),
            signatures=signatures_out(found),
            content=held.model_dump(mode="json"),
        )
        return Response(shown.model_dump(mode="json"))


class AgreementView(AgreementApiView):
    """GET all four documents."""

    @extend_schema(
        summary="Show the whole agreement with its hashes",
        responses={200: AgreementOut, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the four documents in use, their history, and the head of the chain."""
        try:
            held = in_use_all(at=self.at)
        except NoVersionError:
            raise unavailable() from None
        shown = AgreementOut(
            head_sha256=head_sha256(),
            documents={
                kind.value: AgreedDocument(
                    version=version_out(kind, found),
                    content=document_of(found.version).model_dump(mode="json"),
                    history=history_out(kind, at=self.at),
                )
                for kind, found in held.items()
            },
        )
        return Response(shown.model_dump(mode="json"))


class ReasonListView(AgreementApiView):
    """GET the reason lists."""

    @extend_schema(
        summary="List the reasons in use",
        parameters=query_parameters(ReasonQuery),
        responses={200: ReasonsOut, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        """Return the reasons decisions may carry, in the agreed order."""
        query = self.query(ReasonQuery)
        found = self.in_use(DocumentKind.DEFINITIONS)
        wanted = Purpose.values if query.purpose is None else [query.purpose]
        names = ReasonOut.model_fields
        shown = ReasonsOut(
            version=version_out(DocumentKind.DEFINITIONS, found),
            signatures=signatures_out(found),
            data=[
                ReasonOut(**{name: getattr(reason, name) for name in names})
                for purpose in wanted
                for reason in reasons(version=found.version, purpose=purpose)
            ],
        )
        return Response(shown.model_dump(mode="json"))


def version_out(kind: DocumentKind, found: VersionInUse) -> VersionOut:
    """Return a version in use as the API shows one."""
    return VersionOut(
        kind=kind.value,
        number=found.version.number,
        sha256=found.version.sha256,
        is_signed=found.is_signed,
        effective_from=found.effective_from,
    )


def history_out(kind: DocumentKind, *, at: datetime) -> list[HistoryOut]:
    """Return every version of a document, the newest first."""
    return [_milestone(one) for one in timeline(kind=kind, at=at)]


def _milestone(one: Milestone) -> HistoryOut:
    return HistoryOut(
        number=one.version.number,
        sha256=one.version.sha256,
        standing=one.standing.value,
        effective_from=one.effective_from,
        effective_to=one.effective_to,
        signatures=[_signature(signature) for signature in one.signatures],
    )


def signatures_out(found: VersionInUse) -> list[SignatureOut]:
    """Return who signed a version, in the order of the chain; empty while it is provisional."""
    rows = Signature.objects.filter(request__version=found.version).order_by("position")
    return [_signature(signature) for signature in rows]


def _signature(signature: Signature) -> SignatureOut:
    return SignatureOut(
        slot=signature.slot,
        typed_name=signature.typed_name,
        signed_at=signature.signed_at,
        record_sha256=signature.record_sha256,
    )


urlpatterns = [
    path("definitions/", DefinitionListView.as_view(), name="api_definition_list"),
    path("definitions/<slug:term>/", DefinitionTermView.as_view(), name="api_definition_term"),
    path("agreement/", AgreementView.as_view(), name="api_agreement"),
    path("reasons/", ReasonListView.as_view(), name="api_reason_list"),
]
