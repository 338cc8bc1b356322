"""The text a draft has to fit to: who is an MQL is said by two documents together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

from definitions import lint, selectors
from definitions.choices import DocumentKind
from definitions.content import Definitions, ScoreModel
from definitions.documents import parse_document
from definitions.services.drafts import draft_content

if TYPE_CHECKING:
    from datetime import datetime

    from definitions.documents import Document
    from definitions.models import Version

COUNTERPARTS = {
    DocumentKind.DEFINITIONS: DocumentKind.SCORE_MODEL,
    DocumentKind.SCORE_MODEL: DocumentKind.DEFINITIONS,
}


@dataclass(frozen=True, slots=True)
class Beside:
    """The other document of the two, as it would stand beside a draft.

    Attributes:
        document: Its open draft where there is one, else what is in use.
        in_use: What is in use, whatever is drafted.
        version: The version in use.
    """

    document: Document
    in_use: Document
    version: Version
    is_drafted: bool

    @property
    def words(self) -> str:
        """Which text it is, such as "the open draft of the score model"."""
        label = str(DocumentKind(self.version.kind).label).lower()
        if self.is_drafted:
            return f"the open draft of the {label}"
        return f"version {self.version.number} of the {label}, in use"


def beside(*, kind: DocumentKind, at: datetime) -> Beside | None:
    """Return the text a draft of `kind` is judged together with; None where it stands alone."""
    other = COUNTERPARTS.get(kind)
    if other is None:
        return None
    version = selectors.version_in_use(kind=other, at=at).version
    in_use = selectors.document_of(version)
    draft = selectors.open_draft_of(kind=other)
    if draft is None:
        return Beside(in_use, in_use, version, is_drafted=False)
    drafted = parse_document(kind=other, content=draft_content(draft=draft))
    return Beside(drafted, in_use, version, is_drafted=True)


def remarks(*, document: Document, at: datetime) -> list[lint.Finding]:
    """Return what is remarked on a draft by itself, by the text it has to fit to, and from above.

    A threshold is refused by the score model in use, as it is at signature; a score model is
    warned of by the thresholds in use and by those that are drafted.
    """
    return [*checks(document=document, at=at), *_remarks(document=document, at=at)]


def checks(*, document: Document, at: datetime) -> list[lint.Finding]:
    """Return what the apps above know against a draft; `DRAFT_CHECKS` names who is asked."""
    found: list[lint.Finding] = []
    for path in settings.DRAFT_CHECKS:
        found += import_string(path)(document=document, at=at)
    return found


def _remarks(*, document: Document, at: datetime) -> list[lint.Finding]:
    if isinstance(document, Definitions):
        version = selectors.version_in_use(kind=DocumentKind.SCORE_MODEL, at=at).version
        return lint.findings(document=document, score_model=selectors.score_model_of(version))
    if not isinstance(document, ScoreModel):
        return lint.findings(document=document)
    other = beside(kind=DocumentKind.SCORE_MODEL, at=at)
    rules = {}
    if other is not None and isinstance(other.in_use, Definitions):
        rules["The MQL in use"] = other.in_use.mql
    if other is not None and other.is_drafted and isinstance(other.document, Definitions):
        rules["The drafted MQL"] = other.document.mql
    return lint.findings(document=document, rules=rules)
